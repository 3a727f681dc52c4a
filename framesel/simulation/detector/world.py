"""One setting with one seed: what all arms share in it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import numpy as np

from framesel.evaluation.boxes import Truth
from framesel.selection.duplicates.in_shots import duplicates_in_shots
from framesel.selection.duplicates.near_duplicates import Duplicates
from framesel.selection.vectors.arrays import F64, I64
from framesel.simulation.detector.heard import Heard
from framesel.simulation.detector.measure import measured
from framesel.simulation.detector.pool import NO_CLASS, Judged, Pool
from framesel.simulation.detector.protocol import Learner, Model
from framesel.uncertainty.boxes import Boxes

REMEMBERED: Final = 2
"""Models that are remembered: an arm needs the one before, and arms share their first batch."""


class World:
    """A pool, pictures to judge by, and a detector that learns; nothing is learnt twice."""

    def __init__(self, pool: Pool, judged: Judged, learner: Learner) -> None:
        """Take what a setting gives.

        Args:
            pool: What is chosen from. Its seed is that of every training too.
            judged: What detectors are judged by.
            learner: Made for both.
        """
        self.pool = pool
        self.judged = judged
        self.learner = learner
        self._models: dict[bytes, Model] = {}
        self._heard: dict[bytes, Heard] = {}
        self._figures: dict[bytes, Mapping[str, F64]] = {}
        self._duplicates: dict[tuple[float, float], Duplicates] = {}

    def model(self, rows: I64) -> Model:
        """The detector that learnt from these rows of the pool, whatever their order."""
        learnt = np.sort(rows)
        key = learnt.tobytes()
        if key not in self._models:
            _forget(self._models)
            self._models[key] = self.learner.fit(learnt, self.pool.seed)
        else:
            self._models[key] = self._models.pop(key)  # the last to be forgotten
        return self._models[key]

    def heard(self, rows: I64) -> Heard:
        """What that detector says of the whole pool."""
        key = np.sort(rows).tobytes()
        if key not in self._heard:
            _forget(self._heard)
            everything = np.arange(len(self.pool), dtype=np.int64)
            self._heard[key] = Heard(self.pool, self.model(rows).pool(everything))
        return self._heard[key]

    def boxes(self, learnt: I64, rows: I64) -> Boxes:
        """What the detector that learnt from some rows says of others."""
        heard = self._heard.get(np.sort(learnt).tobytes())
        return self.model(learnt).pool(rows) if heard is None else heard.boxes.pick(rows)

    def figures(self, rows: I64) -> Mapping[str, F64]:
        """What that detector finds in the judged pictures; see ``measured``."""
        key = np.sort(rows).tobytes()
        if key not in self._figures:
            found = self.model(rows).judged()
            self._figures[key] = measured(found, self.judged, self.pool.rare)
        return self._figures[key]

    def duplicates(self, tau_cos: float, tau_across: float) -> Duplicates:
        """Who stands for each picture of the pool, -1 where the gate refused it, and the shots."""
        key = tau_cos, tau_across
        if key not in self._duplicates:
            pool = self.pool
            self._duplicates[key] = duplicates_in_shots(
                pool.vectors, pool.video_no, pool.pts_s, np.flatnonzero(pool.passes), *key
            )
        return self._duplicates[key]

    def truth(self, rows: I64) -> Truth:
        """The labels of some pictures of the pool: what an oracle answers."""
        offsets = self.pool.truth.offsets
        count = np.diff(offsets)[rows]
        starts = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
        boxes = np.arange(starts[-1]) + np.repeat(offsets[rows] - starts[:-1], count)
        return Truth(starts, self.pool.truth.xyxy[boxes], self.pool.truth.class_no[boxes])

    @cached_property
    def rare_clips(self) -> I64:
        """Recordings that show the rare class; none where no class is rare."""
        pool = self.pool
        picture = np.repeat(np.arange(len(pool)), pool.boxes())
        shows = picture[pool.truth.class_no == pool.rare]
        return np.unique(pool.clip_no[shows]) if pool.rare != NO_CLASS else shows[:0]

    def costs(self, rows: I64) -> dict[str, float]:
        """What was labelled: frames, boxes, recordings; of the rare class its recordings' share."""
        pool = self.pool
        picture = np.repeat(np.arange(len(rows)), pool.boxes()[rows])
        shows = picture[self.truth(rows).class_no == pool.rare]
        seen = np.unique(pool.clip_no[rows[shows]])
        share = len(seen) / len(self.rare_clips) if len(self.rare_clips) else float("nan")
        return {
            "frames": float(len(rows)),
            "boxes": float(pool.boxes()[rows].sum()),
            "clips": float(len(np.unique(pool.clip_no[rows]))),
            "rare_clips": share,
        }


def _forget(remembered: dict[bytes, Any]) -> None:
    """Make room for one more: the oldest go."""
    while len(remembered) >= REMEMBERED:
        remembered.pop(next(iter(remembered)))
