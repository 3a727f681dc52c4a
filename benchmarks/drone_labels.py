"""The labels of the drone clips: boxes of every frame, by its position in presentation order."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from drone_clips import data_folder, read_splits
from numpy.typing import NDArray

CLASSES = ("AIRPLANE", "BIRD", "DRONE", "HELICOPTER")
ON_THE_CUT = (0.02, 0.9)  # share of a labelled box inside the picture: part of it, not most


@dataclass(frozen=True)
class ClipLabels:
    """The m labelled boxes of a clip; every frame was labelled, so one without boxes is empty.

    Attributes:
        clip: Its name, such as ``V_DRONE_001``.
        frames: How many frames it has: n.
        frame: (m,) int64, rising, from 0.
        class_no: (m,) int64, position in ``CLASSES``.
        xyxy: (m, 4) float32, corners in pixels of the full-size frame.
    """

    clip: str
    frames: int
    frame: NDArray[np.int64]
    class_no: NDArray[np.int64]
    xyxy: NDArray[np.float32]

    @cached_property
    def offsets(self) -> NDArray[np.int64]:
        """(n + 1,) int64: the boxes of frame i are rows offsets[i] to offsets[i + 1]."""
        offsets: NDArray[np.int64] = np.searchsorted(self.frame, np.arange(self.frames + 1))
        return offsets.astype(np.int64)

    def of(self, frame: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """(k, 4) corners and (k,) classes of one frame; none for a frame without objects.

        Raises:
            IndexError: The clip has no such frame.
        """
        if not 0 <= frame < self.frames:
            raise IndexError(f"{self.clip} has {self.frames} frames, so none at position {frame}")
        rows = slice(self.offsets[frame], self.offsets[frame + 1])
        return self.xyxy[rows], self.class_no[rows]


def read_labels(clip: str) -> ClipLabels:
    """The labels of one clip.

    Raises:
        ValueError: Boxes lie on frames that the clip does not have.
        KeyError: The clip is not in ``splits.csv``, or a class is none of ``CLASSES``.
    """
    numbers = {name: number for number, name in enumerate(CLASSES)}
    frames = {row["clip"]: int(row["frames"]) for row in read_splits()}[clip]
    found: list[tuple[int, int, float, float, float, float]] = []
    with (data_folder() / "drone" / "labels" / f"{clip}.csv").open(newline="") as lines:
        for row in csv.DictReader(lines):
            x, y, w, h = (float(row[name]) for name in "xywh")
            found.append((int(row["frame"]), numbers[row["class"]], x, y, x + w, y + h))
    found.sort(key=lambda box: box[0])
    if found and not 0 <= found[0][0] <= found[-1][0] < frames:
        raise ValueError(f"{clip}: boxes on frames {found[0][0]} to {found[-1][0]} of {frames}")
    table = np.array(found, dtype=np.float64).reshape(-1, 6)
    return ClipLabels(
        clip,
        frames,
        table[:, 0].astype(np.int64),
        table[:, 1].astype(np.int64),
        table[:, 2:].astype(np.float32),
    )


@dataclass(frozen=True)
class Part:
    """What the detector is shown of each frame: corners as shares of it, and the longest side."""

    crop: tuple[float, float, float, float]
    side: float


WHOLE = (Part((0.0, 0.0, 1.0, 1.0), 1.0),)
# A half is 4:5 of the frame's long side high, so that at 0.8 of the size it is at the same scale.
HALVES = (Part((0.0, 0.0, 0.5, 1.0), 0.8), Part((0.5, 0.0, 1.0, 1.0), 0.8))


@dataclass(frozen=True)
class Truth:
    """The labelled objects in the part of a frame that was shown.

    Attributes:
        xyxy: (k, 4) float32, in pixels of that part.
        class_no: (k,) int64.
        cut: An object lies on the edge of the part.
    """

    xyxy: NDArray[np.float32]
    class_no: NDArray[np.int64]
    cut: bool


def truth_in(part: Part, size_wh: tuple[int, int], labels: ClipLabels, frame: int) -> Truth:
    """What is labelled in a part of a frame of this size."""
    xyxy, class_no = labels.of(frame)
    low, high = (np.array(corner) * size_wh for corner in (part.crop[:2], part.crop[2:]))
    clipped = np.clip(xyxy.reshape(-1, 2, 2), low, high)
    inside = np.prod(clipped[:, 1] - clipped[:, 0], axis=1)
    share = inside / np.prod(xyxy[:, 2:] - xyxy[:, :2], axis=1)
    cut = bool(((share > ON_THE_CUT[0]) & (share < ON_THE_CUT[1])).any())
    kept = share >= ON_THE_CUT[1]
    shown = (clipped[kept] - low).reshape(-1, 4).astype(np.float32)
    return Truth(shown, class_no[kept], cut)
