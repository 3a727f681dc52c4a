"""The leader pass against its numpy twin, and the bounds that it prunes with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection.duplicates import leader
from framesel.selection.duplicates.tiles import NO_TILES, checked_tiles
from framesel.selection.vectors.dot import rounding_margin
from framesel.selection.vectors.projection import find_projection
from framesel.selection.vectors.runs import find_runs

from .vectors import KINDS, make, unit, vector_sets


@given(
    vectors=vector_sets(most=60),
    tau=st.sampled_from((0.3, 0.9, 0.999)),
    each=st.sampled_from((0, 1, 4)),
    seed=st.integers(0, 99),
)
def test_both_ways_equal_the_twin(vectors: np.ndarray, tau: float, each: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    tiles = NO_TILES
    if each:
        few = unit(np.ones(8) + 0.3 * rng.standard_normal((3, 8)))
        tiles = checked_tiles(few[rng.integers(0, 3, (len(vectors), each))], len(vectors), 0.95)
    rows = np.flatnonzero(rng.random(len(vectors)) < 0.8)
    if not len(rows):
        rows = np.array([0])
    order = rng.permutation(len(rows))
    twin = leader.lead_plain(vectors, rows, order, tau, tiles)
    for small in (0, 1024):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(leader, "SMALL", small)
            patch.setattr(leader, "BATCH", 9)
            got = leader.lead(vectors, rows, order, tau, tiles=tiles)
        assert np.array_equal(got.keeper, twin.keeper)
        assert np.array_equal(got.cosine, twin.cosine)


@pytest.mark.parametrize("small", [0, 1024])
def test_settled_frames_stay(small: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leader, "SMALL", small)
    monkeypatch.setattr(leader, "BATCH", 8)
    vectors = make("walk", 300, 16, 2)
    rows = np.arange(300)
    first = leader.lead(vectors, rows, rows, 0.9)
    kept = np.flatnonzero(first.keeper == rows)
    assert 10 < len(kept) < 290
    rest = np.setdiff1d(rows, kept)[::-1]
    again = leader.lead(vectors, rows, np.concatenate([kept, rest]), 0.9, settled=len(kept))
    twin = leader.lead_plain(vectors, rows, np.concatenate([kept, rest]), 0.9)
    assert np.array_equal(again.keeper, twin.keeper)
    assert np.array_equal(np.flatnonzero(again.keeper == rows), kept)


@pytest.mark.parametrize("kind", KINDS)
def test_run_bounds_hold(kind: str) -> None:
    vectors = make(kind, 200, 24, 7)
    probes = np.concatenate([vectors[::5], make("random", 40, 24, 8)]).astype(np.float64)
    runs = find_runs(vectors, np.arange(200), 0.8, 16)
    assert runs.starts[0] == 0
    assert runs.starts[-1] == 200
    assert (np.diff(runs.starts) >= 1).all()
    assert (np.diff(runs.starts) <= 16).all()
    margin = rounding_margin(24)
    which = np.repeat(np.arange(len(runs)), np.diff(runs.starts))
    near = probes @ runs.centres.T.astype(np.float64)
    truth = probes @ vectors.T.astype(np.float64)
    beside = np.sqrt(np.maximum(0.0, 1.0 - near**2))
    assert (truth <= runs.cos_in * near[:, which] + runs.sin_in * beside[:, which] + margin).all()
    apart = np.arccos(np.clip(truth, -1, 1))
    assert (apart >= np.arccos(np.clip(near, -1, 1))[:, which] - runs.radius[which] - 1e-3).all()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [1, 5, 100])
def test_short_rows_bound_long_ones(kind: str, width: int) -> None:
    vectors = make(kind, 90, 70, 3)
    projection = find_projection(vectors, np.arange(90), width)
    short = projection.shorten(vectors).astype(np.float64)
    truth = vectors.astype(np.float64) @ vectors.T.astype(np.float64)
    assert (short @ short.T >= truth - rounding_margin(70)).all()
    if width == 100 and kind == "random":
        assert np.abs(short @ short.T - truth).max() < 1e-3
