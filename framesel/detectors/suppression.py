"""Of boxes of one class that overlap too much, keep the most confident: greedy suppression.

Compiled with numba. Distances and areas are computed in float32 in the order in which torchvision
does it, so that both keep the same boxes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from framesel.detectors.detector import F32

I64 = NDArray[np.int64]
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _kernel(function: _Function) -> _Function:
    """Compile with numba: cached on disk, division as in numpy, no interpreter lock held."""
    return cast(_Function, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


def suppress(xyxy: F32, score: F32, class_no: I64, iou: float, most: int) -> I64:
    """Rows of the boxes to keep, best first; equal scores in the given order.

    Args:
        xyxy: (k, 4) corners.
        score: (k,).
        class_no: (k,); boxes of different classes do not compete.
        iou: A box is dropped when it overlaps a kept one by more than this.
        most: At most so many are kept.

    Returns:
        (m,) int64, m at most ``most``.
    """
    order = np.argsort(-score, kind="stable").astype(np.int64)
    boxes = np.ascontiguousarray(xyxy[order], np.float32)
    classes = np.ascontiguousarray(class_no[order], np.int64)
    kept = np.empty(min(max(most, 0), len(order)), np.int64)
    count = _keep(boxes, classes, float(iou), kept)
    return order[kept[:count]]


@_kernel
def _keep(boxes: F32, class_no: I64, iou: float, kept: I64) -> int:
    """Fill ``kept`` with rows of boxes that come best first; returns how many."""
    count = 0
    nothing = np.float32(0.0)
    for row in range(len(boxes)):
        if count == len(kept):
            break
        area = (boxes[row, 2] - boxes[row, 0]) * (boxes[row, 3] - boxes[row, 1])
        free = True
        for place in range(count):
            other = kept[place]
            if class_no[other] != class_no[row]:
                continue
            left = max(boxes[row, 0], boxes[other, 0])
            top = max(boxes[row, 1], boxes[other, 1])
            right = min(boxes[row, 2], boxes[other, 2])
            bottom = min(boxes[row, 3], boxes[other, 3])
            shared = max(nothing, right - left) * max(nothing, bottom - top)
            theirs = (boxes[other, 2] - boxes[other, 0]) * (boxes[other, 3] - boxes[other, 1])
            if shared / (theirs + area - shared) > iou:
                free = False
                break
        if free:
            kept[count] = row
            count += 1
    return count
