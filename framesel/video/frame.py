"""One picture of one video."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Frame:
    """A decoded frame; (video, pts) identifies it, index and second are derived.

    Attributes:
        pts: Presentation time in units of the stream's time base. In a stream without usable
            timestamps it is the position in presentation order (see `VideoInfo.time_base`).
        index: Position in presentation order, from 0.
        t_s: Seconds from the first frame of the video: (pts - start_pts) * time_base.
        key: The decoder flags it as a keyframe.
        image: (h, w, 3) uint8 RGB, rotated as the container asks.
        companion: It stands beside a frame that was asked for, and is no candidate itself.
        coded: Bytes that code what is shown between it and the next frame that was asked for,
            keyframes left out; None where the decoder does not look at them.
        third_s: Seconds after it by which a third of these bytes is spent; None where there are
            none.
        third_key_s: Seconds after it of the last keyframe up to there; None likewise.
    """

    pts: int
    index: int
    t_s: float
    key: bool
    image: NDArray[np.uint8]
    companion: bool = False
    coded: int | None = None
    third_s: float | None = None
    third_key_s: float | None = None
