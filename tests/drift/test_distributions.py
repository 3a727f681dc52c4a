import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy.stats import ks_2samp

from framesel.drift.distributions import curves, largest_gap

NUMBERS = st.lists(st.integers(-5, 5).map(float), min_size=4, max_size=30)


@given(NUMBERS, NUMBERS)
def test_single_values_give_the_statistic_of_kolmogorov_and_smirnov(
    known: list[float], new: list[float]
) -> None:
    values = np.array([*known, *new])
    side = np.array([[0.0] * len(known) + [1.0] * len(new)])
    found = largest_gap(curves(values, np.arange(len(values)), len(values)), side)
    assert found[0] == pytest.approx(ks_2samp(known, new, method="asymp").statistic, abs=1e-12)


def test_every_piece_counts_alike() -> None:
    """A long video of zeros and a short one of ones, against one of halves."""
    values = np.array([0.0] * 99 + [1.0] + [0.5] * 10)
    of = np.array([0] * 99 + [1] + [2] * 10)
    found = largest_gap(curves(values, of, 3), np.array([[0.0, 0.0, 1.0]]))
    assert found[0] == pytest.approx(0.5)


def test_many_values_are_read_at_quantiles() -> None:
    rng = np.random.default_rng(0)
    known, new = rng.normal(size=2000), rng.normal(0.3, 1.0, size=1500)
    values = np.concatenate([known, new])
    side = (np.arange(3500) >= 2000).astype(float)[None]
    found = largest_gap(curves(values, np.arange(3500), 3500), side)
    assert found[0] == pytest.approx(ks_2samp(known, new).statistic, abs=0.01)


def test_pieces_without_values_are_left_out() -> None:
    found = curves(np.array([1.0, 2.0, 2.0]), np.array([0, 2, 2]), 4)
    sides = np.array([[1.0, 0, 0, 0], [1.0, 1.0, 0, 0], [0, 1.0, 0, 1.0]])
    assert largest_gap(found, sides).tolist() == [1.0, 1.0, 0.0]


def test_no_values_at_all() -> None:
    found = curves(np.empty(0), np.empty(0, np.int64), 2)
    assert largest_gap(found, np.array([[1.0, 0.0]])).tolist() == [0.0]
