"""Combinations of scores: worked examples, what is missing, order and scale."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import zscore

from framesel.errors import UsageError
from framesel.uncertainty.combine import (
    Product,
    WeightedSum,
    ZScoredMax,
    product,
    utility,
    weighted_sum,
    zscore_max,
)

NAN = np.nan
columns = st.integers(2, 12).flatmap(
    lambda n: st.tuples(
        *[st.lists(st.floats(-100, 100, width=16), min_size=n, max_size=n).map(np.array)] * 2
    )
)


@given(columns)
def test_zscored_maximum(two: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = two
    if min(a.std(), b.std()) < 1e-3:
        return
    expected = np.maximum(zscore(a), zscore(b))
    np.testing.assert_allclose(zscore_max({"a": a, "b": b}), expected, atol=1e-9)


def test_a_constant_score_stands_nobody_out() -> None:
    assert zscore_max({"a": np.full(3, 0.1 + 0.2)}).tolist() == [0, 0, 0]
    flat = {"a": np.array([1.0, 2, 3]), "b": np.full(3, 7.7)}
    np.testing.assert_allclose(weighted_sum(flat, {"a": 2, "b": 5}), 2 * zscore([1.0, 2, 3]))


def test_product_of_powers() -> None:
    scores = {"a": np.array([0.0, 1, 2]), "b": np.array([3.0, 2, 1])}
    found = product(scores, {"a": 2, "b": -1}, scale="range", floor=0.2)
    np.testing.assert_allclose(found, [0.2**2 / 1, 0.6**2 / 0.6, 1 / 0.2])
    # Ranks are the same three places here; an outlier changes ranges, not ranks.
    wild = scores | {"a": np.array([0.0, 1, 2e6])}
    np.testing.assert_allclose(product(wild, {"a": 2, "b": -1}, floor=0.2), found)
    assert product(wild, {"a": 2, "b": -1}, scale="range", floor=0.2)[1] < 0.1


def test_weighted_sum_of_ranks() -> None:
    scores = {"a": np.array([5.0, 9, 7]), "b": np.array([1.0, 1, 2])}
    found = weighted_sum(scores, {"a": 1, "b": 4}, scale="rank")
    np.testing.assert_allclose(found, [0 + 1, 1 + 1, 0.5 + 4])


@pytest.mark.parametrize("scale", ["rank", "range"])
def test_what_is_missing_is_taken_to_be_like_the_rest(scale: str) -> None:
    full = np.array([0.1, 0.5, 0.9, 0.3])
    part = np.array([0.1, NAN, 0.9, 0.3])
    found = product({"a": full, "b": part}, {"a": 1, "b": 3}, scale=scale)
    alone = product({"a": full}, {"a": 4}, scale=scale)
    assert found[1] == pytest.approx(alone[1])
    summed = weighted_sum({"a": full, "b": part}, {"a": 1, "b": 3})
    assert summed[1] == pytest.approx(4 * zscore(full)[1])
    assert zscore_max({"a": full, "b": part})[1] == pytest.approx(zscore(full)[1])


def test_a_frame_with_nothing_stays_unknown_and_troubles_nobody() -> None:
    scores = {"a": np.array([1.0, NAN, 3]), "b": np.array([NAN, NAN, NAN])}
    some = {"a": np.array([1.0, 3])}
    weights = {"a": 1.0, "b": 1.0}
    for whole, part in (
        (zscore_max(scores), zscore_max(some)),
        (weighted_sum(scores, weights), 2 * weighted_sum(some, {"a": 1})),
        (product(scores, weights), product(some, {"a": 2})),
    ):
        assert np.isnan(whole).tolist() == [False, True, False]
        np.testing.assert_allclose(whole[[0, 2]], part)


@given(columns, st.floats(0.01, 100), st.floats(-50, 50))
def test_units_of_a_score_do_not_matter(
    two: tuple[np.ndarray, np.ndarray], factor: float, shift: float
) -> None:
    a, b = np.round(two[0], 1), np.round(two[1], 1)
    before = {"a": a, "b": b}
    after = {"a": a * factor + shift, "b": b}
    weights = {"a": 1.5, "b": -0.5}
    if a.std() < 0.01:
        return
    for settings in (ZScoredMax(scores=("a", "b")), Product(powers=weights, scale="range")):
        np.testing.assert_allclose(settings(after), settings(before), rtol=1e-5, atol=1e-6)
    summed = WeightedSum(weights=weights)
    np.testing.assert_allclose(summed(after), summed(before), rtol=1e-5, atol=1e-6)


@given(st.lists(st.floats(-9, 9), min_size=1, max_size=20).map(np.array), st.floats(0, 0.9))
def test_utility_is_the_place(values: np.ndarray, floor: float) -> None:
    place = utility(values, floor)
    assert ((place >= floor) & (place <= 1)).all()
    assert place.mean() == pytest.approx((1 + floor) / 2)
    order = np.argsort(values)
    assert (np.diff(place[order]) >= 0).all()
    assert (np.diff(place[order]) > 0).tolist() == (np.diff(values[order]) > 0).tolist()


def test_utility_of_worked_examples() -> None:
    assert utility([1, 3, 2], 0.5).tolist() == [0.5, 1.0, 0.75]
    assert utility([1, 1, 5], 0.0).tolist() == [0.25, 0.25, 1.0]
    assert utility([1, NAN, 2], 0.0).tolist() == [0.0, 0.5, 1.0]
    assert utility([4.0], 0.0).tolist() == [0.5]
    assert utility([]).tolist() == []


def test_settings_refuse_nonsense() -> None:
    with pytest.raises(UsageError, match=r"asks for c.*there are: a"):
        ZScoredMax(scores=("a", "c"))({"a": np.zeros(2)})
    with pytest.raises(UsageError, match="infinite"):
        zscore_max({"a": np.array([1, np.inf])})
    with pytest.raises(UsageError, match="same frames"):
        zscore_max({"a": np.zeros(2), "b": np.zeros(3)})
    with pytest.raises(UsageError, match="floor"):
        utility([1.0], 2.0)
    with pytest.raises(UsageError, match="floor"):
        product({"a": np.arange(2.0)}, {"a": 1}, floor=0.0)
    for bad in ({"powers": {}}, {"powers": {"a": NAN}}, {"powers": {"a": 1}, "floor": 0}):
        with pytest.raises(ValidationError):
            Product(**bad)
    with pytest.raises(ValidationError):
        ZScoredMax(scores=())
