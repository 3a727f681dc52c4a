"""Intervals and tests, against worked examples and other implementations."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from framesel.simulation import metrics, statistics


def test_a_ratio_is_the_mean_over_strata_of_sums_over_counts() -> None:
    # Two videos, three strata; the last one is nowhere.
    tally = np.array([[[1, 2], [0, 4], [0, 0]], [[1, 2], [3, 4], [0, 0]]], np.float64)
    both, first, twice = np.array([[1, 1], [1, 0], [0, 2]], np.float64)
    found = statistics.ratio(tally, np.stack([both, first, twice]))
    assert found == pytest.approx([(2 / 4 + 3 / 8) / 2, (1 / 2 + 0) / 2, (2 / 4 + 6 / 8) / 2])
    assert np.isnan(statistics.ratio(np.zeros((2, 1, 2)), both[None]))[0]


def test_the_largest_is_that_of_the_drawn_videos() -> None:
    tally = np.array([0.3, 0.9, np.nan])
    weights = np.array([[1, 1, 1], [3, 0, 0], [0, 0, 3]], np.float64)
    assert statistics.largest(tally, weights) == pytest.approx([0.9, 0.3, np.nan], nan_ok=True)


@given(st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), min_size=1, max_size=4))
def test_evenness_is_the_balance_of_the_sum(rows: list[list[int]]) -> None:
    tally = np.array(rows, np.float64)
    found = statistics.evenness(tally, np.ones((1, len(rows))))[0]
    summed = tally.sum(axis=0).astype(np.int64)
    assert found == pytest.approx(metrics.class_balance(summed), nan_ok=True)


def test_a_sample_has_as_many_videos_as_there_are() -> None:
    drawn = statistics.draws(7, 500, np.random.default_rng(0))
    assert drawn.shape == (500, 7)
    assert (drawn.sum(axis=1) == 7).all()
    assert drawn.mean(axis=0) == pytest.approx(np.ones(7), abs=0.2)


def test_the_interval_covers_as_often_as_it_says() -> None:
    """Of a mean over 30 videos whose true value is 0: a 95 % interval misses about one in 20."""
    rng = np.random.default_rng(0)
    hits = 0
    for _ in range(200):
        tally = np.ones((30, 1, 2))
        tally[:, 0, 0] = rng.standard_normal(30)
        weights = statistics.draws(30, 400, rng)
        values = statistics.replicates([tally], statistics.ratio, weights, np.ones((400, 1)))
        low, high = statistics.interval(values)
        hits += low <= 0 <= high
    assert 0.88 <= hits / 200 <= 0.99


def test_the_interval_is_that_of_scipys_bootstrap() -> None:
    values = np.random.default_rng(1).normal(3.0, 1.0, 40)
    tally = np.stack([values, np.ones(40)], axis=1)[:, None, :]
    weights = statistics.draws(40, 5_000, np.random.default_rng(2))
    drawn = statistics.replicates([tally], statistics.ratio, weights, np.ones((5_000, 1)))
    theirs = stats.bootstrap((values,), np.mean, method="percentile", rng=3).confidence_interval
    assert statistics.interval(drawn) == pytest.approx(tuple(theirs), abs=0.03)


def test_seeds_are_drawn_too_and_one_without_a_value_is_left_out() -> None:
    tallies = [np.array([[[value, 1.0]]]) for value in (1.0, 3.0)] + [np.zeros((1, 1, 2))]
    seeds = np.array([[1, 1, 1], [3, 0, 0], [0, 0, 3], [0, 2, 1]], np.float64)
    drawn = statistics.replicates(tallies, statistics.ratio, np.ones((4, 1)), seeds)
    assert drawn == pytest.approx([2.0, 1.0, np.nan, 3.0], nan_ok=True)
    assert statistics.interval(drawn[2:3]) == pytest.approx((np.nan, np.nan), nan_ok=True)


def test_ten_pairs_can_reach_significance_and_nine_make_no_test() -> None:
    ours = [float(value) for value in range(1, 11)]
    # All ten differ in one direction: 2 of the 2 ** 10 sign patterns are as extreme.
    assert statistics.paired_p(ours, [0.0] * 10) == pytest.approx(2 / 2**10)
    assert np.isnan(statistics.paired_p(ours[:9], [0.0] * 9))
    assert np.isnan(statistics.paired_p(ours, [np.nan] * 10))


def test_equal_pairs_say_nothing() -> None:
    assert statistics.paired_p([0.5] * 12, [0.5] * 12) == 1.0
    ties = [0.5] * 6 + [0.6, 0.7, 0.8, 0.9, 1.0, 0.4]
    assert 0.05 < statistics.paired_p(ties, [0.5] * 12) < 1


@pytest.mark.parametrize("seed", range(3))
def test_the_test_is_scipys_exact_one_with_ties(seed: int) -> None:
    differences = np.random.default_rng(seed).integers(-2, 4, 12)
    theirs = stats.wilcoxon(differences[differences != 0], method=stats.PermutationMethod())
    found = statistics.paired_p(differences.tolist(), [0.0] * 12)
    assert found == pytest.approx(theirs.pvalue)


@given(st.lists(st.floats(-1, 1).filter(bool), min_size=10, max_size=40, unique_by=abs))
def test_the_test_is_scipys_exact_one_without_ties(differences: list[float]) -> None:
    theirs = stats.wilcoxon(differences, method="exact").pvalue
    assert statistics.paired_p(differences, [0.0] * len(differences)) == pytest.approx(theirs)


def test_the_test_is_paired() -> None:
    """A small gain on every seed is seen through large differences between seeds."""
    seeds = np.random.default_rng(0).normal(0, 100, 12)
    gain = np.linspace(0.1, 0.3, 12)
    assert statistics.paired_p((seeds + gain).tolist(), seeds.tolist()) < 0.001
    assert stats.ranksums(seeds + gain, seeds).pvalue > 0.5


def test_holm_as_worked_by_hand() -> None:
    # Sorted .01 .02 .03 .04 times 4 3 2 1 gives .04 .06 .06 .04, and never falls: .04 .06 .06 .06.
    found = statistics.holm([0.04, 0.01, float("nan"), 0.03, 0.02])
    assert found == pytest.approx([0.06, 0.04, np.nan, 0.06, 0.06], nan_ok=True)
    assert statistics.holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_is_the_closed_test_of_all_intersections(ps: list[float]) -> None:
    """Holm is the closure of Bonferroni: p_i is the worst |J| min p_J over sets J with i in J."""
    found = statistics.holm(ps)
    order = np.argsort(ps, kind="stable")
    for i, p in enumerate(ps):
        rank = int(np.flatnonzero(order == i)[0])
        worst = [(len(ps) - first) * ps[order[first]] for first in range(rank + 1)]
        assert found[i] == pytest.approx(min(1.0, max(worst)))
        assert found[i] >= p
