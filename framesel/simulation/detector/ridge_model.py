"""What a closed-form detector has learnt, and what it finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from framesel.detectors.suppression import suppress
from framesel.evaluation.boxes import Found
from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.simulation.detector.assignment import moved
from framesel.simulation.detector.closed_form import with_one
from framesel.simulation.detector.described import Described
from framesel.simulation.detector.pool import Judged, Pool
from framesel.uncertainty.boxes import Boxes
from framesel.uncertainty.compact import compact

LEAST_CONF: Final = 0.001
KEPT_CONF: Final = 0.05
"""Of a box of the pool, as the detections stage has it by default."""

MOST_BOXES: Final = 100
OVERLAP: Final = 0.5
AT_ONCE: Final = 128
LOGITS: Final = 30.0
"""Logits are cut to this magnitude."""


@dataclass(frozen=True, eq=False)
class Footage:
    """What there is to look at.

    Attributes:
        pool: The pictures to learn from.
        judged: The pictures to be judged by.
        seen: Proposals in the pool's album.
        looked: Proposals in the judged album.
        canvas_px: Long side of what the frozen network saw.
    """

    pool: Pool
    judged: Judged
    seen: Described
    looked: Described
    canvas_px: int

    def scale(self, size_wh: I64) -> float:
        """Pixels of the canvas per pixel of a picture of this size, (2,)."""
        return self.canvas_px / float(size_wh.max())


@dataclass(frozen=True, eq=False)
class RidgeModel:
    """What was learnt.

    Attributes:
        footage: What it can look at.
        weights: (d + 1, C) of the classes.
        box: (d + 1, 4) of the moves.
        slope: From a score to a logit.
        offset: Added to it.
    """

    footage: Footage
    weights: F32
    box: F32
    slope: float
    offset: float

    def judged(self) -> Found:
        """See ``protocol.Model``."""
        judged = self.footage.judged
        counts, columns = [], []
        for logit, xyxy in self._looked(self.footage.looked, judged.rows, judged.size_wh):
            conf = _sigmoid(logit)
            place, class_no = np.nonzero(conf >= LEAST_CONF)
            score = conf[place, class_no].astype(np.float32)
            kept = suppress(xyxy[place], score, class_no, OVERLAP, MOST_BOXES)
            counts.append(len(kept))
            columns.append((xyxy[place[kept]], class_no[kept], score[kept]))
        xyxy, class_no, conf = (np.concatenate(column) for column in zip(*columns, strict=True))
        return Found(_offsets(counts), xyxy, class_no.astype(np.int64), conf.astype(np.float32))

    def pool(self, rows: I64) -> Boxes:
        """See ``protocol.Model``."""
        pool = self.footage.pool
        size_wh = pool.size_wh[rows]
        counts, columns, peaks, faints = [], [], [], []
        for logit, xyxy in self._looked(self.footage.seen, pool.rows[rows], size_wh):
            best = _sigmoid(logit.max(axis=1)).astype(np.float32)
            alike = np.zeros(len(best), np.int64)
            stays = suppress(xyxy, best, alike, OVERLAP, MOST_BOXES)
            kept = stays[best[stays] >= KEPT_CONF]
            counts.append(len(kept))
            peaks.append(logit.max())
            faints.append(best[stays].sum() - best[kept].sum())
            columns.append((logit[kept], xyxy[kept]))
        logits, corners = (np.concatenate(c) for c in zip(*columns, strict=True))
        top_class, top_logit, rest = compact(logits, len(pool.classes), "sigmoid")
        return Boxes(
            offsets=_offsets(counts),
            size_wh=size_wh.astype(np.float32),
            peak=np.array(peaks, np.float32),
            faint=np.array(faints, np.float32),
            xyxy=corners,
            top_class=top_class,
            top_logit=top_logit.astype(np.float32),
            rest=rest,
            level=np.full(len(corners), -1, np.int8),
            head=np.zeros(len(corners), np.uint8),
            classes=pool.classes,
        )

    def _looked(self, found: Described, rows: I64, size_wh: I64) -> Iterator[tuple[F64, F32]]:
        """Class logits (k, C) and corners (k, 4) of the proposals, picture by picture."""
        both = np.concatenate([self.weights, self.box], axis=1)
        classes = self.weights.shape[1]
        for low in range(0, len(rows), AT_ONCE):
            some = rows[low : low + AT_ONCE]
            block = np.asarray(found.features[some], np.float32)
            told = with_one(block.reshape(-1, block.shape[2])) @ both
            told = told.reshape(len(some), -1, classes + 4)
            for at, row in enumerate(some.tolist()):
                count, size = int(found.count[row]), size_wh[low + at]
                scale = self.footage.scale(size)
                logit = self.slope * told[at, :count, :classes].astype(np.float64) + self.offset
                corners = moved(found.xyxy[row, :count] * scale, told[at, :count, classes:]) / scale
                limit = np.tile(size, 2).astype(np.float32)
                yield np.clip(logit, -LOGITS, LOGITS), np.clip(corners, 0.0, limit)


def _sigmoid(logit: F64) -> F64:
    return 1.0 / (1.0 + np.exp(-np.clip(logit, -500.0, 500.0)))


def _offsets(counts: list[int]) -> I64:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
