"""Where a box ends: moments by hand, relative to the box, and bounds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.uncertainty import localisation_variance, side_entropy, side_moments

from .boxes import boxes_of, make


def test_moments_by_hand() -> None:
    left = [0.0, 0.5, 0.0, 0.5]
    mean, variance = side_moments(np.array([[left, [1, 0, 0, 0], [0.25] * 4, [0, 0, 0, 1]]]))
    np.testing.assert_allclose(mean, [[2.0, 0.0, 1.5, 3.0]])
    np.testing.assert_allclose(variance, [[1.0, 0.0, 1.25, 0.0]])
    assert mean.dtype == variance.dtype == np.float32


@given(st.integers(2, 20), st.integers(0, 2**32))
def test_moments_against_the_other_formula_and_bounds(bins: int, seed: int) -> None:
    p = np.random.default_rng(seed).dirichlet(np.full(bins, 0.5), (3, 4))
    mean, variance = side_moments(p)
    j = np.arange(bins)
    np.testing.assert_allclose(mean, (p * j).sum(2), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        variance, (p * j**2).sum(2) - (p * j).sum(2) ** 2, rtol=1e-4, atol=1e-5
    )
    assert (variance <= (bins - 1) ** 2 / 4 + 1e-5).all()


def test_deviation_relative_to_the_box() -> None:
    # A side between bins 1 and 3 is off by one bin: 16 px of the network at level 1. The box has
    # 100 x 40 px of the picture, 50 x 20 of the network.
    made = make([1], 3, bins=4)
    sides = np.zeros((1, 4, 4), np.float16)
    sides[:, :, 2] = 1
    sides[0, 0] = [0, 0.5, 0, 0.5]  # left
    sides[0, 3] = [0, 0.5, 0, 0.5]  # bottom
    boxes = replace(
        made.boxes,
        sides=sides,
        level=np.array([1], np.int8),
        xyxy=np.array([[10, 10, 110, 50]], np.float32),
    )
    np.testing.assert_allclose(
        localisation_variance(boxes), [(16 / 50 + 0 + 0 + 16 / 20) / 4], rtol=1e-6
    )
    np.testing.assert_allclose(side_entropy(boxes), [2 * np.log(2) / 4 / np.log(4)], rtol=1e-6)


def test_even_sides_are_the_most_uncertain() -> None:
    made = make([3], 2)
    even = replace(made.boxes, sides=np.full((3, 4, 16), 1 / 16, np.float16))
    np.testing.assert_allclose(side_entropy(even), 1.0, rtol=1e-6)
    assert (side_entropy(made.boxes) < 1).all()
    sure = replace(made.boxes, sides=np.eye(16, dtype=np.float16)[np.zeros((3, 4), int)])
    assert side_entropy(sure).tolist() == [0, 0, 0]
    assert localisation_variance(sure).tolist() == [0, 0, 0]


def test_scale_and_flat_boxes() -> None:
    made = make([4], 2)
    assert made.boxes.scale is not None
    twice = replace(made.boxes, xyxy=made.boxes.xyxy * 2, scale=made.boxes.scale / 2)
    np.testing.assert_allclose(
        localisation_variance(twice), localisation_variance(made.boxes), rtol=1e-5
    )
    flat = replace(made.boxes, xyxy=np.zeros((4, 4), np.float32))
    assert np.isfinite(localisation_variance(flat)).all()


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = make([50, 7], 2)
    whole = localisation_variance(made.boxes), side_entropy(made.boxes)
    monkeypatch.setattr("framesel.uncertainty.place._BLOCK", 8)
    np.testing.assert_array_equal(localisation_variance(made.boxes), whole[0])
    np.testing.assert_array_equal(side_entropy(made.boxes), whole[1])


def test_what_is_missing_is_said() -> None:
    made = make([4], 2)
    plain = boxes_of([4], made.logits)
    for score in (localisation_variance, side_entropy):
        with pytest.raises(UsageError, match="YOLOv8 and YOLO11"):
            score(plain)
    with pytest.raises(UsageError, match="scale"):
        localisation_variance(replace(made.boxes, scale=None))
    with pytest.raises(UsageError, match="strides are known for 1"):
        localisation_variance(replace(made.boxes, strides=(8,), level=np.full(4, 2, np.int8)))
    with pytest.raises(UsageError, match="pyramid levels -1"):
        localisation_variance(replace(made.boxes, level=np.full(4, -1, np.int8)))


@pytest.mark.parametrize(
    "sides",
    [np.zeros((2, 3, 16)), np.ones((2, 4, 1)), np.ones((2, 4, 16)), np.full((1, 4, 4), np.nan)],
)
def test_what_is_no_distribution_is_refused(sides: np.ndarray) -> None:
    with pytest.raises(UsageError, match="sides must be"):
        side_moments(sides)


def test_no_boxes() -> None:
    empty = make([0, 0], 2).boxes
    assert localisation_variance(empty).shape == side_entropy(empty).shape == (0,)
