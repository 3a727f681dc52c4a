"""When the frames of a video are shown."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Timeline:
    """All frames of a video in presentation order.

    Attributes:
        pts: (n,) int64, strictly increasing.
        key: (n,) bool, keyframes.
        time_base: Seconds of one pts step.
        start_pts: pts that counts as second 0.
        end_pts: Where the last frame leaves the screen.
    """

    pts: NDArray[np.int64]
    key: NDArray[np.bool_]
    time_base: Fraction
    start_pts: int
    end_pts: int

    def __len__(self) -> int:
        return len(self.pts)

    def first_at(self, t_s: Fraction) -> int:
        """Position of the first frame that begins at or after `t_s`; n if none does."""
        steps = t_s / self.time_base
        pts = self.start_pts - (-steps.numerator // steps.denominator)
        if not -(1 << 63) <= pts < 1 << 63:
            return len(self.pts) if pts > 0 else 0
        return int(np.searchsorted(self.pts, pts, side="left"))

    def index_of(self, pts: int) -> int:
        """Position of the frame at `pts`; of the next one if no frame has this pts."""
        return int(np.searchsorted(self.pts, pts, side="left"))
