"""Edited versions of a picture, and the way back of the boxes that are found in them.

A detector that knows an object finds it again, in the same place and with the same class, where the
picture is mirrored, brighter or cut at the margins. What changes is what it is not sure of (CSD,
Jeong et al. 2019; CALD, Yu et al. 2022, arXiv 2103.10374).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from framesel.detectors.detector import F32, Detections, Image
from framesel.errors import UsageError

VIEWS = ("hflip", "bright", "crop")

# v -> GAIN * v ** GAMMA on the scale of 0 to 1: shadows are lifted, highlights saturate a little.
GAMMA = 0.75
GAIN = 1.1
# The crop leaves out a tenth at each margin.
MARGIN = 10
LEAST_SHARE = 0.9 - 1e-9  # exactly nine tenths is enough, whatever the rounding
LEFT, RIGHT = 0, 2


def _known(view: str) -> None:
    if view and view not in VIEWS:
        raise UsageError(f"there is no view {view!r}: known are {', '.join(VIEWS)}")


def window(view: str, size_wh: tuple[int, int]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what a view shows, in pixels of the original picture.

    Raises:
        UsageError: There is no such view.
    """
    _known(view)
    width, height = size_wh
    if view != "crop":
        return 0, 0, width, height
    left, top = width // MARGIN, height // MARGIN
    return left, top, width - left, height - top


def edit(image: Image, view: str) -> Image:
    """A picture as one of the views shows it.

    Args:
        image: (h, w, 3) uint8; stays as it is.
        view: ``hflip`` mirrors left and right; ``bright`` sets every channel v of 0 to 1 to
            1.1 v^0.75, at most 1; ``crop`` is the middle 80 % of width and height; ``""`` copies.

    Raises:
        UsageError: There is no such view.
    """
    left, top, right, bottom = window(view, (image.shape[1], image.shape[0]))
    if view == "hflip":
        return np.ascontiguousarray(image[:, ::-1])
    if view == "bright":
        scale = np.arange(256) / 255
        table = np.round(255 * np.minimum(GAIN * scale**GAMMA, 1)).astype(np.uint8)
        brighter: Image = table[image]
        return brighter
    return image[top:bottom, left:right].copy()


def restore(detections: Detections, view: str, size_wh: tuple[int, int]) -> Detections:
    """What was found in a view, in the coordinates of the original picture.

    ``hflip`` also swaps the left and right side distributions. Logits, features, ``peak`` and
    ``faint`` stay as the view gave them.

    Args:
        detections: Of ``edit(image, view)``.
        view: As there.
        size_wh: Width and height of the original picture in pixels.

    Raises:
        UsageError: There is no such view.
    """
    left, top, _, _ = window(view, size_wh)
    if view == "hflip":
        x1, y1, x2, y2 = detections.xyxy.T
        width = np.float32(size_wh[0])
        sides = detections.sides
        if sides is not None:
            sides = sides.copy()
            sides[:, [LEFT, RIGHT]] = sides[:, [RIGHT, LEFT]]
        mirrored = np.stack([width - x2, y1, width - x1, y2], axis=1)
        return replace(detections, xyxy=mirrored, sides=sides)
    shift = np.array([left, top, left, top], np.float32)
    return replace(detections, xyxy=detections.xyxy + shift)


def visible(xyxy: F32, view: str, size_wh: tuple[int, int]) -> NDArray[np.bool_]:
    """Which boxes of the original picture can be expected in a view: 90 % of their area is there.

    A box without area counts by its centre.

    Args:
        xyxy: (m, 4) pixels of the original picture.
        view: As for ``edit``.
        size_wh: Width and height of the original picture in pixels.

    Returns:
        (m,) bool.

    Raises:
        UsageError: There is no such view.
    """
    left, top, right, bottom = window(view, size_wh)
    if view != "crop":
        return np.ones(len(xyxy), bool)
    x1, y1, x2, y2 = xyxy.astype(np.float64).T
    inside_x = np.minimum(x2, right) - np.maximum(x1, left)
    inside_y = np.minimum(y2, bottom) - np.maximum(y1, top)
    area = (x2 - x1) * (y2 - y1)
    shown = np.maximum(inside_x, 0) * np.maximum(inside_y, 0)
    middle_x, middle_y = (x1 + x2) / 2, (y1 + y2) / 2
    centred = (middle_x >= left) & (middle_x <= right) & (middle_y >= top) & (middle_y <= bottom)
    mask: NDArray[np.bool_] = np.where(area > 0, shown >= LEAST_SHARE * area, centred)
    return mask
