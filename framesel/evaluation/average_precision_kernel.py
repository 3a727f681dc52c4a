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

    Only boxes that show an object are looked at for each threshold: between them precision falls,
    so that the best precision at a recall or over it is always that of such a box. How many boxes
    stand before one is summed once for all thresholds, and put right where they differ.

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
    events, starts, end = _events(flags)
    before = np.zeros(end)
    recall, precision = np.zeros(end), np.zeros(end)
    for sample in range(len(weights)):
        if not objects[sample] > 0.0:
            continue
        weight, total = weights[sample], 0.0
        for box in range(end):
            if flags[0, box] >= 0:
                total += weight[group[box]]
            before[box] = total
        for at in range(len(flags)):
            right, amiss, found = 0.0, 0.0, 0
            for box in events[starts[at] : starts[at + 1]]:
                here = weight[group[box]]
                amiss += here * ((flags[at, box] >= 0) - (flags[0, box] >= 0))
                if flags[at, box] > 0 and here > 0.0:
                    right += here
                    recall[found] = right / objects[sample]
                    precision[found] = right / (before[box] + amiss + tiny)
                    found += 1
            values[sample, at] = _read(recall[:found], precision[:found], recalls)
    return values


@kernel
def _events(flags: Array) -> tuple[Array, Array, int]:
    """Boxes that each threshold must look at, where each begins among them, and the last one."""
    events = np.zeros(flags.size, np.int64)
    starts = np.zeros(len(flags) + 1, np.int64)
    count, end = 0, 0
    for at in range(len(flags)):
        for box in range(flags.shape[1]):
            if flags[at, box] > 0:
                end = max(end, box + 1)
            if flags[at, box] > 0 or (flags[at, box] < 0) != (flags[0, box] < 0):
                events[count] = box
                count += 1
        while count > starts[at] and flags[at, events[count - 1]] <= 0:
            count -= 1  # behind the last object nothing changes
        starts[at + 1] = count
    return events[:count], starts, end


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
