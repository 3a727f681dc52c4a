"""What a detector sees, lined up with the frames that a selection chooses from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
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

Column = Callable[[Boxes], npt.NDArray[Any]]
"""What is asked of boxes: (m, ...) numbers."""

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

        return Sightings(
            *self._boxes(
                lambda boxes: np.ones(len(boxes), np.bool_),
                lambda boxes: boxes.xyxy.astype(np.float32),
                lambda boxes: boxes.top_class[:, 0].astype(np.int32),
                lambda boxes: boxes.confidence().astype(np.float32),
            )
        )

    def objects(self) -> Objects:
        """The confident boxes with their features; they lie in the workspace's folder meanwhile.

        Raises:
            SelectionError: The detector gives no features.
        """
        from framesel.selection.objects import Objects
        from framesel.uncertainty.one_pass import box_scores

        self._check_features()
        return Objects(
            *self._boxes(
                lambda boxes: boxes.confidence() >= CONFIDENT,
                _directions,
                lambda boxes: boxes.top_class[:, 0].astype(np.int32),
                lambda boxes: boxes.confidence(),
                lambda boxes: box_scores(boxes)["entropy"],
            )
        )

    def gradients(self) -> F32:
        """(n, 256) sketch of each frame's gradient: the sum over its boxes (BADGE).

        They lie in the workspace's folder meanwhile.

        Raises:
            SelectionError: The detector gives no features.
        """
        from framesel.uncertainty.groups import own_probabilities
        from framesel.uncertainty.model_change import badge_sketch

        self._check_features()
        done = 0
        with Spilled(self.inputs.workspace.root) as spilled:
            for rows, boxes in self._shards():
                up_to = int(rows.max(initial=done - 1)) + 1
                total = np.zeros((up_to - done, SKETCH), np.float32)
                if len(boxes):
                    own = own_probabilities(boxes)
                    features = np.asarray(boxes.features, np.float32)
                    sketch = badge_sketch(own, features, "sigmoid", dim=SKETCH)
                    np.add.at(total, rows[boxes.picture_of()] - done, sketch)
                spilled.add(total)
                done = up_to
            spilled.add(np.zeros((len(self.data) - done, SKETCH), np.float32))
            return spilled.array()

    def _shards(self) -> Iterator[tuple[I64, Boxes]]:
        """Shard by shard: the dataset's row of each picture, and the boxes of those it has.

        All rows of a shard come before those of the next.
        """
        for shard in self.inputs.catalog.shards:
            frames, evidence = self.reader.read(shard)
            rows = self.data.rows(frames.video_no, frames.pts)
            known = np.flatnonzero(rows >= 0)
            yield rows[known], evidence.boxes.pick(known)

    def _boxes(
        self, wanted: Callable[[Boxes], npt.NDArray[np.bool_]], *columns: Column
    ) -> tuple[npt.NDArray[Any], ...]:
        """Where each frame's wanted boxes begin, (n + 1,), and what is asked of them, from disk."""
        folder, counts = self.inputs.workspace.root, np.zeros(len(self.data), np.int64)
        with ExitStack() as stack:
            files = [stack.enter_context(Spilled(folder)) for _ in columns]
            for rows, boxes in self._shards():
                some = boxes.where(wanted(boxes))
                counts[rows] = np.diff(some.offsets)
                order = np.argsort(rows[some.picture_of()], kind="stable")
                for file, column in zip(files, columns, strict=True):
                    file.add(column(some)[order])
            offsets = np.concatenate([[0], np.cumsum(counts)])
            return offsets, *(file.array() for file in files)

    def _check_features(self) -> None:
        if not self.reader.chair.features:
            why = self.reader.chair.missing.get("features", "")
            raise SelectionError(
                f"the strategy looks at box features, and {self.reader.chair.name} gives none"
                + (f" ({why})" if why else "")
                + "; choose another strategy, or a detector of a family that gives them "
                "(`framesel list detectors`)"
            )


def _directions(boxes: Boxes) -> F32:
    """(m, f) features of boxes, of unit length."""
    features = np.asarray(boxes.features, np.float32)
    length: F32 = np.linalg.norm(features, axis=1, keepdims=True)
    somewhere = np.eye(1, features.shape[1], dtype=np.float32)  # where nothing is felt
    return np.where(length > 0, features / np.maximum(length, np.finfo(np.float32).tiny), somewhere)
