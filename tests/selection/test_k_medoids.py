"""k-medoids: turns that only improve, medoids that are the best of their cells."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.selection import Candidates
from framesel.selection.engines.k_means import closeness, k_means, mean_directions
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.k_medoids import KMedoids, k_medoids

from .vectors import make, rng, vector_sets


def spread(vectors: np.ndarray, weights: np.ndarray, bank: np.ndarray) -> float:
    """Weighted sum of squared distances to the nearest of a bank."""
    near = (vectors.astype(np.float64) @ bank.T.astype(np.float64)).max(axis=1)
    return float((weights * (2.0 - 2.0 * near)).sum())


@settings(max_examples=50)
@given(vectors=vector_sets(most=50), k=st.integers(1, 8), seeds=st.integers(0, 3))
def test_medoids_are_the_best_of_their_cells(vectors: np.ndarray, k: int, seeds: int) -> None:
    weights = rng(k).random(len(vectors)) + 0.1
    fixed = make("random", seeds, vectors.shape[1], 5)
    medoids, cell_of, cos = k_medoids(vectors, k, rng(1), weights, fixed)
    bank = np.concatenate([fixed, vectors[medoids]])
    near = vectors @ bank.T
    assert near[np.arange(len(near)), cell_of] == pytest.approx(near.max(axis=1), abs=1e-5)
    assert cos == pytest.approx(near.max(axis=1), abs=1e-5)
    for number, row in enumerate(medoids):
        mine = np.flatnonzero(cell_of == seeds + number)
        if not len(mine):
            continue
        sums = (2.0 - 2.0 * vectors[mine].astype(np.float64) @ vectors[mine].T) @ weights[mine]
        own = (2.0 - 2.0 * vectors[mine].astype(np.float64) @ vectors[row]) @ weights[mine]
        assert own <= sums.min() + 1e-3


@pytest.mark.parametrize("kind", ["clustered", "walk"])
def test_better_than_the_medoids_of_k_means(kind: str) -> None:
    vectors, weights = make(kind, 300, 16, 3), np.ones(300)
    gained = []
    for seed in range(6):
        cells = k_means(vectors, 15, rng(seed))
        close = closeness(vectors, mean_directions(vectors, weights, cells), cells.cell_of)
        start = [np.flatnonzero(cells.cell_of == c)[close[cells.cell_of == c].argmax()]
                 for c in np.unique(cells.cell_of)]  # fmt: skip
        medoids, _, _ = k_medoids(vectors, 15, rng(seed), weights, vectors[:0])
        before = spread(vectors, weights, vectors[start])
        gained.append(before - spread(vectors, weights, vectors[medoids]))
    assert min(gained) >= -1e-6
    assert max(gained) > 0


def test_near_the_optimum_on_small_instances() -> None:
    ratios = []
    for seed in range(15):
        vectors, weights = make("random", 14, 5, seed), rng(seed).random(14) + 0.1
        best = min(
            spread(vectors, weights, vectors[list(some)]) for some in combinations(range(14), 3)
        )
        reached = [
            spread(
                vectors, weights, vectors[k_medoids(vectors, 3, rng(s), weights, vectors[:0])[0]]
            )
            for s in range(10)
        ]
        assert min(reached) >= best - 1e-6
        ratios.append(min(reached) / best)
    assert np.mean(ratios) < 1.05


def test_medoids_come_first_and_the_heaviest_cell_before_all() -> None:
    vectors = make("clustered", 120, 16, 2)
    mass = rng(4).integers(1, 60, 120)
    candidates = Candidates(vectors, mass=mass)
    picks = KMedoids().select(candidates, 10, vectors[:2], Limits(), rng(6))
    weights = candidates.mass.astype(np.float64) ** 0.5
    medoids, cell_of, _ = k_medoids(vectors, 10, rng(6), weights, vectors[:2])
    assert sorted(picks.indices) == sorted(medoids)
    held = [weights[cell_of == cell_of[row]].sum() for row in picks.indices]
    assert (np.diff(held) <= 0).all()


def test_a_limit_takes_the_next_of_the_same_cell() -> None:
    vectors = np.repeat(make("random", 3, 16, 2), 10, axis=0)
    vectors[1::10] = vectors[::10]
    # Of each group of copies, all but one are in a video that is full at once.
    candidates = Candidates(vectors, video_no=np.where(np.arange(30) % 10 == 7, 1, 0))
    picks = KMedoids().select(
        candidates, 3, vectors[:0], Limits.model_validate({"per_video": {"max": 2}}), rng(6)
    )
    assert sorted(picks.indices // 10) == [0, 1, 2]
