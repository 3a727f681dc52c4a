"""Fitting pictures as ultralytics does it, and boxes back again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.detectors.letterbox import back, check_size, fit, inner_wh, network_hw, placement
from framesel.errors import UsageError

SIDES = st.integers(1, 300)
SIZES = st.sampled_from([32, 64, 320])


@given(width=SIDES, height=SIDES, size_px=SIZES)
@settings(max_examples=60)
def test_pixels_are_those_of_ultralytics(width: int, height: int, size_px: int) -> None:
    from ultralytics.data.augment import LetterBox

    image = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    fitted, scale, pad_xy = fit(image, size_px)
    assert np.array_equal(fitted, LetterBox(size_px, auto=True, stride=32)(image=image))
    assert fitted.shape[:2] == network_hw((width, height), size_px)
    assert (scale, pad_xy) == placement((width, height), size_px)


@given(width=SIDES, height=SIDES, size_px=SIZES)
def test_corners_of_the_picture_come_back(width: int, height: int, size_px: int) -> None:
    scale, (left, top) = placement((width, height), size_px)
    inner = inner_wh((width, height), size_px)
    whole = np.array([[left, top, left + inner[0], top + inner[1]]], np.float32)
    found = back(whole, scale, (left, top), (width, height))
    assert np.allclose(found, [[0, 0, width, height]], atol=1e-3)


@given(
    corners=st.lists(st.floats(-1e4, 1e4, width=32), min_size=4, max_size=4),
    width=SIDES,
    height=SIDES,
)
def test_boxes_end_inside_and_after_they_begin(
    corners: list[float], width: int, height: int
) -> None:
    scale, pad_xy = placement((width, height), 64)
    ((x1, y1, x2, y2),) = back(np.array([corners], np.float32), scale, pad_xy, (width, height))
    assert 0 <= x1 <= x2 <= width
    assert 0 <= y1 <= y2 <= height


def test_boxes_are_those_of_ultralytics() -> None:
    import torch
    from ultralytics.utils.ops import scale_boxes

    rng = np.random.default_rng(0)
    for width, height in [(1920, 1080), (640, 512), (320, 256), (101, 77), (480, 640)]:
        scale, pad_xy = placement((width, height), 640)
        boxes = np.sort(rng.uniform(0, 640, (20, 2, 2)), axis=1).reshape(20, 4).astype(np.float32)
        shape = network_hw((width, height), 640)
        theirs = scale_boxes(shape, torch.from_numpy(boxes.copy()), (height, width)).numpy()
        assert np.allclose(back(boxes, scale, pad_xy, (width, height)), theirs, atol=1e-3)


def test_no_boxes_stay_no_boxes() -> None:
    assert back(np.empty((0, 4), np.float32), 1.0, (0.0, 0.0), (9, 9)).shape == (0, 4)


@pytest.mark.parametrize("size_px", [0, 31, 8193])
def test_size_out_of_range(size_px: int) -> None:
    with pytest.raises(UsageError, match="this detector sees from 32 to 8192"):
        check_size(size_px)
