"""How many objects a detector missed and how many it made up, frame by frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.uncertainty.matching import iou

Array = NDArray[Any]
I64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class FrameErrors:
    """Errors of a detector in n frames.

    Attributes:
        missed: (n,) int64, labelled objects without a box.
        false: (n,) int64, confident boxes without an object.
    """

    missed: I64
    false: I64

    @property
    def any(self) -> NDArray[np.bool_]:
        """(n,) bool: the frame holds an error."""
        held: NDArray[np.bool_] = (self.missed + self.false) > 0
        return held


def frame_errors(
    xyxy: Array,
    class_no: Array,
    confidence: Array,
    offsets: Array,
    truth_xyxy: Array,
    truth_class_no: Array,
    truth_offsets: Array,
    *,
    confident: float = 0.25,
    least_iou: float = 0.5,
    class_aware: bool = True,
) -> FrameErrors:
    """Matches boxes with labels as COCO's evaluation does, at one threshold.

    The boxes at or over ``confident`` take, most confident first, the free label that they overlap
    most, if it is at least ``least_iou`` and, where classes count, of their class. What is left of
    the labels is missed, what is left of the boxes is false. A wrong class is therefore both.

    Args:
        xyxy: (m, 4) corners of the boxes.
        class_no: (m,) their classes.
        confidence: (m,).
        offsets: (n + 1,): frame i has the boxes offsets[i] to offsets[i + 1].
        truth_xyxy: (t, 4) corners of the labels.
        truth_class_no: (t,) in the detector's numbering.
        truth_offsets: (n + 1,).
        confident: Boxes under it are not asserted.
        least_iou: In (0, 1].
        class_aware: Whether a box must have the label's class.

    Raises:
        UsageError: The lengths do not fit together.
    """
    found = _check("boxes", offsets, xyxy, class_no, confidence)
    there = _check("labels", truth_offsets, truth_xyxy, truth_class_no)
    if len(found) != len(there):
        raise UsageError(
            f"frame errors: boxes of {len(found) - 1} frames and labels of {len(there) - 1}; "
            "give both for the same frames (a frame without any repeats its offset)"
        )
    xyxy, truth_xyxy = np.reshape(xyxy, (-1, 4)), np.reshape(truth_xyxy, (-1, 4))
    missed = np.diff(there)
    false = np.zeros(len(missed), np.int64)
    for frame in range(len(missed)):
        rows = np.arange(found[frame], found[frame + 1])
        rows = rows[np.asarray(confidence)[rows] >= confident]
        rows = rows[np.argsort(-np.asarray(confidence)[rows], kind="stable")]
        labels = slice(there[frame], there[frame + 1])
        overlap = iou(xyxy[rows], truth_xyxy[labels])
        if class_aware and overlap.size:
            overlap[np.asarray(class_no)[rows, None] != np.asarray(truth_class_no)[labels]] = 0.0
        hits = _greedy(overlap, least_iou)
        missed[frame] -= hits
        false[frame] = len(rows) - hits
    return FrameErrors(missed, false)


def _greedy(overlap: NDArray[np.float64], least_iou: float) -> int:
    """How many boxes (rows, the first choosing first) get a label (column) of their own."""
    hits = 0
    for row in overlap if overlap.shape[1] else ():
        best = int(row.argmax())
        if row[best] >= least_iou:
            hits += 1
            overlap[:, best] = -1.0
    return hits


def _check(what: str, offsets: Array, xyxy: Array, *columns: Array) -> I64:
    starts = np.asarray(offsets, np.int64)
    lengths = {len(xyxy), *map(len, columns)}
    if starts.ndim != 1 or not len(starts) or starts[0] != 0 or (np.diff(starts) < 0).any():
        raise UsageError(f"frame errors: the offsets of the {what} must rise from 0")
    if lengths != {int(starts[-1])}:
        raise UsageError(
            f"frame errors: the offsets speak of {starts[-1]} {what}, the columns have "
            f"{sorted(lengths)} rows"
        )
    return starts
