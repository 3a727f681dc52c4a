"""Who stands for whom, and for what stretch of its video."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Seconds = npt.NDArray[np.float64]


def spans(video_no: npt.NDArray[Any], t_s: Seconds, keeper: Ints) -> tuple[Seconds, Seconds]:
    """First and last second, in the keeper's own video, of what each keeper stands for.

    Args:
        video_no: (n,) the video of each frame.
        t_s: (n,) its time.
        keeper: (n,) row of who stands for it; -1 where nobody does.

    Returns:
        (n,) and (n,) seconds; inf and -inf for frames that stand for nothing.
    """
    own = np.flatnonzero((keeper >= 0) & (video_no == video_no[keeper]))
    start = np.full(len(t_s), np.inf)
    end = np.full(len(t_s), -np.inf)
    np.minimum.at(start, keeper[own], t_s[own])
    np.maximum.at(end, keeper[own], t_s[own])
    return start, end
