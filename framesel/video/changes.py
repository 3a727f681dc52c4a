"""Tells the frames that differ from the last one taken."""

import numpy as np

from framesel.video.frame import Frame
from framesel.video.quality import Thumb, thumbnail


class Changes:
    """Says yes to the first frame, and to each that differs enough from the last yes.

    Comparing with the last frame *taken*, not with the last seen, catches slow pans.

    Args:
        threshold: Mean gray levels (0-255) of a small thumbnail.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._taken: Thumb | None = None

    def __call__(self, frame: Frame) -> bool:
        """Whether to take the frame."""
        thumb = thumbnail(frame.image)
        if self._taken is not None:
            change = float(np.abs(thumb - self._taken).mean())
            if change <= self.threshold:
                return False
        self._taken = thumb
        return True
