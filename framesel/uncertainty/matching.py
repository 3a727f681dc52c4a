"""Which boxes of two lists show the same object."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError

Array = NDArray[Any]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def iou(a: Array, b: Array) -> F64:
    """Intersection over union of every box of one list with every box of another.

    A box without area (or turned inside out, or not finite) overlaps nothing, not even itself.

    Args:
        a: (m, 4) corners x0, y0, x1, y1.
        b: (k, 4).

    Returns:
        (m, k) float64 in [0, 1].
    """
    return _share(_corners(a)[:, None], _corners(b)[None])


def paired_iou(a: Array, b: Array) -> F64:
    """Intersection over union of each box of one list with the box at its place in another.

    Args:
        a: (m, 4) corners.
        b: (m, 4).

    Returns:
        (m,) float64 in [0, 1].

    Raises:
        UsageError: The lists have different lengths.
    """
    one, two = _corners(a), _corners(b)
    if len(one) != len(two):
        raise UsageError(f"overlaps box by box need as many in both lists: {len(one)}, {len(two)}")
    return _share(one, two)


def match(a: Array, b: Array, least_iou: float = 0.5) -> I64:
    """Pairs boxes one to one so that the sum of IoU over the pairs is greatest (Hungarian).

    Classes are not looked at: what changed its class is still the same object. What overlaps less
    than ``least_iou`` is no pair and does not count in the sum.

    Args:
        a: (m, 4) corners.
        b: (k, 4) corners.
        least_iou: In (0, 1].

    Returns:
        (p, 2) int64, rows of ``a`` and of ``b``, by rising row of ``a``.

    Raises:
        UsageError: ``least_iou`` is not in (0, 1].
    """
    return match_overlaps(iou(a, b), least_iou)


def match_overlaps(overlap: F64, least_iou: float = 0.5) -> I64:
    """``match`` for overlaps that are computed already.

    Args:
        overlap: (m, k) IoU.
        least_iou: In (0, 1].

    Returns:
        (p, 2) int64.

    Raises:
        UsageError: ``least_iou`` is not in (0, 1].
    """
    if not 0 < least_iou <= 1:
        raise UsageError(f"matching boxes: least_iou must be in (0, 1], not {least_iou}")
    enough: NDArray[np.bool_] = overlap >= least_iou
    # Where no box has a choice, every pair is in the optimum: no need to search for it.
    if enough.size == 0 or (enough.sum(0).max() <= 1 and enough.sum(1).max() <= 1):
        return np.argwhere(enough).astype(np.int64)
    from scipy.optimize import linear_sum_assignment  # slow to load, and seldom needed

    rows, columns = linear_sum_assignment(np.where(enough, overlap, 0.0), maximize=True)
    pairs: I64 = np.stack([rows, columns], axis=1).astype(np.int64)
    kept: I64 = pairs[enough[rows, columns]]
    return kept


def _corners(boxes: Array) -> F64:
    corners = np.asarray(boxes, np.float64)
    if corners.size == 0:
        return np.zeros((0, 4))
    if corners.ndim != 2 or corners.shape[1] != 4:
        raise UsageError(
            f"boxes have the shape {corners.shape}: give (m, 4) corners x0, y0, x1, y1"
        )
    usable = np.concatenate([np.isfinite(corners), corners[:, :2] < corners[:, 2:]], axis=1)
    return np.where(usable.all(axis=1, keepdims=True), corners, 0.0)


def _share(a: F64, b: F64) -> F64:
    """(...) of (..., 4) corners that are sound or all 0."""
    low = np.maximum(a[..., :2], b[..., :2])
    high = np.minimum(a[..., 2:], b[..., 2:])
    both = np.prod(np.clip(high - low, 0.0, None), axis=-1)
    areas = [np.prod(box[..., 2:] - box[..., :2], axis=-1) for box in (a, b)]
    share: F64 = np.divide(both, sum(areas) - both, out=np.zeros_like(both), where=both > 0)
    return share
