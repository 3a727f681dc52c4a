"""Boxes of all candidates in one set of arrays, for strategies that look at objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framesel.selection.vectors.arrays import F32, I32, I64


@dataclass(frozen=True, eq=False)
class Objects:
    """m boxes of n frames; those of frame i are rows ``offsets[i]`` to ``offsets[i + 1] - 1``.

    Attributes:
        offsets: (n + 1,) int64, rising from 0 to m.
        features: (m, f) float32 unit rows, what the detector's last layer sees.
        class_no: (m,) int32 most probable class.
        confidence: (m,) float32 its probability, 0 to 1.
        uncertainty: (m,) float32 >= 0, how unsure the detector is about the box.
    """

    offsets: I64
    features: F32
    class_no: I32
    confidence: F32
    uncertainty: F32

    def __len__(self) -> int:
        return len(self.features)

    def frame_of(self) -> I64:
        """(m,) the frame of each box."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    def subset(self, frames: I64) -> Objects:
        """The boxes of some frames, in the given order."""
        counts = np.diff(self.offsets)[frames]
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], counts)
        rows = np.repeat(self.offsets[:-1][frames], counts) + within
        return Objects(
            offsets,
            self.features[rows],
            self.class_no[rows],
            self.confidence[rows],
            self.uncertainty[rows],
        )
