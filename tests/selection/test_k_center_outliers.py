"""k-center with outliers: what it leaves alone, and how near it stays to the best choice."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.selection import Candidates, Picks
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies import k_center_outliers
from framesel.selection.strategies.k_center import KCenter
from framesel.selection.strategies.k_center_outliers import KCenterOutliers
from framesel.selection.strategy import Strategy
from framesel.selection.vectors.arrays import chord

from .vectors import KINDS, make, unit, vector_sets

SLACK = 2e-3


def pick(
    strategy: Strategy, candidates: Candidates, k: int, already: np.ndarray | None = None
) -> Picks:
    known = candidates.vectors[:0] if already is None else already
    return strategy.select(candidates, k, known, Limits(), np.random.default_rng(0))


def radius_without(cost: np.ndarray, mass: np.ndarray, share: float) -> float:
    """Largest of the smallest costs, when frames of a share of the mass may be left out."""
    nearest = cost.min(axis=0)
    order = np.argsort(-nearest)
    left = np.cumsum(mass[order]) > share * mass.sum()
    return float(nearest[order][left].max(initial=0.0))


def scenes(share_of_junk: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    """Frames of eight scenes with junk far from all of them and each other; which are junk."""
    rng = np.random.default_rng(4)
    places = make("random", 8, 32, 1)
    frames = unit(places[rng.integers(8, size=600)] + 0.02 * rng.standard_normal((600, 32)))
    junk = make("random", round(600 * share_of_junk), 32, 2)
    vectors = np.concatenate([frames, junk])
    order = rng.permutation(len(vectors))
    return vectors[order], order >= 600


def test_junk_is_not_bought_while_plain_k_center_buys_all_of_it() -> None:
    vectors, junk = scenes()
    plain = pick(KCenter(), Candidates(vectors), 14)
    assert junk[plain.indices].sum() == junk.sum() == 6
    picks = pick(KCenterOutliers(share=0.02), Candidates(vectors), 14)
    assert junk[picks.indices].sum() == 0
    near = (vectors[~junk] @ vectors[picks.indices[:8]].T).max(axis=1)
    assert near.min() > 0.9
    assert "middle of a group" in picks.reason[0]


def test_what_is_left_of_the_budget_goes_to_frames_that_are_no_outliers() -> None:
    places, junk = make("random", 8, 32, 1), make("random", 2, 32, 2)
    vectors = np.concatenate([np.repeat(places, 30, axis=0), junk])
    picks = pick(KCenterOutliers(share=0.01), Candidates(vectors), 242)
    assert picks.gain[:8].tolist() == [30.0] * 8
    assert len({int(row) // 30 for row in picks.indices[:8]}) == 8
    assert "outliers aside" in picks.reason[8]
    assert set(picks.indices[-2:]) == {240, 241}


def test_without_a_share_the_junk_is_bought_too() -> None:
    vectors, junk = scenes()
    picks = pick(KCenterOutliers(share=0.0), Candidates(vectors), 14)
    assert junk[picks.indices].sum() == 6


def test_a_black_stretch_is_junk_as_long_as_its_mass_is_small() -> None:
    vectors, junk = scenes(1 / 600)
    mass = np.ones(len(vectors), np.float32)
    for weight, bought in ((1.0, 0), (200.0, 1)):
        mass[junk] = weight
        picks = pick(KCenterOutliers(share=0.02), Candidates(vectors, mass=mass), 9)
        assert junk[picks.indices].sum() == bought


def test_a_worked_example() -> None:
    angles = np.radians([0, 1, 2, 90, 91, 180])
    vectors = unit(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    picks = pick(KCenterOutliers(share=0.2), Candidates(vectors), 2)
    # The middle of three, one of two; the lonely sixth may be left out.
    assert picks.indices.tolist() == [1, 3]
    assert picks.gain.tolist() == [3.0, 2.0]
    assert picks.certificate is not None
    assert picks.certificate.achieved == pytest.approx(2 * np.sin(np.radians(0.5)), abs=1e-4)


@settings(max_examples=60)
@given(
    vectors=vector_sets(most=11, least=4),
    seeds=st.integers(0, 2),
    k=st.integers(1, 3),
    at=st.integers(0, 1000),
    share=st.sampled_from((0.0, 0.1, 0.3)),
)
def test_radius_is_within_three_times_the_optimum_and_the_certificate_holds(
    vectors: np.ndarray, seeds: int, k: int, at: int, share: float
) -> None:
    n = len(vectors)
    mass = np.random.default_rng(at).integers(1, 5, n).astype(np.float32)
    already = make("random", seeds, vectors.shape[1], at)
    picks = pick(KCenterOutliers(share=share), Candidates(vectors, mass=mass), k, already)
    bank = np.concatenate([vectors, already]).astype(np.float64)
    cost = chord(bank @ vectors.T.astype(np.float64))
    fixed = list(range(n, n + seeds))
    achieved = radius_without(cost[[*picks.indices, *fixed]], mass, share)
    best = min(
        radius_without(cost[[*some, *fixed]], mass, share) for some in combinations(range(n), k)
    )
    assert achieved <= 3 * best + 3 * SLACK
    if picks.certificate is None:
        assert achieved <= SLACK
    else:
        assert picks.certificate.achieved == pytest.approx(achieved, abs=SLACK)
        assert achieved / 3 - SLACK <= picks.certificate.bound <= best + SLACK


@pytest.mark.parametrize("kind", KINDS)
def test_a_core_keeps_its_bound(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(k_center_outliers, "SMALLEST_CORE", 6)
    candidates = Candidates(make(kind, 18, 6, 3))
    picks = pick(KCenterOutliers(share=0.12), candidates, 2)
    gaps = chord(candidates.vectors @ candidates.vectors.T)
    core = pick(KCenter(), candidates, 6)
    spread = gaps[core.indices].min(axis=0).max()
    mass = np.ones(18)
    best = min(radius_without(gaps[list(some)], mass, 0.12) for some in combinations(range(18), 2))
    assert radius_without(gaps[picks.indices], mass, 0.12) <= 3 * best + 7 * spread + SLACK
    assert picks.certificate is None or picks.certificate.bound <= best + SLACK
