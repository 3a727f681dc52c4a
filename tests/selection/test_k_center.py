"""Farthest-first: the lazy kernel is the plain scan, pick by pick."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection import Candidates
from framesel.selection.engines.central import most_central
from framesel.selection.engines.farthest_first import FarthestFirst, distance, farthest_first_plain
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.k_center import KCenter
from framesel.selection.vectors.arrays import chord

from .vectors import fill, make, unit, vector_sets


@given(
    vectors=vector_sets(most=90),
    seeds=st.integers(0, 5),
    part=st.floats(0, 1),
    block=st.sampled_from((1, 4, 32, 128)),
    at=st.integers(0, 10_000),
)
def test_lazy_is_plain_pick_by_pick(
    vectors: np.ndarray, seeds: int, part: float, block: int, at: int
) -> None:
    k = round(part * len(vectors))
    known = make("random", seeds, vectors.shape[1], at)
    if seeds > 2:
        known[0] = vectors[at % len(vectors)]
    start = at % len(vectors) if k and not seeds else None
    rows, gains = fill(FarthestFirst(vectors, known, start, block=block), k)
    plain_rows, cosines = farthest_first_plain(vectors, known, k, start)
    assert np.array_equal(rows, plain_rows)
    assert np.array_equal(gains, distance(cosines))


@given(
    vectors=vector_sets(most=90),
    seeds=st.integers(0, 3),
    part=st.floats(0, 1),
    block=st.sampled_from((1, 4, 32)),
    at=st.integers(0, 10_000),
    spread=st.sampled_from((0.0, 1.0, 20.0)),
)
def test_lazy_is_plain_with_weights(
    vectors: np.ndarray, seeds: int, part: float, block: int, at: int, spread: float
) -> None:
    n, rng = len(vectors), np.random.default_rng(at)
    weights = np.exp(spread * rng.standard_normal(n)) * (rng.random(n) < 0.7)
    known = make("random", seeds, vectors.shape[1], at)
    k = round(part * n)
    lazy = FarthestFirst(vectors, known, weights=weights, block=block)
    rows, gains = fill(lazy, k)
    plain_rows, cosines = farthest_first_plain(vectors, known, k, weights=weights)
    assert np.array_equal(rows, plain_rows)
    assert np.array_equal(gains, weights[rows] * distance(cosines))


def test_lazy_is_plain_on_many_runs_of_footage() -> None:
    vectors = np.concatenate([make("walk", 500, 64, seed) for seed in range(4)])
    rows, _ = fill(FarthestFirst(vectors, vectors[:0], 7), 150)
    plain_rows, _ = farthest_first_plain(vectors, vectors[:0], 150, 7)
    assert np.array_equal(rows, plain_rows)


def test_gain_is_the_distance_that_is_left() -> None:
    vectors = make("random", 40, 6, 1)
    picks = KCenter().select(
        Candidates(vectors), 40, vectors[:0], Limits(), np.random.default_rng(0)
    )
    gaps = chord((vectors @ vectors.T).astype(np.float32))
    assert picks.gain[0] == 2.0
    for rank in range(1, 40):
        left = gaps[picks.indices[:rank]].min(axis=0).max()
        assert picks.gain[rank] == pytest.approx(left, abs=1e-3)


def test_ties_go_to_the_lowest_row() -> None:
    vectors = unit([[1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1], [0, -1, 0]])
    picks = KCenter().select(
        Candidates(vectors), 5, vectors[:1], Limits(), np.random.default_rng(0)
    )
    assert picks.indices.tolist() == [1, 3, 4, 0, 2]


def test_no_duplicate_while_something_farther_is_left() -> None:
    vectors = make("duplicated", 60, 12, 4)
    different = len(np.unique(vectors, axis=0))
    picks = KCenter().select(
        Candidates(vectors), 60, vectors[:1], Limits(), np.random.default_rng(0)
    )
    assert len(np.unique(vectors[picks.indices[: different - 1]], axis=0)) == different - 1
    assert (picks.nearest_cos[: different - 1] < 0.999).all()
    assert (picks.nearest_cos[different - 1 :] > 0.999).all()


def test_a_cold_start_takes_the_heaviest_middle() -> None:
    vectors = unit([[1, 0], [1, 0.1], [0, 1], [0.1, 1]])
    assert most_central(Candidates(vectors, mass=[100, 1, 1, 1])) == 0
    assert most_central(Candidates(vectors, mass=[1, 1, 1, 100])) == 3
    opposite = unit([[1, 0], [-1, 0]])
    assert most_central(Candidates(opposite)) == 0


def test_the_middle_of_many_is_where_numpy_finds_it() -> None:
    vectors = make("walk", 20_000, 5, 2)
    mass = np.random.default_rng(0).integers(1, 9, 20_000)
    mean = (mass[:, None] * vectors.astype(np.float64)).sum(axis=0)
    closeness = vectors @ (mean / np.linalg.norm(mean))
    row = most_central(Candidates(vectors, mass=mass))
    assert closeness[row] == pytest.approx(closeness.max(), abs=1e-6)
    twice = Candidates(np.concatenate([vectors, vectors]), mass=np.concatenate([mass, mass]))
    assert most_central(twice) == row
