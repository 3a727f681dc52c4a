"""Keeps the frames that differ from the last one kept."""

from collections.abc import Iterator

import numpy as np

from framesel.video.frame import Frame
from framesel.video.quality import Thumb, thumbnail
from framesel.video.sampling import OnChange


def only_changes(frames: Iterator[Frame], sampling: OnChange) -> Iterator[Frame]:
    """Passes on the first frame, and each that differs enough from the last one passed on.

    Comparing with the last *kept* frame, not with the last seen, catches slow pans.

    Args:
        frames: Candidates in presentation order.
        sampling: Gives the threshold in mean gray levels.
    """
    kept: Thumb | None = None
    for frame in frames:
        thumb = thumbnail(frame.image)
        if kept is None or float(np.abs(thumb - kept).mean()) > sampling.threshold:
            kept = thumb
            yield frame
