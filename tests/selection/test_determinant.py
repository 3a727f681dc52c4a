"""Greedy determinants: lazy is plain, gains are what log det grows by, and the bound holds."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.selection import Candidates
from framesel.selection.engines.determinant import Determinant, greedy_determinant_plain
from framesel.selection.greedy import NONE_LEFT
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.dpp import DPP, relative_weights
from framesel.selection.strategies.log_det import LogDet

from .vectors import KINDS, fill, make, rng, unit, vector_sets


def matrix(vectors: np.ndarray, scale: np.ndarray, width: float, ridge: float) -> np.ndarray:
    """M in double precision, straight from its definition."""
    rows = vectors.astype(np.float64)
    gaps = ((rows[:, None] - rows[None]) ** 2).sum(axis=2)
    near = (1.0 + gaps / (2.0 * width**2)) ** -1.0
    return scale[:, None] * near * scale[None] + ridge * np.eye(len(rows))


def log_det(m: np.ndarray, rows: object) -> float:
    part = list(rows)  # type: ignore[call-overload]
    return float(np.linalg.slogdet(m[np.ix_(part, part)])[1]) if part else 0.0


@settings(max_examples=60)
@given(
    vectors=vector_sets(most=90),
    seeds=st.integers(0, 5),
    ridge=st.sampled_from((0.0, 1.0)),
    width=st.sampled_from((0.05, 0.5, 2.0)),
    at=st.integers(0, 10_000),
)
def test_lazy_is_plain_pick_by_pick(
    vectors: np.ndarray, seeds: int, ridge: float, width: float, at: int
) -> None:
    n = len(vectors)
    known = make("random", seeds, vectors.shape[1], at)
    if seeds > 2:
        known[0] = known[1] = vectors[at % n]
    scale = rng(at).random(n) + 0.05
    more = {"width": width, "ridge": ridge}
    lazy, gains = fill(Determinant(vectors, scale, known, picks=n, **more), n)
    assert np.array_equal(lazy, greedy_determinant_plain(vectors, scale, known, n, **more))
    assert (np.diff(gains) <= 0).all()


@pytest.mark.parametrize("ridge", [0.0, 1.0])
@pytest.mark.parametrize("seeds", [0, 3])
def test_gains_are_what_the_log_determinant_grows_by(ridge: float, seeds: int) -> None:
    vectors, scale = make("random", 40, 12, 1), rng(2).random(40) + 0.3
    known = make("random", seeds, 12, 7)
    everything = np.concatenate([vectors, known])
    m = matrix(everything, np.concatenate([scale, np.full(seeds, scale.max())]), 0.6, ridge)
    fixed = list(range(40, 40 + seeds))
    proposer = Determinant(vectors, scale, known, width=0.6, ridge=ridge, picks=15)
    rows, gains = fill(proposer, 15)
    for k in range(15):
        before = log_det(m, [*rows[:k], *fixed])
        assert gains[k] == pytest.approx(log_det(m, [*rows[: k + 1], *fixed]) - before, abs=1e-5)
        others = [log_det(m, [*rows[:k], *fixed, i]) for i in range(40) if i not in rows[:k]]
        assert gains[k] == pytest.approx(max(others) - before, abs=1e-5)


def test_picks_of_others_and_closed_rows_count() -> None:
    vectors, scale = make("clustered", 50, 12, 1), np.ones(50)
    proposer = Determinant(vectors, scale, vectors[:0], width=0.5, ridge=0.0, picks=1)
    m = matrix(vectors, scale, 0.5, 0.0)
    proposer.close(np.array([4, 4, 9]))
    assert proposer.take(9)["log_determinant"] == pytest.approx(0.0)
    proposer.close(np.array([9]))
    rows = [9]
    for _ in range(12):
        row = proposer.best()
        assert row == proposer.best()
        left = {
            i: log_det(m, [*rows, i]) - log_det(m, rows)
            for i in range(50)
            if i not in rows and i != 4
        }
        assert left[row] == pytest.approx(max(left.values()), abs=1e-5)
        proposer.take(row)
        rows.append(row)
    proposer.close(np.arange(50))
    assert proposer.best() == NONE_LEFT


@pytest.mark.parametrize("seeds", [0, 2])
@pytest.mark.parametrize("limits", [{}, {"gap_s": 2.5}])
def test_certificate_and_guarantee(seeds: int, limits: dict[str, float]) -> None:
    for seed in range(12):
        vectors, known = make("random", 11, 4, seed), make("random", seeds, 4, seed + 50)
        candidates = Candidates(vectors, mass=rng(seed).integers(1, 30, 11))
        scale = np.sqrt(10.0 * relative_weights(candidates, 0.5))
        everything = np.concatenate([vectors, known])
        m = matrix(everything, np.concatenate([scale, np.full(seeds, scale.max())]), 0.7, 1.0)
        fixed = list(range(11, 11 + seeds))
        picks = LogDet(sigma=0.7).select(
            candidates, 3, known, Limits.model_validate(limits), rng(0)
        )
        best = max(log_det(m, [*some, *fixed]) for some in combinations(range(11), 3))
        best -= log_det(m, fixed)
        assert picks.certificate is not None
        reached = log_det(m, [*picks.indices, *fixed]) - log_det(m, fixed)
        assert picks.certificate.achieved == pytest.approx(reached, abs=1e-5)
        assert picks.certificate.bound >= best - 1e-5
        if not limits:
            assert reached >= (1 - 1 / np.e) * best


def test_frames_with_nothing_in_common_are_proven_the_best() -> None:
    vectors = unit(np.eye(9)[:8])
    picks = LogDet(sigma=0.02).select(Candidates(vectors), 4, vectors[:0], Limits(), rng())
    assert picks.certificate is not None
    assert picks.certificate.achieved == pytest.approx(4 * np.log(11), rel=1e-5)
    assert 0.999 < picks.certificate.ratio <= 1.0


@pytest.mark.parametrize("kind", KINDS)
def test_repeats_come_last_in_a_point_process(kind: str) -> None:
    vectors = make(kind, 40, 16, 3)
    different = len(np.unique(vectors, axis=0))
    picks = DPP().select(Candidates(vectors), 40, vectors[:0], Limits(), rng())
    assert len(np.unique(vectors[picks.indices[:different]], axis=0)) == different


def test_quality_and_unlikeness_are_weighed() -> None:
    vectors = unit([[1, 0, 0], [1, 0.05, 0], [0, 1, 0], [0, 0, 1]])
    by_mass = Candidates(vectors, mass=[100, 90, 40, 20])
    picks = DPP(sigma=0.3).select(by_mass, 4, vectors[:0], Limits(), rng())
    assert picks.indices.tolist() == [0, 2, 3, 1]
    useful = Candidates(vectors, mass=[100, 90, 40, 20], utility=[0.0, 0.0, 0.2, 0.9])
    picks = DPP(sigma=0.3).select(useful, 4, vectors[:0], Limits(), rng())
    assert picks.indices[:2].tolist() == [3, 2]
    same = DPP(alpha=0.0).select(by_mass, 1, vectors[:0], Limits(), rng())
    assert same.indices.tolist() == [0]


def test_likelier_than_random_sets() -> None:
    vectors = make("clustered", 120, 16, 3)
    picks = DPP(sigma=0.5).select(Candidates(vectors), 12, vectors[:0], Limits(), rng())
    m = matrix(vectors, np.ones(120), 0.5, 0.0)
    others = [log_det(m, rng(seed).choice(120, 12, replace=False)) for seed in range(200)]
    assert log_det(m, picks.indices) > max(others)


def test_no_utility_at_all_is_no_preference() -> None:
    vectors = make("random", 20, 8, 1)
    none = Candidates(vectors, utility=np.zeros(20))
    plain = Candidates(vectors)
    for strategy in (DPP(), LogDet()):
        answers = [
            strategy.select(some, 9, vectors[:0], Limits(), rng()).indices for some in (none, plain)
        ]
        assert np.array_equal(*answers)


def test_more_picks_than_planned() -> None:
    vectors = make("random", 40, 8, 1)
    answers = [
        fill(Determinant(vectors, np.ones(40), vectors[:2], width=0.5, ridge=1.0, picks=picks), 30)
        for picks in (0, 30)
    ]
    assert np.array_equal(answers[0][0], answers[1][0])
    assert np.array_equal(answers[0][1], answers[1][1])
