import math

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from scipy.stats import permutation_test

from framesel.drift.arrangements import arrangements
from framesel.drift.significance import adjusted, p_values

TABLES = arrays(
    np.float64, st.tuples(st.integers(2, 40), st.integers(1, 5)), elements=st.floats(0, 9)
)


def test_all_arrangements_come_once_and_the_real_one_first() -> None:
    is_new = np.array([False, True, False, True, False])
    found = arrangements(is_new, 20, np.random.default_rng(0))
    assert found.exact
    assert len(found) == math.comb(5, 2)
    assert found.side[0].tolist() == is_new.tolist()
    assert len({tuple(row) for row in found.side.tolist()}) == 10
    assert (found.side.sum(axis=1) == 2).all()


def test_many_arrangements_are_drawn() -> None:
    is_new = np.arange(30) < 9
    found = arrangements(is_new, 99, np.random.default_rng(0))
    assert not found.exact
    assert len(found) == 100
    assert found.side[0].tolist() == is_new.tolist()
    assert (found.side.sum(axis=1) == 9).all()
    assert found.side[1:].mean(axis=0) == pytest.approx(np.full(30, 0.3), abs=0.2)


def test_the_exact_p_value_is_that_of_scipy() -> None:
    rng = np.random.default_rng(4)
    known, new = rng.normal(size=6), rng.normal(1.0, 1.0, size=4)

    def difference(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
        return y.mean(axis=axis) - x.mean(axis=axis)

    theirs = permutation_test(
        (known, new), difference, alternative="greater", n_resamples=np.inf, vectorized=True
    )
    side = arrangements(np.arange(10) >= 6, 300, np.random.default_rng(0)).side
    values = np.concatenate([known, new])
    statistic = side @ values / 4 - (1 - side) @ values / 6
    assert p_values(statistic[:, None])[0, 0] == pytest.approx(theirs.pvalue)


def test_rounding_breaks_no_ties() -> None:
    statistic = np.array([[0.3], [0.1 + 0.2], [0.1], [0.3 + 1e-15]])
    assert p_values(statistic)[:, 0].tolist() == [0.75, 0.75, 1.0, 0.75]


@given(TABLES)
def test_no_p_value_is_zero_and_more_is_smaller(table: np.ndarray) -> None:
    p = p_values(table)
    assert (p >= 1 / len(table)).all()
    assert (p <= 1).all()
    for column, ranks in zip(table.T, p.T, strict=True):
        order = np.argsort(column)
        assert (np.diff(ranks[order]) <= 0).all()


@given(TABLES)
def test_all_tests_together_are_never_stricter_than_holm(table: np.ndarray) -> None:
    p = p_values(table)
    order, holm, highest = np.argsort(p[0], kind="stable"), np.empty(p.shape[1]), 0.0
    for step, test in enumerate(order):
        highest = max(highest, min(1.0, (len(order) - step) * p[0, test]))
        holm[test] = highest
    found = adjusted(p)
    assert (found <= holm + 1e-12).all()
    assert (found >= p[0] - 1e-12).all()


def test_tests_that_say_the_same_cost_nothing() -> None:
    one = np.random.default_rng(5).random((50, 1))
    one[0] = 2.0
    assert adjusted(p_values(np.repeat(one, 6, axis=1))).tolist() == [0.02] * 6


def test_the_smallest_p_is_held_against_the_smallest_of_every_arrangement() -> None:
    """By hand: T1 = 3 2 1 0, T2 = 0 3 1 2 give p = (.25 .5 .75 1), (1 .25 .75 .5)."""
    p = p_values(np.array([[3.0, 0.0], [2.0, 3.0], [1.0, 1.0], [0.0, 2.0]]))
    assert p.T.tolist() == [[0.25, 0.5, 0.75, 1.0], [1.0, 0.25, 0.75, 0.5]]
    # smallest: .25 .25 .75 .5; half of them are at most .25
    assert adjusted(p).tolist() == [0.5, 1.0]
