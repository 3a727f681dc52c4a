"""Joins the boxes of several members to objects: the compiled loop."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.uncertainty.kernel import kernel

Array = NDArray[Any]


@kernel
def join(xyxy: Array, picture: Array, member: Array, least_iou: float) -> Array:
    """Which box founded the object that each box belongs to.

    Args:
        xyxy: (m, 4) float64, sorted by picture and then by falling confidence.
        picture: (m,).
        member: (m,) whose box it is.
        least_iou: Overlap with the founder that makes a box part of the object.

    Returns:
        (m,) int64 rows; a founder names itself.
    """
    founder = np.full(len(xyxy), -1, np.int64)
    best = np.zeros(member.max() + 1 if len(member) else 0, np.float64)
    chosen = np.zeros(len(best), np.int64)
    for seed in range(len(xyxy)):
        if founder[seed] >= 0:
            continue
        founder[seed] = seed
        best[:] = 0.0
        row = seed + 1
        while row < len(xyxy) and picture[row] == picture[seed]:
            whose = member[row]
            if founder[row] < 0 and whose != member[seed]:
                overlap = _iou(xyxy[seed], xyxy[row])
                if overlap >= least_iou and overlap > best[whose]:
                    best[whose] = overlap
                    chosen[whose] = row
            row += 1
        for whose in range(len(best)):
            if best[whose] > 0.0:
                founder[chosen[whose]] = seed
    return founder


@kernel
def _iou(a: Array, b: Array) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if not (width > 0.0 and height > 0.0):
        return 0.0
    both = width * height
    either = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both
    return float(both / either)
