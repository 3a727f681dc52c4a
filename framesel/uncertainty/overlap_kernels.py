"""Compiled loops over boxes that overlap.

All take corners as float64; a box without area overlaps nothing.
"""

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
def first_of_place(xyxy: Array, picture: Array, least_iou: float) -> Array:
    """Which boxes overlap no better one of their picture that is kept (greedy suppression).

    Args:
        xyxy: (m, 4) float64, sorted by picture, and there the best first.
        picture: (m,).
        least_iou: Boxes that overlap so much lie on the same place.

    Returns:
        (m,) bool.
    """
    keep = np.ones(len(xyxy), np.bool_)
    for row in range(len(xyxy)):
        better = row - 1
        while keep[row] and better >= 0 and picture[better] == picture[row]:
            if keep[better] and _iou(xyxy[better], xyxy[row]) >= least_iou:
                keep[row] = False
            better -= 1
    return keep


@kernel
def overlapping(
    a: Array, starts: Array, b: Array, other_starts: Array, least_iou: float
) -> tuple[Array, Array]:
    """Pairs of boxes of the same picture that overlap enough.

    Args:
        a: (m, 4) float64.
        starts: (n + 1,) offsets of the pictures in ``a``.
        b: (k, 4) float64.
        other_starts: (n + 1,) offsets of the pictures in ``b``.
        least_iou: Over 0.

    Returns:
        (p, 2) int64 rows of ``a`` and ``b``, rising, and (p,) float64 IoU.
    """
    most = 0
    for fill in range(2):
        pairs, overlap = np.zeros((most, 2), np.int64), np.zeros(most)
        found = 0
        for picture in range(len(starts) - 1):
            for row in range(starts[picture], starts[picture + 1]):
                for other in range(other_starts[picture], other_starts[picture + 1]):
                    share = _iou(a[row], b[other])
                    if share >= least_iou:
                        if fill:
                            pairs[found, 0], pairs[found, 1] = row, other
                            overlap[found] = share
                        found += 1
        most = found
    return pairs, overlap


@kernel
def _iou(a: Array, b: Array) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if not (width > 0.0 and height > 0.0):
        return 0.0
    both = width * height
    either = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both
    return float(both / either)
