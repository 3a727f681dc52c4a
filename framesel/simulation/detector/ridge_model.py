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
        there: (d + 1,) scores that a proposal shows an object.
        what: (d + 1, C) logits of its class, if it does.
        box: (d + 1, 4) how it must move.
        slope: From the first score to the logit of that.
        offset: Added to it.
    """

    footage: Footage
    there: F32
    what: F32
    box: F32
    slope: float
    offset: float

    def judged(self) -> Found:
        """See ``protocol.Model``."""
        judged = self.footage.judged
        counts, columns = [], []
        for logit, xyxy in self._looked(self.footage.looked, judged.rows, judged.size_wh):
            conf = _shares(logit)
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
            best = _shares(logit).max(axis=1).astype(np.float32)
            alike = np.zeros(len(best), np.int64)
            stays = suppress(xyxy, best, alike, OVERLAP, MOST_BOXES)
            kept = stays[best[stays] >= KEPT_CONF]
            counts.append(len(kept))
            peaks.append(logit.max())
            faints.append(best[stays].sum() - best[kept].sum())
            columns.append((logit[kept], xyxy[kept]))
        logits, corners = (np.concatenate(c) for c in zip(*columns, strict=True))
        top_class, top_logit, rest = compact(logits, len(pool.classes), "softmax")
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
            activation="softmax",
        )

    def _looked(self, found: Described, rows: I64, size_wh: I64) -> Iterator[tuple[F64, F32]]:
        """Class logits (k, C) and corners (k, 4) of the proposals, picture by picture."""
        from scipy.special import log_softmax

        together = np.concatenate([self.there[:, None], self.what, self.box], axis=1)
        ends = 1 + self.what.shape[1]
        for low in range(0, len(rows), AT_ONCE):
            some = rows[low : low + AT_ONCE]
            block = np.asarray(found.features[some], np.float32)
            told = with_one(block.reshape(-1, block.shape[2])) @ together
            told = told.reshape(len(some), -1, ends + 4)
            there = self.slope * told[..., :1].astype(np.float64) + self.offset
            logit = there + log_softmax(told[..., 1:ends].astype(np.float64), axis=-1)
            logit = np.clip(logit, -LOGITS, LOGITS)
            for at, row in enumerate(some.tolist()):
                count, size = int(found.count[row]), size_wh[low + at]
                scale = self.footage.scale(size)
                corners = moved(found.xyxy[row, :count] * scale, told[at, :count, ends:]) / scale
                limit = np.tile(size, 2).astype(np.float32)
                yield logit[at, :count], np.clip(corners, 0.0, limit)


def _shares(logit: F64) -> F64:
    """Probabilities of the classes; what is left is that of nothing."""
    odds = np.exp(logit)
    shares: F64 = odds / (1.0 + odds.sum(axis=1, keepdims=True))
    return shares


def _offsets(counts: list[int]) -> I64:
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
