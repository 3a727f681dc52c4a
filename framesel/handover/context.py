"""Frames around a frame, so that an annotator sees what moves and what it was before."""

from __future__ import annotations

import numpy as np

from framesel.handover.listing import Listed
from framesel.report.frames import Frames


def around(frames: Frames, frame: Listed, each: int) -> list[Listed]:
    """The sampled frames just before and after one, in order of time.

    Args:
        frames: All that were sampled.
        frame: Need not be one of them.
        each: At most so many on each side, of the same video.
    """
    low, high = frames.span(frame.video_no)
    pts = frames.pts[low:high]
    before = low + int(np.searchsorted(pts, frame.pts, side="left"))
    after = low + int(np.searchsorted(pts, frame.pts, side="right"))
    rows = [*range(max(low, before - each), before), *range(after, min(high, after + each))]
    return [
        Listed(
            frame.video_no,
            int(frames.pts[row]),
            index=int(frames.columns["index"][row]),
            t_s=float(frames.t_s[row]),
            boxes=(),
        )
        for row in rows
    ]
