import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy.stats import chi2_contingency

from framesel.drift.histograms import chi_squared, rates

COUNTS = st.lists(st.integers(0, 20), min_size=3, max_size=3)


@given(COUNTS, COUNTS)
def test_single_frames_give_pearsons_statistic(known: list[int], new: list[int]) -> None:
    kinds = [c for c in range(3) if known[c] + new[c]]
    kind = np.repeat([0, 1, 2, 0, 1, 2], [*known, *new])
    of = np.arange(len(kind))
    side = np.repeat([0.0, 1.0], [sum(known), sum(new)])[None]
    found = chi_squared(rates(kind, of, np.ones(len(kind), np.int64), 3), side)[0]
    if not sum(known) or not sum(new):
        assert found == 0.0
        return
    table = np.array([known, new])[:, kinds]
    assert found == pytest.approx(chi2_contingency(table, correction=False).statistic, abs=1e-9)


def test_rates_are_for_each_frame() -> None:
    found = rates(np.array([0, 0, 1]), np.array([0, 0, 1]), np.array([4, 2]), 2)
    assert found.tolist() == [[0.5, 0.0], [0.0, 0.5]]


def test_nothing_on_a_side_is_no_difference() -> None:
    rate = np.array([[2.0, 1.0], [0.0, 0.0]])
    assert chi_squared(rate, np.array([[0.0, 1.0]])).tolist() == [0.0]
    assert chi_squared(0 * rate, np.array([[0.0, 1.0]])).tolist() == [0.0]
