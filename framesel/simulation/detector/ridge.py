"""A detector that learns in closed form from what a frozen network points at.

R-CNN (Girshick et al., 2014) with a frozen YOLO in the place of selective search and of the
network: its strongest boxes of any class are the proposals, its features are whitened. One ridge
regression tells whether a proposal shows an object, one, learnt from those that do, of which class,
and one how its box must move. (One regression a class against all else does both of the first two
worse.) Nothing is drawn by chance, training takes a fraction of a second, and what comes out is a
real detector whose mean average precision is that of COCO.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from framesel.selection.vectors.arrays import F32, I64, Bool
from framesel.simulation.detector.assignment import NOTHING, assigned, moves
from framesel.simulation.detector.closed_form import (
    folds,
    ridge,
    sharpness_fit,
    sigmoid_fit,
    with_one,
)
from framesel.simulation.detector.described import Describer
from framesel.simulation.detector.pool import Judged, Pool
from framesel.simulation.detector.ridge_model import Footage, RidgeModel

VERSION: Final = 1
"""Raise by hand whenever the same pictures teach something else."""

MARGIN: Final = 0.02
"""Scores under this count as little as it: a negative that nobody would take for an object."""


@dataclass(frozen=True)
class RidgeSettings:
    """How it learns.

    Attributes:
        canvas_px: Long side of what the frozen network sees.
        dim: Features of a proposal, whitened.
        penalty: Of the regression that tells objects from all else, see ``ridge``.
        class_penalty: Of that which tells classes apart.
        box_penalty: Of that of the moves.
        negatives: Weight of all proposals that show nothing, against one for all others.
        passes: Further passes in which the negatives that were scored high count more.
        parts: Folds, by video, in which scores for the probabilities are made.
    """

    canvas_px: int = 640
    dim: int = 192
    penalty: float = 1.0
    class_penalty: float = 1.0
    box_penalty: float = 0.5
    negatives: float = 10.0
    passes: int = 2
    parts: int = 5


@dataclass(frozen=True)
class RidgeSchool:
    """Makes closed-form detectors.

    Attributes:
        weights: Of the frozen network: a YOLOv8 or YOLO11 checkpoint.
        folder: For the features, which are computed once.
        settings: How it learns.
    """

    weights: Path
    folder: Path
    settings: RidgeSettings = field(default_factory=RidgeSettings)

    @property
    def name(self) -> str:
        """In tables."""
        return "ridge"

    @property
    def _describer(self) -> Describer:
        return Describer(self.weights, self.settings.canvas_px, self.settings.dim)

    def identity(self) -> Mapping[str, Any]:
        """Digest of the frozen weights, settings."""
        how = asdict(self.settings)
        return {"learner": self.name, "v": VERSION, "eyes": self._describer.identity(), "how": how}

    def learner(self, pool: Pool, judged: Judged) -> RidgeLearner:
        """One for a pool; its pictures are described if they were not before.

        Raises:
            WeightsError: The frozen network cannot be read.
        """
        describer = self._describer
        seen = describer.describe(pool.album, pool.album, self.folder)
        looked = describer.describe(judged.album, pool.album, self.folder)
        footage = Footage(pool, judged, seen, looked, self.settings.canvas_px)
        return RidgeLearner(footage, self.settings)


class RidgeLearner:
    """Learns from pictures of one pool.

    Args:
        footage: The pictures, and what a frozen network says of them.
        settings: How.
    """

    def __init__(self, footage: Footage, settings: RidgeSettings) -> None:
        self.footage = footage
        self.pool = footage.pool
        self.settings = settings

    def fit(self, rows: I64, seed: int) -> RidgeModel:
        """The detector that learns from some rows of the pool; nothing is drawn from the seed."""
        del seed
        x, class_no, video, move = self._examples(rows)
        shows = class_no >= 0
        there, what = self._objectness(x, shows), self._classes(x, class_no)
        score, told = x @ there, x @ what
        fold = folds(video, self.settings.parts)
        if fold.max() > 0:
            for part in range(int(fold.max()) + 1):
                inside = fold == part
                score[inside] = x[inside] @ self._objectness(x[~inside], shows[~inside])
                told[inside] = x[inside] @ self._classes(x[~inside], class_no[~inside])
        slope, offset = sigmoid_fit(score.astype(np.float64), shows)
        sharpness = sharpness_fit(told[shows].astype(np.float64), class_no[shows])
        box = ridge(x[shows], move, np.ones(len(move)), self.settings.box_penalty)
        return RidgeModel(self.footage, there, what * np.float32(sharpness), box, slope, offset)

    def _classes(self, x: F32, class_no: I64) -> F32:
        """(d + 1, C) regressions, learnt from what shows an object; classes count alike."""
        shows = class_no >= 0
        known = class_no[shows]
        hits = np.eye(len(self.pool.classes), dtype=np.float32)[known]
        even = 1.0 / np.bincount(known, minlength=hits.shape[1]).clip(1)[known]
        return ridge(x[shows], hits, even, self.settings.class_penalty)

    def _examples(self, rows: I64) -> tuple[F32, I64, I64, F32]:
        """Features, class and video of each example, and the moves of those that show one."""
        truth, blocks = self.pool.truth, []
        for row in rows.tolist():
            own = slice(truth.offsets[row], truth.offsets[row + 1])
            number = int(self.pool.rows[row])
            count = int(self.footage.seen.count[number])
            boxes = self.footage.seen.xyxy[number, :count]
            object_no = assigned(boxes, truth.xyxy[own])
            clear = np.flatnonzero(object_no >= NOTHING)
            which = object_no[clear]
            known = np.append(truth.class_no[own], NOTHING)[which]
            hits = which >= 0
            scale = self.footage.scale(self.pool.size_wh[row])
            goal = moves(boxes[clear[hits]] * scale, truth.xyxy[own][which[hits]] * scale)
            features = self.footage.seen.features[number, clear].astype(np.float32)
            blocks.append((features, known, np.full(len(clear), self.pool.video_no[row]), goal))
        joined = [np.concatenate(column) for column in zip(*blocks, strict=True)]
        return with_one(joined[0]), joined[1].astype(np.int64), joined[2], joined[3]

    def _objectness(self, x: F32, shows: Bool) -> F32:
        """(d + 1,) regression; in further passes negatives that are scored high count more."""
        weight = np.empty(len(x))
        weight[shows] = 1.0 / max(int(shows.sum()), 1)
        hard = np.ones(int((~shows).sum()))
        for again in range(self.settings.passes + 1):
            weight[~shows] = hard * (self.settings.negatives / max(hard.sum(), 1e-12))
            found: F32 = ridge(x, shows[:, None].astype(np.float32), weight, self.settings.penalty)[
                :, 0
            ]
            if again < self.settings.passes:
                hard = np.clip(x[~shows] @ found, MARGIN, 1.0).astype(np.float64) ** 2
        return found
