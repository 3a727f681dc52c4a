"""Shares among alike, counted one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from framesel.uncertainty.rates import medians, own_rate, rate

keys = st.lists(st.integers(0, 3), min_size=1, max_size=20)


@given(keys, st.integers(0, 2**32 - 1))
def test_each_case_is_left_out_of_its_own_rate(key: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    hit, kind = rng.random(len(key)) < 0.5, rng.integers(0, 3, len(key))
    parent = rng.random(len(key))
    found = rate(np.array(key), hit, parent, 2.0)
    alike = own_rate(np.array([[k, 7] for k in key]), kind, parent, 2.0)
    for at, mine in enumerate(key):
        others = [i for i, k in enumerate(key) if k == mine and i != at]
        expected = (sum(hit[others]) + 2 * parent[at]) / (len(others) + 2)
        assert np.isclose(found[at], expected)
        expected = (sum(kind[others] == kind[at]) + 2 * parent[at]) / (len(others) + 2)
        assert np.isclose(alike[at], expected)
    assert found.min() >= 0
    assert found.max() <= 1


@given(keys, st.integers(0, 2**32 - 1))
def test_medians_are_those_of_numpy(key: list[int], seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(len(key), 2))
    found, cases = medians(np.array(key), values)
    for at, mine in enumerate(key):
        alike = np.array(key) == mine
        np.testing.assert_allclose(found[at], np.median(values[alike], axis=0))
        assert cases[at] == alike.sum()
