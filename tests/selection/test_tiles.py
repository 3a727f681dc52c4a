"""Near-duplicates with tiles: what one tile says against them counts, and is all that counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import SelectionError
from framesel.selection import near_duplicates
from framesel.selection.duplicates import leader

from .vectors import KINDS, make, unit, vector_sets

TAU, TAU_TILE = 0.8, 0.9


def few_tiles(n: int, each: int, rng: np.random.Generator) -> np.ndarray:
    """(n, each, 8): each tile shows one of three things, with a little noise."""
    things = unit(rng.standard_normal((3, 8)))
    shown = things[rng.choice(3, (n, each), p=[0.8, 0.1, 0.1])]
    noisy = shown + 0.02 * rng.standard_normal(shown.shape)
    return unit(noisy.reshape(-1, 8)).reshape(n, each, 8)


def smallest(tiles: np.ndarray) -> np.ndarray:
    """(n, n) smallest cosine of any tile of one frame with the same tile of the other."""
    return np.einsum("itd,jtd->ijt", tiles, tiles).min(axis=2)


@given(
    vectors=vector_sets(most=60),
    each=st.sampled_from((1, 4, 9)),
    prune=st.booleans(),
    seed=st.integers(0, 10_000),
)
def test_dropped_frames_are_like_their_keepers_in_every_tile(
    vectors: np.ndarray, each: int, prune: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    n = len(vectors)
    tiles = few_tiles(n, each, rng)
    video_no = np.sort(rng.integers(0, 3, n))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(leader, "SMALL", 0 if prune else 1024)
        patch.setattr(leader, "BATCH", 5)
        got = near_duplicates(
            vectors,
            TAU,
            quality=rng.random(n),
            video_no=video_no,
            tiles=tiles,
            tau_tile=TAU_TILE,
        )
    cosines, alike = vectors @ vectors.T, smallest(tiles)
    dropped = np.flatnonzero(~got.kept)
    assert got.kept[got.keeper].all()
    assert (cosines[dropped, got.keeper[dropped]] >= TAU - 1e-6).all()
    assert (alike[dropped, got.keeper[dropped]] >= TAU_TILE - 1e-6).all()
    both = (cosines >= TAU + 1e-6) & (alike >= TAU_TILE + 1e-6) & ~np.eye(n, dtype=bool)
    assert not both[np.ix_(got.kept, got.kept)].any()
    assert got.mass.sum() == n


@pytest.mark.parametrize("kind", KINDS)
def test_tiles_that_are_all_alike_change_nothing(kind: str) -> None:
    vectors, video_no = make(kind, 300, 16, 3), np.repeat(np.arange(3), 100)
    plain = near_duplicates(vectors, TAU, video_no=video_no)
    tiles = np.tile(make("random", 4, 8, 1), (300, 1, 1))
    for options in (
        {"tiles": tiles},
        {"tiles": np.tile(vectors[:, None], (1, 2, 1)), "tau_tile": -1},
    ):
        got = near_duplicates(vectors, TAU, video_no=video_no, **options)
        assert np.array_equal(got.keeper, plain.keeper)
        assert np.array_equal(got.cos, plain.cos)


@pytest.mark.parametrize("small", [0, 1024])
def test_a_newcomer_is_kept_once_wherever_it_stands(
    small: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A still scene; in frames 40 to 49 one object in tile 2, in 60 to 64 another in tile 7."""
    monkeypatch.setattr(leader, "SMALL", small)
    rng = np.random.default_rng(0)
    vectors = unit(np.ones(32) + 0.01 * rng.standard_normal((100, 32)))
    tiles = np.tile(make("random", 9, 32, 2), (100, 1, 1))
    things = make("random", 2, 32, 5)
    tiles[40:50, 2], tiles[60:65, 7] = unit(tiles[0, [2, 7]] + things)
    assert near_duplicates(vectors, 0.95).mass.max() == 100
    got = near_duplicates(vectors, 0.95, tiles=tiles)
    assert np.flatnonzero(got.kept).tolist() == [0, 40, 60]
    assert got.mass[[0, 40, 60]].tolist() == [85, 10, 5]


def test_another_video_may_show_the_newcomer_first() -> None:
    vectors = np.ones((4, 1), np.float32)
    tiles = unit([[1, 0], [0, 1], [0, 1], [1, 0]])[:, None]
    got = near_duplicates(vectors, 0.95, video_no=[0, 0, 1, 1], quality=[4, 1, 3, 2], tiles=tiles)
    assert got.keeper.tolist() == [0, 2, 2, 0]


@pytest.mark.parametrize(
    ("tiles", "tau_tile", "word"),
    [
        (np.ones((3, 2)), 0.9, r"tiles have shape \(3, 2\)"),
        (np.ones((2, 1, 1)), 0.9, r"expected \(3, t, d\)"),
        (np.full((3, 1, 2), 3.0), 0.9, "tiles"),
        (np.ones((3, 1, 1)), 1.5, "tau_tile is 1.5"),
        (np.ones((3, 1, 1)), float("nan"), "tau_tile is nan"),
    ],
)
def test_nonsense_is_named(tiles: np.ndarray, tau_tile: float, word: str) -> None:
    with pytest.raises(SelectionError, match=word):
        near_duplicates(make("random", 3, 4, 0), 0.9, tiles=tiles, tau_tile=tau_tile)


def test_nothing_in_nothing_out() -> None:
    empty = np.empty((0, 8), np.float32)
    assert len(near_duplicates(empty, 0.9, tiles=np.empty((0, 4, 8))).keeper) == 0
