"""What a detector says of the pictures of a pool, in the words that strategies understand."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from framesel.evaluation.boxes import Truth
from framesel.selection.duplicates.revive import Sightings
from framesel.selection.objects import Objects
from framesel.selection.vectors.arrays import F32, F64, Bool
from framesel.simulation.detector.pool import Pool
from framesel.stages.scores import Scores
from framesel.stages.sightings import CONFIDENT
from framesel.uncertainty.boxes import Boxes
from framesel.uncertainty.combine import utility
from framesel.uncertainty.evidence import Evidence
from framesel.uncertainty.scoring import fill_empty, picture_scores

SCORES = ("least_confidence", "entropy")


@dataclass(frozen=True, eq=False)
class Heard:
    """A detector's boxes in all n pictures of a pool.

    Attributes:
        pool: The pictures.
        boxes: Of each of them.
    """

    pool: Pool
    boxes: Boxes

    @cached_property
    def scores(self) -> dict[str, F32]:
        """The scores that the recipe's utility is made of, and entropy: (n,) each."""
        from framesel.uncertainty.silence import silence

        known = Scores()
        found = picture_scores(Evidence(self.boxes), SCORES, known.aggregate, m=known.top_m)
        quiet = silence(
            self.boxes,
            video_no=self.pool.video_no,
            pts_s=self.pool.pts_s,
            vectors=self.pool.vectors,
        )["silence"]
        filled = {name: fill_empty(found[name], quiet) for name in SCORES}
        return {**filled, "silence": quiet}

    @cached_property
    def doubt(self) -> F64:
        """(n,) utility as the recipe has it by default: a rank among the pictures."""
        known = Scores()
        return utility(known.combine(self.scores), known.floor)

    @cached_property
    def entropy(self) -> F64:
        """(n,) rank of the entropy among the pictures."""
        return utility(self.scores["entropy"], Scores().floor)

    @cached_property
    def class_counts(self) -> F32:
        """(n, C) confident boxes of each class."""
        sure = self.boxes.confidence() >= CONFIDENT
        counts = np.zeros((len(self.pool), len(self.pool.classes)), np.float32)
        at = self.boxes.picture_of()[sure], self.boxes.top_class[sure, 0].astype(np.int64)
        np.add.at(counts, at, 1.0)
        return counts

    @cached_property
    def objects(self) -> Objects | None:
        """The confident boxes with their features; None where the detector gives none."""
        from framesel.uncertainty.one_pass import box_scores

        boxes = self.boxes.where(self.boxes.confidence() >= CONFIDENT)
        if boxes.features is None:
            return None
        features = boxes.features.astype(np.float32)
        length = np.linalg.norm(features, axis=1, keepdims=True)
        features[length[:, 0] == 0, 0] = 1.0  # a box of which nothing is felt still needs a place
        return Objects(
            boxes.offsets,
            (features / np.where(length > 0, length, 1.0)).astype(np.float32),
            boxes.top_class[:, 0].astype(np.int32),
            boxes.confidence(),
            box_scores(boxes)["entropy"].astype(np.float32),
        )

    def sightings(self) -> Sightings:
        """All boxes, for comparing pictures."""
        boxes = self.boxes
        numbers = boxes.top_class[:, 0].astype(np.int32)
        return Sightings(boxes.offsets, boxes.xyxy, numbers, boxes.confidence())


def errors(boxes: Boxes, truth: Truth) -> Bool:
    """(n,) bool: pictures in which an object was missed or made up.

    Args:
        boxes: What a detector says of n pictures.
        truth: What is there.
    """
    from framesel.uncertainty.frame_errors import frame_errors

    return frame_errors(
        boxes.xyxy,
        boxes.top_class[:, 0].astype(np.int64),
        boxes.confidence(),
        boxes.offsets,
        truth.xyxy,
        truth.class_no,
        truth.offsets,
        confident=CONFIDENT,
    ).any
