"""FiftyOne's mistakenness: labels that a confident detection contradicts.

As computed by fiftyone-brain (``compute_mistakenness``), from confidences. There is no paper.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.uncertainty.annotated import F64, I64, Annotated
from framesel.uncertainty.label_kernels import take
from framesel.uncertainty.matching import paired_iou

Array = NDArray[Any]
Bools = NDArray[np.bool_]

LEAST_IOU = 0.5
MISSING = 0.95
"""Confidence over which a detection without a label says that a label is missing."""


@dataclass(frozen=True, eq=False, slots=True)
class Mistakenness:
    """What t labels are suspected of.

    Attributes:
        partner: (t,) the detection that was paired with each label, -1 for none.
        class_: (t,) (1 + confidence) / 2 where the pair disagrees about the class, (1 - confidence)
            / 2 where it agrees; nan for labels without a pair.
        place: (t,) towards 1 the more surely the pair lies apart, 0.5 halfway; nan likewise.
        missing: (m,) detections that show an object without a label.
        spurious: (t,) labels without a pair.
    """

    partner: I64
    class_: F64
    place: F64
    missing: Bools
    spurious: Bools


def mistakenness(
    boxes: Annotated, confidence: Array | None = None, *, missing: float = MISSING
) -> Mistakenness:
    """Computes it.

    Args:
        boxes: Labels and detections.
        confidence: (m,) of the detections in their most likely class; None: its share.
        missing: Confidence over which a detection without a label counts.

    Raises:
        UsageError: There is not one confidence for each detection.
    """
    sure = np.asarray(boxes.sure if confidence is None else confidence, np.float64)
    if sure.shape != boxes.seen_class.shape:
        raise UsageError(f"{len(boxes.seen_class)} detections and {sure.shape} confidences")
    a, b = boxes.xyxy.astype(np.float64), boxes.seen_xyxy.astype(np.float64)
    partner = take(a, boxes.offsets, b, sure, boxes.seen_offsets, LEAST_IOU)
    paired = partner >= 0
    mine, theirs = np.flatnonzero(paired), partner[paired]
    wrong = np.where(boxes.class_no[mine] != boxes.seen_class[theirs], 1.0, -1.0)
    class_, place = np.full(len(a), np.nan), np.full(len(a), np.nan)
    class_[mine] = (wrong * sure[theirs] + 1.0) / 2.0
    off = (1.0 - paired_iou(a[mine], b[theirs])) / (1.0 - LEAST_IOU)
    place[mine] = (sure[theirs] * (2.0 * off - 1.0) + 1.0) / 2.0
    alone = np.ones(len(b), np.bool_)
    alone[theirs] = False
    return Mistakenness(partner, class_, place, alone & (sure > missing), ~paired)
