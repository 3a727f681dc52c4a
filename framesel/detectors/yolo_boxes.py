"""Raw rows of one picture to its boxes: decoding, thresholds, suppression."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from framesel.detectors.detector import F32, Detections
from framesel.detectors.suppression import I64, suppress

FAINT_FROM = 0.005
FAINT_MOST = 300
CLASS_SHIFT_PX = 7680.0


@dataclass(frozen=True, slots=True)
class Rows:
    """What a network says at the cells of one picture where some class may be.

    Attributes:
        level: (k,) int8.
        centre: (k, 2) float32, x and y of the cell's centre, in cells.
        logits: (k, C) float32.
        sides: (k, 4 R) float32, logits over the bins; or (k, 4), the distances themselves.
        features: (k, F) float32, or None.
        peak: Highest logit anywhere in the picture.
    """

    level: NDArray[np.int8]
    centre: F32
    logits: F32
    sides: F32
    features: F32 | None
    peak: float

    def is_finite(self) -> bool:
        """Whether every number in it is."""
        parts = [self.logits, self.sides, *([] if self.features is None else [self.features])]
        return bool(np.isfinite(self.peak) and all(np.isfinite(part).all() for part in parts))


@dataclass(frozen=True, slots=True)
class Rule:
    """Which rows become boxes.

    Attributes:
        strides: Pixels per cell, by level.
        positions: Distance, in cells, that each of the R bins of a side stands for; empty where a
            side is one number.
        conf: A row becomes a box above this confidence.
        iou: Overlap above which boxes of one class suppress one another; None: they do not.
        most: Boxes kept in a picture.
    """

    strides: tuple[int, ...]
    positions: tuple[float, ...]
    conf: float
    iou: float | None
    most: int

    def floor(self) -> float:
        """Logit under which a row is of no interest, with room for rounding."""
        least = min(self.conf, FAINT_FROM)
        return float(np.log(least / (1.0 - least)) - 0.01) if least > 0 else -np.inf


def distributions(sides: F32, bins: int) -> F32:
    """(k, 4 R) logits as (k, 4, R) probabilities."""
    spread: F32 = softmax(sides.reshape(len(sides), 4, bins), axis=2).astype(np.float32)
    return spread


def decode(rows: Rows, rule: Rule) -> F32:
    """Boxes (k, 4) of all rows, corners in pixels of the network's input.

    The distance to a side is the mean of its distribution (Li et al., "Generalized focal loss",
    2020), in cells.
    """
    if rule.positions:
        spread = distributions(rows.sides, len(rule.positions))
        distance: F32 = spread @ np.array(rule.positions, np.float32)
    else:
        distance = rows.sides
    stride = np.array(rule.strides, np.float32)[rows.level][:, None]
    corners = np.concatenate([rows.centre - distance[:, :2], rows.centre + distance[:, 2:]], axis=1)
    boxes: F32 = (corners * stride).astype(np.float32)
    return boxes


def detections_of(rows: Rows, rule: Rule) -> Detections:
    """Boxes of one picture, in pixels of the network's input.

    A cell gives one box, of its best class, with the logits of all. Where a network without
    suppression would give a cell's second class as another box, that stays part of the first.
    """
    best = rows.logits.argmax(axis=1)
    sure = expit(rows.logits[np.arange(len(best)), best]).astype(np.float32)
    xyxy = decode(rows, rule)
    # As ultralytics does it, rounding included: classes lie side by side, too far to overlap.
    apart = xyxy + best[:, None].astype(np.float32) * np.float32(CLASS_SHIFT_PX)
    kept = _kept(np.flatnonzero(sure > rule.conf), apart, sure, best, rule, rule.most)
    faint = np.flatnonzero((sure <= rule.conf) & (sure >= FAINT_FROM))
    faint = faint[np.argsort(-sure[faint], kind="stable")[:FAINT_MOST]]
    together = np.concatenate([kept, faint])
    left = _kept(together, apart, sure, best, rule, len(together))
    bins = len(rule.positions)
    spread = distributions(rows.sides[kept], bins) if bins else None
    return Detections(
        xyxy=xyxy[kept],
        logits=rows.logits[kept],
        level=rows.level[kept],
        head=rows.level[kept].astype(np.uint8),
        features=None if rows.features is None else rows.features[kept],
        sides=spread,
        peak=rows.peak,
        faint=float(sure[left][sure[left] <= rule.conf].sum(dtype=np.float64)),
    )


def _kept(some: I64, boxes: F32, score: F32, class_no: I64, rule: Rule, most: int) -> I64:
    """Of some rows those that survive, best first."""
    if rule.iou is None:
        return some[np.argsort(-score[some], kind="stable")[:most]]
    return some[suppress(boxes[some], score[some], class_no[some], rule.iou, most)]
