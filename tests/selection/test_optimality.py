"""Greedy against the best choice there is, found by trying all of them, and what certificates say.

Distances of a chord below the root of float32's precision are zero within rounding, hence SLACK.
"""

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.selection import Candidates, Picks
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.k_center import KCenter
from framesel.selection.strategies.weighted_k_center import WeightedKCenter
from framesel.selection.strategy import Strategy
from framesel.selection.vectors.arrays import chord

from .vectors import KINDS, make, vector_sets

SLACK = 2e-3


def pick(
    strategy: Strategy,
    candidates: Candidates,
    k: int,
    already: np.ndarray,
    limits: Mapping[str, Any] | None = None,
) -> Picks:
    bounds = Limits.model_validate(limits or {})
    return strategy.select(candidates, k, already, bounds, np.random.default_rng(0))


def costs(candidates: Candidates, already: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n + m, n) weight times distance of each candidate to each candidate and seed."""
    bank = np.concatenate([candidates.vectors, already]).astype(np.float64)
    return weights * chord(bank @ candidates.vectors.T.astype(np.float64))


def smallest_radius(cost: np.ndarray, k: int) -> float:
    """The best of all choices of k candidates."""
    n = cost.shape[1]
    fixed = list(range(n, len(cost)))
    return min(float(cost[[*some, *fixed]].min(axis=0).max()) for some in combinations(range(n), k))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seeds", [0, 2])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_radius_is_within_twice_the_optimum(kind: str, seeds: int, k: int) -> None:
    candidates, already = Candidates(make(kind, 11, 5, 3)), make("random", seeds, 5, 8)
    picks = pick(KCenter(), candidates, k, already)
    cost = costs(candidates, already, np.ones(11))
    radius = cost[[*picks.indices, *range(11, 11 + seeds)]].min(axis=0).max()
    assert radius <= 2 * smallest_radius(cost, k) + SLACK


@settings(max_examples=60)
@given(
    vectors=vector_sets(most=10, least=4),
    seeds=st.integers(0, 2),
    k=st.integers(1, 3),
    at=st.integers(0, 1000),
    spread=st.sampled_from((0.0, 0.5, 3.0)),
)
def test_weighted_radius_is_within_its_factor_and_its_certificate_holds(
    vectors: np.ndarray, seeds: int, k: int, at: int, spread: float
) -> None:
    n = len(vectors)
    utility = np.exp(spread * np.random.default_rng(at).standard_normal(n)).astype(np.float32)
    candidates = Candidates(vectors, utility=utility)
    already = make("random", seeds, vectors.shape[1], at)
    picks = pick(WeightedKCenter(), candidates, k, already)
    cost = costs(candidates, already, utility)
    radius = cost[[*picks.indices, *range(n, n + seeds)]].min(axis=0).max()
    best = smallest_radius(cost, k)
    slack = SLACK * float(utility.max())
    assert radius <= min(3.0, 1.0 + utility.max() / utility.min()) * best + slack
    assert picks.certificate is not None
    assert picks.certificate.what == "radius"
    assert picks.certificate.achieved == pytest.approx(radius, abs=slack)
    assert picks.certificate.bound <= best + slack


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seeds", [0, 2])
def test_certificate_of_k_center_bounds_the_optimum_also_under_limits(
    kind: str, seeds: int
) -> None:
    candidates = Candidates(
        make(kind, 12, 5, 3), video_no=np.arange(12) // 4, pts_s=np.arange(12) % 4
    )
    already = make("random", seeds, 5, 8)
    cost = costs(candidates, already, np.ones(12))
    for limits in ({}, {"per_video": {"max": 1}}, {"gap_s": 3.0}):
        picks = pick(KCenter(), candidates, 3, already, limits)
        certificate = picks.certificate
        assert certificate is not None
        radius = cost[[*picks.indices, *range(12, 12 + seeds)]].min(axis=0).max()
        assert certificate.achieved == pytest.approx(radius, abs=SLACK)
        assert certificate.bound <= smallest_radius(cost, len(picks)) + SLACK
        if not limits:
            assert certificate.achieved <= 2 * certificate.bound + SLACK


def test_certificate_of_two_opposite_pairs_is_the_optimum() -> None:
    # One frame has to stand for two that are a right angle apart: at best 45 degrees from each.
    angles = np.radians([0.0, 45.0, 90.0])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    picks = pick(KCenter(), Candidates(vectors), 1, vectors[:0])
    assert picks.indices.tolist() == [1]
    assert picks.certificate is not None
    assert picks.certificate.achieved == pytest.approx(2 * np.sin(np.radians(22.5)), abs=1e-6)
    assert 1.0 <= picks.certificate.ratio <= 2.0


def test_everything_picked_leaves_nothing() -> None:
    candidates = Candidates(make("random", 7, 5, 1))
    picks = pick(KCenter(), candidates, 7, candidates.vectors[:0])
    assert picks.certificate is not None
    assert picks.certificate.achieved == picks.certificate.bound == 0.0
    assert picks.certificate.ratio == 1.0
    assert pick(KCenter(), candidates, 0, candidates.vectors[:0]).certificate is None
