"""How unlike frames are, judged by what they show: the distances of PPAL.

For two frames a and b, each box of a is compared with the boxes of its class in b: 1 less the
largest cosine between their features, 2 where b shows none of that class. The mean over the boxes
of a, weighted by their confidence, is the way from a to b; the distance is the mean of both ways
(Yang, Huang & Crowley, "Plug and play active learning for object detection", CVPR 2024: category
conditioned matching similarity). A frame without boxes counts as one object of a class that only
such frames have, and looks like the whole frame; so without any boxes it is the distance 1 - cos of
the vectors.

Boxes are compared with all boxes of the other frame: the authors' code (as of 2024) takes the d-th
box of one frame and the d-th of any other for the same one.
"""

from __future__ import annotations

import numpy as np

from framesel.selection.objects import Objects
from framesel.selection.vectors.arrays import F32, I32, I64
from framesel.selection.vectors.dot import dot_rows, dots, kernel

NOTHING_ALIKE = 2.0
"""Distance between frames that have no class in common."""


def unlikeness(vectors: F32, objects: Objects | None) -> F32:
    """Distance of each frame to each.

    Time: one inner product for each pair of boxes of one class. Memory: 4 n² bytes.

    Args:
        vectors: (n, d) float32 unit rows of the frames.
        objects: Their boxes; None without a detector.

    Returns:
        (n, n) float32, 0 to 2, symmetric, 0 on the diagonal.
    """
    n = len(vectors)
    distances = np.zeros((n, n), np.float32)
    if objects is None:
        empty = np.ones(n, np.bool_)
    else:
        confidence = np.maximum(objects.confidence, np.finfo(np.float32).tiny)
        empty = np.diff(objects.offsets) == 0
        _compare_boxes(objects.offsets, objects.features, objects.class_no, confidence, distances)
    _compare_frames(vectors, np.flatnonzero(empty), distances)
    distances[np.ix_(empty, ~empty)] = NOTHING_ALIKE
    distances[np.ix_(~empty, empty)] = NOTHING_ALIKE
    return distances


def way_plain(objects: Objects, a: int, b: int) -> float:
    """The way from one frame with boxes to another, by its definition; the oracle of the tests."""
    theirs = slice(objects.offsets[b], objects.offsets[b + 1])
    total = weight = 0.0
    for one in range(objects.offsets[a], objects.offsets[a + 1]):
        near = dots(objects.features[theirs], objects.features[one])
        near = near[objects.class_no[theirs] == objects.class_no[one]]
        confidence = max(float(objects.confidence[one]), float(np.finfo(np.float32).tiny))
        total += confidence * (1.0 - float(near.max()) if len(near) else NOTHING_ALIKE)
        weight += confidence
    return total / weight


@kernel
def _compare_boxes(
    offsets: I64, features: F32, class_no: I32, confidence: F32, distances: F32
) -> None:
    """Fill in the distances between frames with boxes."""
    n = len(offsets) - 1
    weights = np.zeros(n, np.float64)
    for frame in range(n):
        for one in range(offsets[frame], offsets[frame + 1]):
            weights[frame] += confidence[one]
    # Nothing of the class counts like a cosine of -1.
    nearest = np.empty(len(features), np.float32)
    for a in range(n):
        for b in range(a + 1, n):
            if weights[a] == 0.0 or weights[b] == 0.0:
                continue
            nearest[offsets[b] : offsets[b + 1]] = -1.0
            there = back = 0.0
            for one in range(offsets[a], offsets[a + 1]):
                near = np.float32(-1.0)
                for other in range(offsets[b], offsets[b + 1]):
                    if class_no[one] == class_no[other]:
                        cosine = dot_rows(features, one, features, other)
                        near = max(near, cosine)
                        nearest[other] = max(nearest[other], cosine)
                there += confidence[one] * max(0.0, 1.0 - np.float64(near))
            for other in range(offsets[b], offsets[b + 1]):
                back += confidence[other] * max(0.0, 1.0 - np.float64(nearest[other]))
            distances[a, b] = 0.5 * (there / weights[a] + back / weights[b])
            distances[b, a] = distances[a, b]


@kernel
def _compare_frames(vectors: F32, rows: I64, distances: F32) -> None:
    """Fill in ``1 - cos`` between some frames."""
    for at in range(len(rows)):
        for before in range(at):
            cosine = np.float64(dot_rows(vectors, rows[at], vectors, rows[before]))
            distances[rows[at], rows[before]] = max(0.0, 1.0 - cosine)
            distances[rows[before], rows[at]] = distances[rows[at], rows[before]]
