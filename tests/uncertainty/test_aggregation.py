"""Boxes to pictures: each way against a plain loop, empty pictures, and what is refused."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.uncertainty import aggregate, class_weights

LOOPS: dict[str, Callable[[np.ndarray, int], float]] = {
    "max": lambda u, m: u.max(),
    "mean": lambda u, m: u.mean(),
    "sum": lambda u, m: u.sum(),
    "top_mean": lambda u, m: np.sort(u)[::-1][:m].sum() / m,
    "noisy_or": lambda u, m: 1 - np.prod(1 - u),
}


def loop(values: np.ndarray, offsets: np.ndarray, how: str, m: int, empty: float) -> list[float]:
    """One picture after the other."""
    result = []
    for low, high in itertools.pairwise(offsets):
        boxes = values[low:high][~np.isnan(values[low:high])]
        result.append(LOOPS[how](boxes, m) if len(boxes) else empty)
    return result


@pytest.mark.parametrize("how", LOOPS)
@given(st.lists(st.integers(0, 5), max_size=8), st.integers(1, 4), st.integers(0, 2**32))
def test_every_way_is_its_loop(how: str, counts: list[int], m: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(0, 1, sum(counts)).round(1)
    values[rng.uniform(size=len(values)) < 0.2] = np.nan
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    ours = aggregate(values, offsets, how, m=m, empty=-7.0)  # type: ignore[arg-type]
    assert ours.dtype == np.float32
    np.testing.assert_allclose(ours, loop(values, offsets, how, m, -7.0), rtol=1e-6, atol=1e-7)


def test_worked_example() -> None:
    values, offsets = [0.5, 0.25, 1.0, 0.5, 0.0], [0, 3, 3, 5]
    nan = np.nan
    expected = {
        "max": [1.0, nan, 0.5],
        "mean": [1.75 / 3, nan, 0.25],
        "sum": [1.75, nan, 0.5],
        "top_mean": [0.75, nan, 0.25],
        "noisy_or": [1.0, nan, 0.5],
    }
    for how, answer in expected.items():
        np.testing.assert_allclose(
            aggregate(values, offsets, how, m=2), answer, rtol=1e-6  # type: ignore[arg-type]
        )  # fmt: skip


def test_top_mean_of_ten_is_the_default() -> None:
    values = np.arange(12.0)
    assert aggregate(values, [0, 12])[0] == pytest.approx(values[2:].mean())


def test_an_empty_picture_gets_what_its_silence_says() -> None:
    silence = np.array([0.1, 0.2, 0.3])
    ours = aggregate([0.9, np.nan], [0, 0, 1, 2], "max", empty=silence)
    np.testing.assert_allclose(ours, [0.1, 0.9, 0.3], rtol=1e-6)
    assert np.isnan(aggregate([], [0, 0])).all()
    assert aggregate([], [0]).shape == (0,)


def test_class_weighted_sum() -> None:
    weights = class_weights([0, 1, 1], [7, 1])
    np.testing.assert_allclose(weights, [10 / 8, 10 / 2, 10 / 2])
    ours = aggregate([1.0, 2.0, 3.0], [0, 2, 3], "class_weighted_sum", weights=weights)
    np.testing.assert_allclose(ours, [1.25 + 10.0, 15.0])


def test_class_weights_favour_what_is_rare_and_start_equal() -> None:
    assert class_weights([0, 1, 2], [0, 0, 0]).tolist() == [3.0, 3.0, 3.0]
    rare, common = class_weights([0, 1], [0, 99])
    assert rare > common


def test_the_order_of_boxes_in_a_picture_is_nothing() -> None:
    rng = np.random.default_rng(0)
    values = rng.uniform(size=30)
    for how in LOOPS:
        one = aggregate(values, [0, 30], how)  # type: ignore[arg-type]
        other = aggregate(rng.permutation(values), [0, 30], how)  # type: ignore[arg-type]
        np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize(
    ("values", "offsets", "options", "word"),
    [
        ([1.0], [0, 2], {}, "offsets"),
        ([1.0], [1, 1], {}, "offsets"),
        ([1.0, 1.0], [0, 2, 1, 2], {}, "offsets"),
        ([1.0], [], {}, "rows of numbers"),
        ([[1.0]], [0, 1], {}, "rows of numbers"),
        ([1.0], [0, 1], {"how": "median"}, "top_mean"),
        ([1.0], [0, 1], {"m": 0}, "at least 1"),
        ([1.5], [0, 1], {"how": "noisy_or"}, "noisy_or"),
        ([-0.5], [0, 1], {"how": "noisy_or"}, "noisy_or"),
        ([1.0], [0, 1], {"how": "class_weighted_sum"}, "weights"),
        ([1.0], [0, 1], {"weights": [1.0]}, "class_weighted_sum"),
        ([1.0], [0, 1], {"how": "class_weighted_sum", "weights": [1.0, 2.0]}, "as many weights"),
    ],
)
def test_what_is_refused(
    values: object, offsets: object, options: dict[str, object], word: str
) -> None:
    with pytest.raises(UsageError, match=word):
        aggregate(values, offsets, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(("class_no", "counts"), [([2], [1, 1]), ([-1], [1]), ([0], [-1])])
def test_class_weights_refuse_what_does_not_fit(class_no: list[int], counts: list[int]) -> None:
    with pytest.raises(UsageError, match="class"):
        class_weights(class_no, counts)
