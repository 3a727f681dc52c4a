"""A detector that learns in closed form from what a frozen network points at.

R-CNN (Girshick et al., 2014) with a frozen YOLO in the place of selective search and of the
network: its strongest boxes of any class are the proposals, its features are whitened. One ridge
regression tells whether a proposal shows an object, one, learnt from those that do, of which class,
and one how its box must move. (One regression a class against all else does both of the first two
worse.) Recordings count alike, however many of their pictures are labelled: without that a linear
model gets much worse with more pictures of some clips, which a network does not (``docs/rounds.md``
has the figures). Nothing is drawn by chance, training takes a fraction of a second, and what comes
out is a real detector whose mean average precision is that of COCO.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from framesel.selection.vectors.arrays import F32, F64, I64, Bool
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

VERSION: Final = 3
"""Raise by hand whenever the same pictures teach something else."""

LEAST: Final = 1e-12

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
        parts: Folds, by recording, in which scores for the probabilities are made.
    """

    canvas_px: int = 640
    dim: int = 192
    penalty: float = 0.5
    class_penalty: float = 0.25
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
        x, class_no, recording, move = self._examples(rows)
        shows, even = class_no >= 0, _even(recording)
        there, what = self._objectness(x, shows, even), self._classes(x, class_no, even)
        score, told = x @ there, x @ what
        fold = folds(recording, self.settings.parts)
        if fold.max() > 0:
            for part in range(int(fold.max()) + 1):
                inside, rest = fold == part, fold != part
                score[inside] = x[inside] @ self._objectness(x[rest], shows[rest], even[rest])
                told[inside] = x[inside] @ self._classes(x[rest], class_no[rest], even[rest])
        slope, offset = sigmoid_fit(score.astype(np.float64), shows)
        sharpness = sharpness_fit(told[shows].astype(np.float64), class_no[shows])
        box = ridge(x[shows], move, even[shows], self.settings.box_penalty)
        return RidgeModel(self.footage, there, what * np.float32(sharpness), box, slope, offset)

    def _classes(self, x: F32, class_no: I64, even: F64) -> F32:
        """(d + 1, C) regressions, learnt from what shows an object; classes count alike."""
        shows = class_no >= 0
        known = class_no[shows]
        hits = np.eye(len(self.pool.classes), dtype=np.float32)[known]
        total = np.bincount(known, weights=even[shows], minlength=hits.shape[1])
        weight = even[shows] / np.maximum(total, LEAST)[known]
        return ridge(x[shows], hits, weight, self.settings.class_penalty)

    def _examples(self, rows: I64) -> tuple[F32, I64, I64, F32]:
        """Features, class and recording of each example, and the moves of those that show one."""
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
            blocks.append((features, known, np.full(len(clear), self.pool.clip_no[row]), goal))
        joined = [np.concatenate(column) for column in zip(*blocks, strict=True)]
        return with_one(joined[0]), joined[1].astype(np.int64), joined[2], joined[3]

    def _objectness(self, x: F32, shows: Bool, even: F64) -> F32:
        """(d + 1,) regression; in further passes negatives that are scored high count more."""
        weight = np.empty(len(x))
        weight[shows] = even[shows] / max(even[shows].sum(), LEAST)
        hard = even[~shows]
        for again in range(self.settings.passes + 1):
            weight[~shows] = hard * (self.settings.negatives / max(hard.sum(), LEAST))
            found: F32 = ridge(x, shows[:, None].astype(np.float32), weight, self.settings.penalty)[
                :, 0
            ]
            if again < self.settings.passes:
                scored = np.clip(x[~shows] @ found, MARGIN, 1.0).astype(np.float64)
                hard = even[~shows] * scored**2
        return found


def _even(recording: I64) -> F64:
    """(m,) weights by which each recording counts alike, one in the mean."""
    _, at, count = np.unique(recording, return_inverse=True, return_counts=True)
    weight = 1.0 / count[at]
    found: F64 = weight * (len(weight) / weight.sum())
    return found
