"""A frame that is shown again: what a fixed camera's encoder makes of a scene that stands."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from framesel.evaluation.boxes import I64, Truth
from framesel.simulation.detector.material import inside

SHAKE_PX: Final = 2
NOISE: Final = 3.0
"""Standard deviation of a sensor's noise in gray levels."""

Image = NDArray[np.uint8]


def shown_again(image: Image, truth: Truth, key: tuple[int, ...]) -> tuple[Image, Truth]:
    """The same picture with new noise, moved by one or two pixels; its labels move along.

    Args:
        image: (h, w, 3) uint8 RGB.
        truth: Its boxes.
        key: What the noise depends on: the clip, the frame, the how manieth time.
    """
    rng = np.random.default_rng(key)
    moves = [(x, y) for x in _STEPS for y in _STEPS if (x, y) != (0, 0)]
    dx, dy = moves[int(rng.integers(len(moves)))]
    height, width = image.shape[:2]
    columns = np.clip(np.arange(width) - dx, 0, width - 1)
    rows = np.clip(np.arange(height) - dy, 0, height - 1)
    noise = rng.normal(0.0, NOISE, image.shape)
    noisy = np.clip(np.rint(image[rows][:, columns] + noise), 0, 255).astype(np.uint8)
    move = np.array([dx, dy, dx, dy], np.float32)
    moved = Truth(truth.offsets, truth.xyxy + move, truth.class_no)
    size: I64 = np.array([[width, height]], np.int64)
    return noisy, inside(moved, size)


_STEPS = range(-SHAKE_PX, SHAKE_PX + 1)
