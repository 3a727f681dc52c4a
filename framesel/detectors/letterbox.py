"""From a picture of any size to what a network sees, and boxes back again.

The long side becomes ``size_px``, also by enlarging; the short side keeps the aspect and is filled
up with gray on both sides to a multiple of the stride. It is what ultralytics' ``predict`` does.
"""

from __future__ import annotations

import math

import numpy as np

from framesel.detectors.detector import F32, Image
from framesel.errors import UsageError

GRAY = 114
LARGEST_PX = 8192


def check_picture(image: Image) -> None:
    """Raise UsageError where something is not (h, w, 3) uint8 with at least one pixel."""
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise UsageError(
            f"a detector takes (h, w, 3) uint8 RGB pictures, got {image.shape} {image.dtype}"
        )


def check_size(size_px: int, stride: int = 32) -> int:
    """The long side as a multiple of the stride, rounded up.

    Raises:
        UsageError: It is not between the stride and 8192 pixels.
    """
    if not stride <= size_px <= LARGEST_PX:
        raise UsageError(
            f"size_px is {size_px}: this detector sees from {stride} to {LARGEST_PX} pixels"
        )
    return math.ceil(size_px / stride) * stride


def inner_wh(size_wh: tuple[int, int], size_px: int) -> tuple[int, int]:
    """Width and height of a picture inside the network's input."""
    scale = _scale(size_wh, size_px)
    return max(round(size_wh[0] * scale), 1), max(round(size_wh[1] * scale), 1)


def network_hw(size_wh: tuple[int, int], size_px: int, stride: int = 32) -> tuple[int, int]:
    """Height and width of the network's input for a picture of that size."""
    width, height = inner_wh(size_wh, size_px)
    return height + (size_px - height) % stride, width + (size_px - width) % stride


def fit(image: Image, size_px: int, stride: int = 32) -> tuple[Image, float, tuple[float, float]]:
    """A picture as the network sees it.

    Args:
        image: (h, w, 3) uint8.
        size_px: Long side, a multiple of the stride.
        stride: Of the coarsest level.

    Returns:
        (height, width, 3) uint8; network pixels per pixel of the picture; width of the border on
        the left and on the top.

    Raises:
        UsageError: It is no picture.
    """
    import cv2

    check_picture(image)
    size_wh = (image.shape[1], image.shape[0])
    scale, (left, top) = placement(size_wh, size_px, stride)
    source = np.ascontiguousarray(image)
    height, width = network_hw(size_wh, size_px, stride)
    if (height, width) == image.shape[:2]:
        return source, scale, (left, top)
    inner = inner_wh(size_wh, size_px)
    fitted = np.full((height, width, 3), GRAY, np.uint8)
    inside = fitted[int(top) : int(top) + inner[1], int(left) : int(left) + inner[0]]
    inside[:] = source if inner == size_wh else cv2.resize(source, inner)
    return fitted, scale, (left, top)


def placement(
    size_wh: tuple[int, int], size_px: int, stride: int = 32
) -> tuple[float, tuple[float, float]]:
    """Scale and left and top border that ``fit`` gives a picture of that size."""
    inner = inner_wh(size_wh, size_px)
    height, width = network_hw(size_wh, size_px, stride)
    pad_xy = (float(_border(width - inner[0])), float(_border(height - inner[1])))
    return _scale(size_wh, size_px), pad_xy


def back(xyxy: F32, scale: float, pad_xy: tuple[float, float], size_wh: tuple[int, int]) -> F32:
    """Boxes in pixels of the network's input as boxes in pixels of the picture, clipped to it.

    Where the short side rounds down to a multiple of the stride, ultralytics guesses the scale from
    the padded size and is wrong by up to a pixel of the network's input; here it is exact.

    Args:
        xyxy: (m, 4).
        scale: From ``fit``.
        pad_xy: From ``fit``.
        size_wh: Width and height of the picture.

    Returns:
        (m, 4) float32; no box ends before it begins.
    """
    # Each side was rounded to whole pixels, so the two axes are scaled a little differently.
    gain = np.array([max(round(side * scale), 1) / side for side in size_wh], np.float32)
    offset = np.array(pad_xy, np.float32)
    mapped = (xyxy.reshape(-1, 2, 2).astype(np.float32) - offset) / gain
    clipped = np.clip(mapped, 0, np.array(size_wh, np.float32)).astype(np.float32)
    # Where sides are plain numbers a network can put the right one to the left of the left one.
    clipped[:, 1] = np.maximum(clipped[:, 0], clipped[:, 1])
    boxes: F32 = clipped.reshape(-1, 4)
    return boxes


def _scale(size_wh: tuple[int, int], size_px: int) -> float:
    return min(size_px / size_wh[0], size_px / size_wh[1])


def _border(spare: int) -> int:
    """The part of an odd number of spare pixels that comes first is the smaller one."""
    return round(spare / 2 - 0.1)
