"""The compiled loop behind average precision."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.evaluation.kernel import kernel

Array = NDArray[Any]


@kernel
def interpolated(
    flags: Array, group: Array, weights: Array, objects: Array, recalls: Array
) -> Array:
    """Interpolated average precision of one class, by sample and threshold.

    Only boxes that show an object are looked at twice: between them precision falls, so that the
    best precision at a recall or over it is always that of such a box.

    Args:
        flags: (T, k) int8 of ``Matches``, by falling confidence.
        group: (k,) the boxes' groups.
        weights: (B, G).
        objects: (B,) weighted number of objects.
        recalls: (R,) rising.

    Returns:
        (B, T); nan where a sample holds no object.
    """
    tiny = np.finfo(np.float64).eps  # COCO's, which keeps 0 / 0 away
    values = np.full((len(weights), len(flags)), np.nan)
    recall = np.zeros(flags.shape[1])
    precision = np.zeros(flags.shape[1])
    ends = np.zeros(len(flags), np.int64)  # behind the last object nothing changes
    for at in range(len(flags)):
        for box in range(flags.shape[1]):
            if flags[at, box] > 0:
                ends[at] = box + 1
    for sample in range(len(weights)):
        if not objects[sample] > 0.0:
            continue
        for at in range(len(flags)):
            right, counted, found = 0.0, 0.0, 0
            for box in range(ends[at]):
                weight = weights[sample, group[box]]
                if flags[at, box] < 0 or weight == 0.0:
                    continue
                counted += weight
                if flags[at, box] > 0:
                    right += weight
                    recall[found] = right / objects[sample]
                    precision[found] = right / (counted + tiny)
                    found += 1
            values[sample, at] = _read(recall[:found], precision[:found], recalls)
    return values


@kernel
def _read(recall: Array, precision: Array, recalls: Array) -> float:
    """Mean over ``recalls`` of the best precision at that recall or over it; 0 where none is."""
    total, best = 0.0, 0.0
    point = len(recalls) - 1
    while point >= 0 and (len(recall) == 0 or recalls[point] > recall[-1]):
        point -= 1
    for at in range(len(recall) - 1, -1, -1):
        best = max(best, precision[at])
        below = recall[at - 1] if at > 0 else -1.0
        while point >= 0 and recalls[point] > below:
            total += best
            point -= 1
    return total / len(recalls)
