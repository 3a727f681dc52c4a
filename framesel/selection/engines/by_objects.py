"""Frames for the sake of single objects: farthest-first within each class, classes by quota."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from framesel.selection.engines.farthest_first import FarthestFirst
from framesel.selection.greedy import NONE_LEFT
from framesel.selection.objects import Objects
from framesel.selection.vectors.arrays import F32, F64, I64


class ByObjects:
    """Proposes the frame of the object that is most unlike the chosen ones of its class.

    Attributes:
        why: For each pick how it came about.
    """

    def __init__(
        self,
        objects: Objects,
        classes: Sequence[str],
        power: float,
        *,
        vectors: F32,
        seeds: F32,
    ) -> None:
        """Begin with no object chosen.

        Args:
            objects: The boxes of n frames.
            classes: Names; those that are missing are numbers.
            power: Shares of classes are in proportion to their boxes to this power.
            vectors: (n, d) float32 unit rows of the frames, for those without objects.
            seeds: (m, d) float32 unit rows of frames chosen before.
        """
        self._offsets, self._frame_of = objects.offsets, objects.frame_of()
        numbers, self._class_of = np.unique(objects.class_no, return_inverse=True)
        self._names = [classes[c] if c < len(classes) else f"class {c}" for c in numbers]
        self._members = [np.flatnonzero(self._class_of == c) for c in range(len(numbers))]
        self._place = np.empty(len(objects), np.int64)
        for members in self._members:
            self._place[members] = np.arange(len(members))
        none = np.empty((0, objects.features.shape[1]), np.float32)
        self._classes = [
            FarthestFirst(objects.features[members], none, weights=objects.confidence[members])
            for members in self._members
        ]
        self._shares: F64 = np.array([len(members) for members in self._members], float) ** power
        self._have = np.zeros(len(numbers), np.int64)
        self._frames = FarthestFirst(vectors, seeds)
        self._turn: tuple[int, int] | None = None
        self.why: list[str] = []

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        for turn in np.argsort(-self._shares / (self._have + 1), kind="stable"):
            at = self._classes[turn].best()
            if at != NONE_LEFT:
                one = int(self._members[turn][at])
                self._turn = int(self._frame_of[one]), one
                return self._turn[0]
        self._turn = None
        return self._frames.best()

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. Classes have no gain in common."""
        wanted = self._turn[1] if self._turn and self._turn[0] == row else -1
        ones = range(self._offsets[row], self._offsets[row + 1])
        if wanted < 0:
            self.why.append("no object left to add; far from all chosen frames")
        # The wanted one first: its distance is the one to what was chosen before this frame.
        for one in sorted(ones, key=lambda one: one != wanted):
            class_ = self._class_of[one]
            worth = self._classes[class_].take(int(self._place[one]))["distance"]
            if one == wanted:
                self.why.append(self._reason(int(class_), worth))
            self._have[class_] += 1
        self._frames.take(row)
        return {}

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._frames.close(rows)
        for frame in rows:
            part = slice(self._offsets[frame], self._offsets[frame + 1])
            for class_ in np.unique(self._class_of[part]):
                mine = self._class_of[part] == class_
                self._classes[class_].close(self._place[part][mine])

    def _reason(self, class_: int, worth: float) -> str:
        """Text for the object that a frame is picked for."""
        if self._have[class_] == 0:
            return f"the first {self._names[class_]}"
        return f"{self._names[class_]} unlike all chosen: confidence times distance {worth:.3g}"
