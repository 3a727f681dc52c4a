"""The vectors of the frames of a view, however many there are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.report.frames import Frames
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages import gathered
from framesel.stages.stored_vectors import Vectors, blocks

Ints = npt.NDArray[np.int64]
F32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class FrameVectors:
    """(n, d) float32 unit rows, zeros for frames that have none; indexed by rows like an array.

    Attributes:
        stored: (s, d) those that there are: in memory where there is room, otherwise on disk.
        place: (n,) which of them each frame's is; -1 where there is none.
    """

    stored: Vectors
    place: Ints

    @classmethod
    def read(cls, inputs: GatherInputs, frames: Frames, run: RunSettings) -> FrameVectors:
        """Those of some frames.

        Args:
            inputs: Where the tables are.
            frames: Whose vectors.
            run: Says how much memory may be taken.
        """
        data = gathered.read(inputs, [], run)
        return cls(data.vectors, data.rows(frames.video_no, frames.pts))

    def __len__(self) -> int:
        return len(self.place)

    @property
    def there(self) -> npt.NDArray[np.bool_]:
        """(n,) which frames have one."""
        return self.place >= 0

    def __getitem__(self, which: Any) -> F32:
        place = self.place[which]
        found = np.zeros((place.size, self.stored.shape[1]), np.float32)
        known = np.flatnonzero(place >= 0)
        found[known] = self.stored[place.reshape(-1)[known]]
        return found.reshape(*place.shape, -1)

    def some(self, rows: Ints) -> SomeVectors:
        """Those of some frames, in memory."""
        rows = np.unique(rows)
        return SomeVectors(rows, self[rows])

    def cosines(self, vector: F32) -> F32:
        """(n,) with a vector of unit length; -inf for frames that have none."""
        found = np.concatenate([block @ vector for block in blocks(self.stored)])
        return np.where(self.there, found[self.place], np.float32(-np.inf))


@dataclass(frozen=True, eq=False)
class SomeVectors:
    """Vectors of some frames; indexed by the rows that these have among all.

    Attributes:
        rows: (m,) rising.
        vectors: (m, d) float32.
    """

    rows: Ints
    vectors: F32

    def __getitem__(self, which: Ints) -> F32:
        return self.vectors[np.searchsorted(self.rows, which)]
