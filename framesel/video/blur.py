"""Hides what must not be seen in a picture, so that nobody gets it back."""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

CELLS = 8
"""Cells along the longer side of what is hidden, at most."""

LEAST_CELL_PX = 4
"""Smaller cells would leave a small face or sign readable."""

Shares = tuple[float, float, float, float]
"""x1 y1 x2 y2, as shares of the picture."""


def blurred(image: NDArray[np.uint8], boxes: Iterable[Shares]) -> NDArray[np.uint8]:
    """A picture whose boxes hold nothing but a few mean colours.

    Each box is cut into at most ``CELLS`` by ``CELLS`` cells and each becomes its mean: 64 colours
    at most are left of whatever was there, so nothing sharpens it back.

    Args:
        image: (h, w, c) uint8; it is not changed.
        boxes: What to hide. They cover every pixel that they touch.
    """
    found = image.copy()
    for box in boxes:
        x1, y1, x2, y2 = pixels(box, image.shape[1], image.shape[0])
        _mosaic(found[y1:y2, x1:x2])
    return found


def pixels(box: Shares, width: int, height: int) -> tuple[int, int, int, int]:
    """A box in whole pixels, half open, rounded outwards; one pixel at least."""
    x1, x2 = _outwards(box[0], box[2], width)
    y1, y2 = _outwards(box[1], box[3], height)
    return x1, y1, x2, y2


def covered(boxes: Iterable[Shares], width: int, height: int) -> NDArray[np.bool_]:
    """(height, width) which pixels lie in any of the boxes."""
    mask = np.zeros((height, width), np.bool_)
    for box in boxes:
        x1, y1, x2, y2 = pixels(box, width, height)
        mask[y1:y2, x1:x2] = True
    return mask


def _outwards(start: float, end: float, size: int) -> tuple[int, int]:
    first = min(max(0, math.floor(start * size)), size - 1)
    return first, min(max(first + 1, math.ceil(end * size)), size)


def _mosaic(part: NDArray[np.uint8]) -> None:
    """Replaces each cell of an array by its mean, in place. Cells are nearly square."""
    height, width = part.shape[:2]
    longer = max(height, width)
    cell = longer / max(1, min(CELLS, longer // LEAST_CELL_PX))
    rows, columns = _edges(height, cell), _edges(width, cell)
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            square = part[top:bottom, left:right]
            square[...] = np.rint(square.mean(axis=(0, 1))).astype(np.uint8)


def _edges(size: int, cell: float) -> list[int]:
    """Where cells of about that size begin and end."""
    count = max(1, int(size / cell))
    return [size * place // count for place in range(count + 1)]
