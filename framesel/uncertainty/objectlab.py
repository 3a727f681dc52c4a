"""ObjectLab's scores of labelled boxes, computed at once for many pictures.

Tkachenko, Thyagarajan & Mueller 2023, "ObjectLab: automated diagnosis of mislabeled images in
object detection data" (arXiv 2309.00832), with the constants of cleanlab 2.9, its authors' package.
A score is 1 where nothing is wrong and falls to 0. Its similarity knows distances in pixels: twice
as large a picture has other scores. ``label_quality`` has scores without that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.uncertainty.annotated import F64, I64, Annotated
from framesel.uncertainty.label_kernels import labelled_twice, least_similarity, object_lab

Array = NDArray[Any]

ALPHA = 0.9
"""How much of the similarity is IoU; the rest is nearness of the centres."""

LOW, HIGH = 0.5, 0.95
"""Confidence over which a box tells of a bad location, and from which of other mistakes."""

TEMPERATURE = 0.1
"""Of the soft minimum over the boxes of a picture."""

SAME_PLACE = 0.95
"""IoU from which labels of two classes contradict each other."""

_TINY = 1e-100


@dataclass(frozen=True, eq=False, slots=True)
class ObjectLab:
    """Quality of the labels of n pictures, 1 for flawless.

    Attributes:
        overlooked: (m,) of each of the detector's boxes: whether its object is labelled; nan where
            the box says nothing, for it is unsure or touches a label.
        located: (t,) of each label: whether it is where the detector sees its class.
        swapped: (t,) of each label: whether its class is right.
        pictures: (n, 3) the soft minima of the three over each picture, in this order.
    """

    overlooked: F64
    located: F64
    swapped: F64
    pictures: F64

    @property
    def quality(self) -> F64:
        """(n,) of the labels of each picture: the geometric mean of the three."""
        mean: F64 = np.exp(np.log(_TINY + self.pictures).mean(axis=1))
        return mean


def objectlab(
    boxes: Annotated,
    confidence: Array | None = None,
    *,
    low: float = LOW,
    high: float = HIGH,
    contradictions: bool = True,
) -> ObjectLab:
    """Computes them.

    Args:
        boxes: Labels and detections.
        confidence: (m,) of the detections in their most likely class; None: its share.
        low: Confidence over which a box tells of a bad location.
        high: From which it tells of overlooked and swapped ones.
        contradictions: Whether labels of two classes on one place count as swapped.

    Raises:
        UsageError: There is not one confidence for each detection.
    """
    sure = np.asarray(boxes.sure if confidence is None else confidence, np.float64)
    if sure.shape != boxes.seen_class.shape:
        raise UsageError(f"{len(boxes.seen_class)} detections and {sure.shape} confidences")
    a, b = boxes.xyxy.astype(np.float64), boxes.seen_xyxy.astype(np.float64)
    starts, others = boxes.offsets.astype(np.int64), boxes.seen_offsets.astype(np.int64)
    classes = boxes.class_no.astype(np.int64)
    least = least_similarity(a, starts, b, others, ALPHA)
    overlooked, located, swapped = object_lab(
        a, classes, starts, b, boxes.seen_class, sure, others, (ALPHA, low, high, least)
    )
    if contradictions:
        swapped[labelled_twice(a, classes, starts, SAME_PLACE)] = least
    told = ~np.isnan(overlooked)
    pictures = [
        soft_minimum(overlooked[told], boxes.seen_picture[told], boxes.pictures),
        soft_minimum(located, boxes.picture, boxes.pictures),
        soft_minimum(swapped, boxes.picture, boxes.pictures),
    ]
    return ObjectLab(overlooked, located, swapped, np.stack(pictures, axis=1))


def soft_minimum(scores: F64, picture: I64, pictures: int, temperature: float = TEMPERATURE) -> F64:
    """The mean of each picture's scores with weights ``exp(-score / temperature)``.

    Args:
        scores: (k,) in [0, 1].
        picture: (k,) where each belongs.
        pictures: How many there are: n.
        temperature: Towards 0 it becomes the minimum.

    Returns:
        (n,); 1 for a picture without scores.
    """
    weight = np.exp(-scores / temperature)
    total = np.bincount(picture, weight, pictures)
    mean = np.bincount(picture, weight * scores, pictures)
    return np.divide(mean, total, out=np.ones(pictures), where=total > 0)
