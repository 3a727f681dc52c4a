"""Coverage: the lazy greedy is the plain one to the last bit, and near the optimum."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection import Candidates
from framesel.selection.coverage.greedy_coverage import Coverage, greedy_coverage_plain
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.facility_location import FacilityLocation

from .vectors import KINDS, fill, make, rng, unit, vector_sets


def value(vectors: np.ndarray, weights: np.ndarray, chosen: np.ndarray) -> float:
    """F of a set, by its definition."""
    if not len(chosen):
        return 0.0
    best = (vectors.astype(np.float64) @ chosen.astype(np.float64).T).max(axis=1)
    return float((weights * np.maximum(best, 0.0)).sum())


def agree(vectors: np.ndarray, weights: np.ndarray, seeds: np.ndarray, k: int) -> None:
    rows, gains = fill(Coverage(vectors, weights, seeds), k)
    plain_rows, plain_gains = greedy_coverage_plain(vectors, weights, seeds, k)
    assert np.array_equal(rows, plain_rows)
    assert np.array_equal(gains, plain_gains)


@given(
    vectors=vector_sets(most=70),
    seeds=st.integers(0, 4),
    part=st.floats(0, 1),
    at=st.integers(0, 10_000),
)
def test_lazy_is_plain_pick_by_pick(vectors: np.ndarray, seeds: int, part: float, at: int) -> None:
    rng = np.random.default_rng(at)
    weights = rng.choice([0.0, 0.5, 1.0, 7.0], len(vectors))
    agree(vectors, weights, make("random", seeds, vectors.shape[1], at), round(part * len(vectors)))


def test_lazy_is_plain_on_runs_of_footage() -> None:
    vectors = np.concatenate([make("walk", 200, 48, seed) for seed in range(4)])
    agree(vectors, np.random.default_rng(0).random(800), vectors[:3], 60)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seeds", [0, 2])
def test_coverage_is_near_the_optimum(kind: str, seeds: int) -> None:
    vectors, already = make(kind, 11, 5, 3), make("random", seeds, 5, 8)
    candidates = Candidates(vectors, mass=np.arange(1, 12), utility=np.linspace(1, 0, 11))
    weights = FacilityLocation().weights(candidates)
    before = value(vectors, weights, already)
    for k in (1, 2, 3, 4):
        picks = FacilityLocation().select(
            candidates, k, already, Limits(), np.random.default_rng(0)
        )
        got = value(vectors, weights, np.concatenate([already, vectors[picks.indices]])) - before
        best = max(
            value(vectors, weights, np.concatenate([already, vectors[list(some)]])) - before
            for some in combinations(range(11), k)
        )
        assert got >= (1 - 1 / np.e) * best - 1e-6
        assert picks.gain.sum() == pytest.approx(got, abs=1e-5)


def test_mass_decides_between_two_clusters() -> None:
    vectors = unit([[1, 0, 0], [1, 0.1, 0], [0, 0, 1], [0, 0.1, 1]])
    heavy = Candidates(vectors, mass=[1, 1, 1, 400])
    assert FacilityLocation().weights(heavy).tolist() == [1.0, 1.0, 1.0, 20.0]
    first = FacilityLocation().select(heavy, 1, vectors[:0], Limits(), rng())
    assert first.indices.tolist() == [3]
    blind = FacilityLocation(alpha=0.0)
    assert blind.weights(heavy).tolist() == [1.0] * 4
    doubtful = Candidates(vectors, utility=[1, 1, 0, 0])
    picks = FacilityLocation().select(doubtful, 1, vectors[:0], Limits(), rng())
    assert picks.indices[0] in (0, 1)


def test_what_is_covered_already_adds_nothing() -> None:
    vectors = make("clustered", 50, 16, 2)
    picks = FacilityLocation().select(
        Candidates(vectors), 50, vectors, Limits(), np.random.default_rng(0)
    )
    assert picks.gain.max() == 0.0
    assert picks.indices.tolist() == list(range(50))
