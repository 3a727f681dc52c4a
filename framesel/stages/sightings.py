"""What a detector sees, lined up with the frames that a selection chooses from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from framesel.errors import SelectionError
from framesel.stage import GatherInputs
from framesel.stages.evidence import Reader
from framesel.stages.gathered import Dataset
from framesel.stages.spilled import Spilled
from framesel.uncertainty.boxes import F32, I64, Boxes
from framesel.uncertainty.evidence import ScoreSettings

if TYPE_CHECKING:
    from framesel.selection.duplicates.revive import Sightings
    from framesel.selection.objects import Objects

CONFIDENT = 0.25
"""From which confidence on a box is counted as an object."""

SKETCH = 256
"""Width of a frame's gradient."""


class Counts:
    """(n, C) float32 numbers of boxes, nearly all of them 0; indexed by rows like an array.

    Args:
        row: (m,) of each box.
        class_no: (m,) of each box.
        shape: n and C.
    """

    def __init__(self, row: I64, class_no: I64, shape: tuple[int, int]) -> None:
        from scipy.sparse import coo_array  # a stage is known without scipy

        ones = np.ones(len(row), np.float32)
        self._counts: Any = coo_array((ones, (row, class_no)), shape).tocsr()
        self.shape = shape

    def __getitem__(self, which: Any) -> F32:
        found: F32 = self._counts[which].toarray()
        return found


@dataclass(frozen=True)
class Seen:
    """The detections of a dataset; row i of all that it gives is row i of the dataset.

    Attributes:
        reader: Reads them shard by shard.
        inputs: Names the shards.
        data: The frames.
    """

    reader: Reader
    inputs: GatherInputs
    data: Dataset

    @classmethod
    def of(cls, inputs: GatherInputs, data: Dataset, *, bulky: bool) -> Seen:
        """The detections that belong to a dataset.

        Args:
            inputs: Where the tables are.
            data: The frames.
            bulky: Whether box features will be asked for.
        """
        reader = Reader(
            inputs, ("detections",), ScoreSettings(), conf=0.0, iou=1.0, bulky=bulky, track=False
        )
        return cls(reader, inputs, data)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes."""
        return self.reader.chair.classes

    def class_counts(self) -> Counts:
        """(n, C) confident boxes of each class."""
        found = [(np.empty(0, np.int64), np.empty(0, np.int64))]
        for rows, boxes in self._shards():
            sure = boxes.confidence() >= CONFIDENT
            found.append((rows[boxes.picture_of()[sure]], boxes.top_class[sure, 0]))
        row, class_no = (np.concatenate(part) for part in zip(*found, strict=True))
        return Counts(row, class_no, (len(self.data), len(self.classes)))

    def sightings(self) -> Sightings:
        """All boxes, for comparing frames; they lie in the workspace's folder meanwhile."""
        from framesel.selection.duplicates.revive import Sightings

        folder, counts = self.inputs.workspace.root, np.zeros(len(self.data), np.int64)
        with (
            Spilled(folder, np.float32, 4) as xyxy,
            Spilled(folder, np.int32) as class_no,
            Spilled(folder, np.float32) as confidence,
        ):
            for rows, boxes in self._shards():  # whose frames lie side by side in the dataset
                counts[rows] = np.diff(boxes.offsets)
                order = np.argsort(rows[boxes.picture_of()], kind="stable")
                xyxy.add(boxes.xyxy[order])
                class_no.add(boxes.top_class[order, 0])
                confidence.add(boxes.confidence()[order])
            offsets = np.concatenate([[0], np.cumsum(counts)])
            return Sightings(offsets, xyxy.array(), class_no.array(), confidence.array())

    def objects(self) -> Objects:
        """The confident boxes with their features.

        Raises:
            SelectionError: The detector gives no features.
        """
        from framesel.selection.objects import Objects
        from framesel.uncertainty.one_pass import box_scores

        self._check_features()
        frame, parts = self._gathered(lambda boxes: boxes.confidence() >= CONFIDENT)
        offsets, order = _offsets(frame, len(self.data))
        features = np.concatenate([np.asarray(part.features, np.float32) for part in parts])[order]
        length = np.linalg.norm(features, axis=1, keepdims=True)
        features[length[:, 0] == 0, 0] = 1.0  # a box of which nothing is felt still needs a place
        return Objects(
            offsets,
            (features / np.where(length > 0, length, 1.0)).astype(np.float32),
            np.concatenate([part.top_class[:, 0] for part in parts])[order].astype(np.int32),
            np.concatenate([part.confidence() for part in parts])[order],
            np.concatenate([box_scores(part)["entropy"] for part in parts])[order],
        )

    def gradients(self) -> F32:
        """(n, 256) sketch of each frame's gradient: the sum over its boxes (BADGE).

        Raises:
            SelectionError: The detector gives no features.
        """
        from framesel.uncertainty.groups import own_probabilities
        from framesel.uncertainty.model_change import badge_sketch

        self._check_features()
        total = np.zeros((len(self.data), SKETCH), np.float32)
        for rows, boxes in self._shards():
            if len(boxes):
                own = own_probabilities(boxes)
                features = np.asarray(boxes.features, np.float32)
                sketch = badge_sketch(own, features, "sigmoid", dim=SKETCH)
                np.add.at(total, rows[boxes.picture_of()], sketch)
        return total

    def _shards(self) -> Iterator[tuple[I64, Boxes]]:
        """Shard by shard: the dataset's row of each picture, and the boxes of those it has."""
        for shard in self.inputs.catalog.shards:
            frames, evidence = self.reader.read(shard)
            rows = self.data.rows(frames.video_no, frames.pts)
            known = np.flatnonzero(rows >= 0)
            yield rows[known], evidence.boxes.pick(known)

    def _gathered(
        self, wanted: Callable[[Boxes], npt.NDArray[np.bool_]]
    ) -> tuple[I64, list[Boxes]]:
        """The wanted boxes of all shards, and the dataset's row of each."""
        frames, parts = [], []
        for rows, boxes in self._shards():
            some = boxes.where(wanted(boxes))
            frames.append(rows[some.picture_of()])
            parts.append(some)
        return np.concatenate(frames), parts

    def _check_features(self) -> None:
        if not self.reader.chair.features:
            why = self.reader.chair.missing.get("features", "")
            raise SelectionError(
                f"the strategy looks at box features, and {self.reader.chair.name} gives none"
                + (f" ({why})" if why else "")
                + "; choose another strategy, or a detector of a family that gives them "
                "(`framesel list detectors`)"
            )


def _offsets(frame: I64, n: int) -> tuple[I64, I64]:
    """Where each frame's boxes begin, and the order that brings them there."""
    order = np.argsort(frame, kind="stable").astype(np.int64)
    counts = np.bincount(frame, minlength=n)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), order
