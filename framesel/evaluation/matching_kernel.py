"""The compiled loop that gives boxes to objects."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.evaluation.kernel import kernel

Array = NDArray[Any]

RIGHT, WRONG, UNCOUNTED = 1, 0, -1
"""What becomes of a box: it shows an object, it shows none, or it is left out of the count."""


@kernel
def judge(
    xyxy: Array,
    starts: Array,
    outside: Array,
    objects: Array,
    object_starts: Array,
    ignored: Array,
    thresholds: Array,
) -> Array:
    """What becomes of each box at each threshold, cell by cell.

    A cell is one class in one picture. Its boxes take, in their order, the free object that they
    overlap most (of equal ones the last), if it is at least the threshold; objects that count
    before those that are ignored. This is ``COCOeval.evaluateImg`` without crowds.

    Args:
        xyxy: (m, 4) float64 boxes, cell by cell, there by falling confidence.
        starts: (cells + 1,) where each cell's boxes begin.
        outside: (m,) bool: a box that is left out if no object is found for it.
        objects: (t, 4) float64, cell by cell, there those that are ignored last.
        object_starts: (cells + 1,).
        ignored: (t,) bool: objects that need not be found; a box on one is left out.
        thresholds: (T,) IoU.

    Returns:
        (T, m) int8: ``RIGHT``, ``WRONG`` or ``UNCOUNTED``.
    """
    flags = np.zeros((len(thresholds), len(xyxy)), np.int8)
    for cell in range(len(starts) - 1):
        low, high = starts[cell], starts[cell + 1]
        first, last = object_starts[cell], object_starts[cell + 1]
        shares = np.zeros((high - low, last - first))
        most = np.full(high - low, -1.0)
        for row in range(low, high):
            for which in range(first, last):
                shares[row - low, which - first] = _iou(xyxy[row], objects[which])
                most[row - low] = max(most[row - low], shares[row - low, which - first])
        for at in range(len(thresholds)):
            least = min(thresholds[at], 1.0 - 1e-10)  # COCO's: what rounding leaves of 1
            taken = np.zeros(last - first, np.bool_)
            for row in range(low, high):
                chosen = -1
                if most[row - low] >= least:
                    chosen = _choose(shares[row - low], taken, ignored[first:last], least)
                if chosen >= 0:
                    taken[chosen] = True
                    flags[at, row] = -1 if ignored[first + chosen] else 1
                elif outside[row]:
                    flags[at, row] = -1
    return flags


@kernel
def _choose(shares: Array, taken: Array, ignored: Array, least: float) -> int:
    """The object that a box takes; -1: none."""
    best = least
    chosen = -1
    for which in range(len(shares)):
        if taken[which]:
            continue
        if chosen >= 0 and not ignored[chosen] and ignored[which]:
            break
        if shares[which] >= best:
            best = shares[which]
            chosen = which
    return chosen


@kernel
def _iou(a: Array, b: Array) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if not (width > 0.0 and height > 0.0):
        return 0.0
    both = width * height
    either = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both
    return float(both / either)
