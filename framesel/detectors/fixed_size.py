"""Pictures for networks whose input has one fixed size, square or not."""

from __future__ import annotations

import numpy as np

from framesel.detectors.detector import Image
from framesel.detectors.letterbox import GRAY, check_picture


def fit_into(image: Image, shape_hw: tuple[int, int]) -> tuple[Image, float, tuple[float, float]]:
    """A picture scaled to fit, in the middle of a gray field, as ultralytics' ``predict`` does it.

    Args:
        image: (h, w, 3) uint8.
        shape_hw: Height and width of the network's input.

    Returns:
        (height, width, 3) uint8, and scale and border as ``letterbox.fit`` gives them: its ``back``
        maps boxes back.

    Raises:
        UsageError: It is no picture.
    """
    import cv2

    check_picture(image)
    height, width = shape_hw
    scale = min(height / image.shape[0], width / image.shape[1])
    inner_w = max(round(image.shape[1] * scale), 1)
    inner_h = max(round(image.shape[0] * scale), 1)
    # Of an odd number of spare pixels the smaller part comes first.
    left, top = round((width - inner_w) / 2 - 0.1), round((height - inner_h) / 2 - 0.1)
    source = np.ascontiguousarray(image)
    if source.shape[:2] != (inner_h, inner_w):
        source = cv2.resize(source, (inner_w, inner_h))
    fitted = np.full((height, width, 3), GRAY, np.uint8)
    fitted[top : top + inner_h, left : left + inner_w] = source
    return fitted, scale, (float(left), float(top))
