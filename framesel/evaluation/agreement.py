"""How far two detectors say the same of pictures that nobody has labelled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from framesel.errors import UsageError
from framesel.evaluation.boxes import Found

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Agreement:
    """Two detectors on n pictures.

    Attributes:
        matched: (n,) boxes that both have: of one class, overlapping enough.
        boxes: (2, n) boxes of each detector.
        overlap: (n,) summed IoU of those that both have.
        present: (2, n, C) bool: which classes each detector sees in each picture.
    """

    matched: I64
    boxes: I64
    overlap: F64
    present: Bool

    @property
    def by_picture(self) -> F64:
        """(n,) F1 agreement of each picture; 1 where both see nothing, for they agree."""
        total = self.boxes.sum(axis=0)
        shares: F64 = np.where(total > 0, 2.0 * self.matched / np.maximum(total, 1), 1.0)
        return shares

    @property
    def f1(self) -> float:
        """2 matched / (boxes of one + boxes of the other), over all pictures together.

        The F1 of one against the other as if that were the truth, whichever way round. nan where
        neither sees anything: two blind detectors tell nothing.
        """
        total = int(self.boxes.sum())
        return float(2 * self.matched.sum() / total) if total else float("nan")

    @property
    def mean_iou(self) -> float:
        """Mean overlap of the boxes that both have; nan without any."""
        matched = int(self.matched.sum())
        return float(self.overlap.sum() / matched) if matched else float("nan")

    @property
    def kappa(self) -> float:
        """Cohen's kappa of "this class is in this picture", over all pictures and classes."""
        return cohen_kappa(*self.present.reshape(2, -1))

    @property
    def kappa_by_class(self) -> F64:
        """(C,) the same for each class; nan where one that both see everywhere or nowhere."""
        classes = self.present.shape[2]
        return np.array([cohen_kappa(*self.present[:, :, at]) for at in range(classes)], np.float64)


def agreement(
    one: Found, other: Found, classes: int, *, confidence: float = 0.25, least_iou: float = 0.5
) -> Agreement:
    """Pairs the boxes of two detectors, picture by picture and class by class.

    Boxes are paired one to one such that the sum of their overlaps is greatest, so that it does not
    matter which detector comes first. Detection has no true negatives, so kappa is not defined on
    boxes: there it is F1; kappa is for which classes a picture shows.

    Args:
        one: Boxes of n pictures.
        other: Boxes of the same pictures.
        classes: How many there are: C. Boxes of others (-1) are left out.
        confidence: Boxes under it are not asserted.
        least_iou: From which overlap on two boxes show the same, in (0, 1].

    Raises:
        UsageError: The two are of different numbers of pictures.
    """
    if len(one) != len(other):
        raise UsageError(
            f"agreement: boxes of {len(one)} and of {len(other)} pictures; give both for the same"
        )
    pictures = len(one)
    sides = [_asserted(found, classes, confidence) for found in (one, other)]
    present = np.zeros((2, pictures, classes), np.bool_)
    for side, (_, class_no, picture) in enumerate(sides):
        present[side, picture, class_no] = True
    matched, overlap = np.zeros(pictures, np.int64), np.zeros(pictures)
    starts = [np.searchsorted(picture, np.arange(pictures + 1)) for _, _, picture in sides]
    for at in np.flatnonzero(present[0].any(axis=1) & present[1].any(axis=1)):
        rows = [slice(start[at], start[at + 1]) for start in starts]
        (a, class_a, _), (b, class_b, _) = sides
        shares = _iou(a[rows[0]], b[rows[1]])
        same = class_a[rows[0], None] == class_b[None, rows[1]]
        matched[at], overlap[at] = _pair(np.where(same & (shares >= least_iou), shares, 0.0))
    counts = [np.bincount(picture, minlength=pictures) for _, _, picture in sides]
    return Agreement(matched, np.stack(counts).astype(np.int64), overlap, present)


def cohen_kappa(one: Bool, other: Bool) -> float:
    """Agreement of two yes-or-no answers beyond what chance gives.

    (A_o - A_e) / (1 - A_e) with the observed and the expected share of equal answers. Cohen, "A
    coefficient of agreement for nominal scales", Educational and Psychological Measurement 20,
    1960.

    Args:
        one: (n,) bool.
        other: (n,) bool.

    Returns:
        At most 1; nan where chance alone gives full agreement (all answers equal, or none given).
    """
    if not len(one):
        return float("nan")
    observed = float(np.equal(one, other).mean())
    p, q = float(one.mean()), float(other.mean())
    expected = p * q + (1 - p) * (1 - q)
    return (observed - expected) / (1 - expected) if expected < 1 else float("nan")


def _asserted(found: Found, classes: int, confidence: float) -> tuple[F64, I64, I64]:
    """Corners, classes and pictures of the boxes that count, in the order of pictures."""
    keep = (found.conf >= confidence) & (found.class_no >= 0) & (found.class_no < classes)
    picture = np.repeat(np.arange(len(found)), np.diff(found.offsets))
    return found.xyxy[keep].astype(np.float64), found.class_no[keep], picture[keep]


def _pair(shares: F64) -> tuple[int, float]:
    """How many pairs have an overlap, and its sum."""
    rows, columns = linear_sum_assignment(shares, maximize=True)
    chosen = shares[rows, columns]
    return int(np.count_nonzero(chosen)), float(chosen.sum())


def _iou(a: F64, b: F64) -> NDArray[Any]:
    """(m, k); 0 for boxes without area."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    both = np.clip(high - low, 0.0, None).prod(axis=-1)
    area_a, area_b = ((x[:, 2:] - x[:, :2]).prod(axis=-1) for x in (a, b))
    either = area_a[:, None] + area_b[None] - both
    shares: F64 = np.divide(both, either, out=np.zeros_like(both), where=both > 0)
    return shares
