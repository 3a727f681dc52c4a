"""Boxes of successive frames joined into tracks, by the library ``trackers``.

The tracker is ByteTrack (Zhang et al. 2022, arXiv 2110.06864): a Kalman filter predicts where each
track goes on; confident boxes are matched to the predictions by IoU, then what is left of the
tracks to the boxes of little confidence. Classes play no part, so that a track can change its
class, which is what some scores look for.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
FrameBoxes = tuple[F32, F32, I64]

CONFIDENT = 0.25
LEAST_IOU = 0.1
LOST_FRAMES = 30
FRAME_RATE = 30.0


def clips(video_no: I64, index: I64, most_gap: int) -> list[range]:
    """Runs of frames that lie close enough together to be tracked.

    Args:
        video_no: (n,) video of each frame, and
        index: (n,) number of the frame in its video; rows are sorted by both.
        most_gap: Frames of one video whose numbers differ by at most this belong together.

    Returns:
        Rows of each run, in order; every row is in exactly one.

    Raises:
        UsageError: The rows are not sorted, or ``most_gap`` is not positive.
    """
    if len(video_no) != len(index) or most_gap < 1:
        raise UsageError(
            f"clips takes a video and an index for each frame and most_gap >= 1; got "
            f"{len(video_no)} videos, {len(index)} indices and most_gap {most_gap}"
        )
    if len(index) == 0:
        return []
    same = np.diff(video_no) == 0
    step = np.diff(index)
    if np.any(np.diff(video_no) < 0) or np.any(same & (step <= 0)):
        raise UsageError("clips takes frames sorted by video, then by index, each once")
    cuts = np.flatnonzero(~(same & (step <= most_gap))) + 1
    ends = [*cuts.tolist(), len(index)]
    return [range(start, end) for start, end in zip([0, *ends], ends, strict=False)]


def track(
    frames: Sequence[FrameBoxes], *, fps_gap: int = 1, confident: float = CONFIDENT
) -> list[I64]:
    """Track ids of the boxes of one clip.

    Boxes that the tracker does not join to anything (little confidence and no track near) get an id
    of their own, so that every box belongs to exactly one track. The result depends on nothing but
    the arguments.

    Args:
        frames: Of each frame in time order: corners (k, 4) in pixels, confidence (k,), and class
            number (k,), which is handed on but does not decide.
        fps_gap: Frames of the video from one of these to the next. A track survives about a second
            (30 frames of the video) without a box, and at least one of these frames.
        confident: Boxes from here on are matched first and may begin a track.

    Returns:
        For each frame (k,) int64 ids, from 0 in the order of first appearance.

    Raises:
        UsageError: Arrays do not fit together or hold values that are not finite.
    """
    if fps_gap < 1:
        raise UsageError(f"fps_gap is {fps_gap}: successive frames are at least 1 apart")
    for number, boxes in enumerate(frames):
        _check(number, boxes)
    linker = _Linker(fps_gap, confident)
    return [linker.ids(*boxes) for boxes in frames]


def _check(number: int, boxes: FrameBoxes) -> None:
    xyxy, confidence, class_no = boxes
    k = len(xyxy)
    if xyxy.shape != (k, 4) or confidence.shape != (k,) or class_no.shape != (k,):
        raise UsageError(
            f"frame {number}: boxes are (k, 4) with (k,) confidences and classes, got "
            f"{xyxy.shape}, {confidence.shape} and {class_no.shape}"
        )
    if not (np.isfinite(xyxy).all() and np.isfinite(confidence).all()):
        raise UsageError(f"frame {number}: boxes and confidences must be finite to be tracked")


class _Linker:
    """ByteTrack, with an id for every box.

    The library gives no id to the first box of a track (it is not one yet) and none to boxes that
    it drops. A new track is therefore noted with the box that began it, and gets our id at once.
    """

    def __init__(self, fps_gap: int, confident: float) -> None:
        tracker_class, self._detections_class = _library()
        self._confident = confident
        self._tracker = tracker_class(
            lost_track_buffer=LOST_FRAMES,
            frame_rate=FRAME_RATE / fps_gap,
            track_activation_threshold=confident,
            minimum_consecutive_frames=1,
            minimum_iou_threshold=LEAST_IOU,
            high_conf_det_threshold=confident,
        )
        self._next_id = 0
        # By the identity of the library's own track objects, which the list keeps alive.
        self._known: dict[int, int] = {}
        self._alive: list[Any] = []

    def _new_id(self) -> int:
        self._next_id += 1
        return self._next_id - 1

    def ids(self, xyxy: F32, confidence: F32, class_no: I64) -> I64:
        """The ids of the next frame's boxes, in the order of the boxes."""
        given = self._detections_class(
            xyxy=xyxy.astype(np.float64),
            confidence=confidence.astype(np.float64),
            class_id=class_no.astype(np.int64),
            data={"row": np.arange(len(xyxy))},
        )
        found = self._tracker.update(given)
        library_id = np.full(len(xyxy), -1, np.int64)
        if len(found):
            library_id[found.data["row"]] = found.tracker_id
        return self._named(library_id, confidence)

    def _named(self, library_id: I64, confidence: F32) -> I64:
        tracks = list(self._tracker.tracks)
        by_library_id = {t.tracker_id: self._known.get(id(t)) for t in tracks}
        # The library begins its tracks in the order of the boxes that were left over.
        newborn = iter([t for t in tracks if id(t) not in self._known])
        ids = np.empty(len(library_id), np.int64)
        for row, number in enumerate(library_id.tolist()):
            own = by_library_id.get(number) if number >= 0 else None
            if own is None:
                own = self._new_id()
                if number < 0 and float(confidence[row]) >= self._confident:
                    beginning = next(newborn, None)
                    if beginning is not None:
                        self._known[id(beginning)] = own
            ids[row] = own
        self._alive = tracks
        self._known = {id(t): self._known[id(t)] for t in tracks if id(t) in self._known}
        return ids


def _library() -> tuple[Any, Any]:
    """The classes of the tracker and of its detections."""
    with warnings.catch_warnings():
        # Its own dependencies announce their deprecations to whoever imports them.
        warnings.simplefilter("ignore")
        from supervision import Detections
        from trackers import ByteTrackTracker
    return ByteTrackTracker, Detections
