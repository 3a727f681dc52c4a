"""Which of a detector's boxes show a labelled object, as COCO counts it.

Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014; the rules are those of
``pycocotools.cocoeval``. There are no crowds here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.evaluation.boxes import Found, Truth
from framesel.evaluation.matching_kernel import judge

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

THRESHOLDS: F64 = np.linspace(0.5, 0.95, 10)
"""IoU from which a box shows an object; mAP50-95 is the mean over them."""

MOST_BOXES = 100
"""Boxes of one class in one picture that count: the most confident ones."""


@dataclass(frozen=True, eq=False, slots=True)
class Matches:
    """What became of the boxes of n pictures.

    Attributes:
        row: (k,) rows of the ``Found`` that were judged, class by class and there by falling
            confidence (ties: by picture, then by row).
        picture: (k,) their pictures.
        conf: (k,) their confidence.
        starts: (C + 1,) where each class begins in them.
        flags: (T, k) int8: 1 shows an object, 0 shows none, -1 does not count.
        objects: (C, n) how many objects of each class each picture holds (that count).
    """

    row: I64
    picture: I64
    conf: NDArray[np.float32]
    starts: I64
    flags: NDArray[np.int8]
    objects: I64


def match(
    truth: Truth,
    found: Found,
    classes: int,
    *,
    thresholds: F64 = THRESHOLDS,
    area_px: tuple[float, float] = (0.0, np.inf),
) -> Matches:
    """Gives boxes to objects of their class, picture by picture, the most confident box first.

    Args:
        truth: What is there.
        found: What a detector found in the same pictures. Classes that the labels do not have (-1)
            are left out: nothing is known of them.
        classes: How many there are: C.
        thresholds: (T,) least IoU.
        area_px: Objects of a smaller or larger area are ignored: they need not be found, and boxes
            on them, or boxes of such an area that show nothing, are left out.

    Raises:
        UsageError: The two do not fit together, or hold numbers that make no sense.
    """
    check(truth, found, classes)
    pictures = len(truth)
    rows, cell = _judged(found, classes, pictures)
    xyxy = found.xyxy[rows].astype(np.float64)
    objects = truth.xyxy.astype(np.float64)
    ignored = _outside(objects, area_px)
    object_cell = truth.class_no * pictures + _picture_of(truth.offsets)
    order = np.lexsort((ignored, object_cell))
    cells = np.arange(classes * pictures + 1)
    flags = judge(
        xyxy,
        np.searchsorted(cell, cells),
        _outside(xyxy, area_px),
        objects[order],
        np.searchsorted(object_cell[order], cells),
        ignored[order],
        np.asarray(thresholds, np.float64),
    )
    class_no, conf = found.class_no[rows], found.conf[rows]
    falling = np.lexsort((-conf, class_no))  # stable: ties stay in the order of pictures
    counts = np.bincount(object_cell[~ignored], minlength=classes * pictures)
    return Matches(
        row=rows[falling],
        picture=(cell % pictures)[falling] if pictures else cell,
        conf=conf[falling],
        starts=np.searchsorted(class_no[falling], np.arange(classes + 1)),
        flags=flags[:, falling],
        objects=counts.reshape(classes, pictures).astype(np.int64),
    )


def check(truth: Truth, found: Found, classes: int) -> None:
    """Refuses boxes that cannot be compared.

    Raises:
        UsageError: See ``match``.
    """
    for name, boxes in (("labels", truth), ("a detector's boxes", found)):
        offsets, count = boxes.offsets, len(boxes.class_no)
        rising = len(offsets) > 0 and offsets[0] == 0 and bool((np.diff(offsets) >= 0).all())
        if not rising or offsets[-1] != count or boxes.xyxy.shape != (count, 4):
            raise UsageError(
                f"evaluation: {name} have offsets that do not fit {count} boxes of shape "
                f"{boxes.xyxy.shape}; offsets rise from 0 to the number of boxes"
            )
    if len(truth) != len(found):
        raise UsageError(
            f"evaluation: labels of {len(truth)} pictures, a detector's boxes of {len(found)}; "
            "give both for the same ones (a picture without any repeats its offset)"
        )
    strange = (truth.class_no < 0) | (truth.class_no >= classes)
    if strange.any():
        raise UsageError(
            f"evaluation: a label has class number {int(truth.class_no[strange][0])}, but there "
            f"are {classes} classes: give the names of all that are labelled"
        )
    if len(found.conf) != len(found.class_no) or not np.isfinite(found.conf).all():
        raise UsageError("evaluation: every box of a detector needs a finite confidence")


def _judged(found: Found, classes: int, pictures: int) -> tuple[I64, I64]:
    """Rows that count and their cells (class and picture), by cell and there by confidence."""
    known = np.flatnonzero((found.class_no >= 0) & (found.class_no < classes))
    cell = found.class_no[known] * pictures + _picture_of(found.offsets)[known]
    order = np.lexsort((-found.conf[known], cell))
    rows, cell = known[order], cell[order]
    rank = np.arange(len(cell)) - np.searchsorted(cell, cell)
    best = rank < MOST_BOXES
    return rows[best].astype(np.int64), cell[best].astype(np.int64)


def _picture_of(offsets: I64) -> I64:
    return np.repeat(np.arange(len(offsets) - 1), np.diff(offsets)).astype(np.int64)


def _outside(xyxy: F64, area_px: tuple[float, float]) -> NDArray[np.bool_]:
    area = (xyxy[:, 2] - xyxy[:, 0]) * (xyxy[:, 3] - xyxy[:, 1])
    outside: NDArray[np.bool_] = (area < area_px[0]) | (area > area_px[1])
    return outside
