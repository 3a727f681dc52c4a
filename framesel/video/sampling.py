"""Which timestamps of a video become frames."""

from fractions import Fraction
from itertools import pairwise
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from framesel.video.timeline import Timeline

BoolArray = NDArray[np.bool_]
_INT64_SAFE = 1 << 62
_RARE = 8
"""Gaps between keyframes of more than so many times what is wanted are filled up."""


class _Span(BaseModel):
    """What all modes share: the stretch of the video, in seconds from its first frame."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start_s: float = Field(0.0, ge=0, description="seconds from the first frame to start at")
    end_s: float | None = Field(None, gt=0, description="seconds at which to stop; null: the end")
    companions: int = Field(
        0,
        ge=0,
        le=100,
        description="also take the frames so many before and after each, as evidence for scores "
        "over time; never chosen, and they triple the frames to store and detect on; 0: none",
    )

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.end_s is not None and self.end_s <= self.start_s:
            raise ValueError(f"end_s ({self.end_s}) must lie after start_s ({self.start_s})")
        return self

    @property
    def apart_s(self) -> float:
        """Seconds between two frames, where the settings say so; else 0."""
        return 0.0

    @property
    def apart_frames(self) -> int:
        """Frames of the video from one to the next, where the settings say so; else 0."""
        return 0

    def inside(self, timeline: Timeline) -> BoolArray:
        """Which frames begin in [start_s, end_s)."""
        first = timeline.first_at(exact(self.start_s))
        last = len(timeline) if self.end_s is None else timeline.first_at(exact(self.end_s))
        mask = np.zeros(len(timeline), dtype=np.bool_)
        mask[first:last] = True
        return mask


class FpsSampling(_Span):
    """For each time start_s + k / fps the frame that is on screen then, each frame once."""

    mode: Literal["fps"] = "fps"
    fps: float = Field(1.0, gt=0, le=1000, description="frames per second of video")

    @property
    def apart_s(self) -> float:
        """Seconds between two frames."""
        return 1.0 / self.fps

    def choose(self, timeline: Timeline) -> BoolArray:
        """Marks the frames to take; the grid is absolute, whatever segment is decoded."""
        return on_grid(timeline, exact(self.fps), exact(self.start_s), _end(self.end_s))


class EveryN(_Span):
    """Every n-th frame, counted from the first one at or after start_s."""

    mode: Literal["every_n"] = "every_n"
    n: int = Field(30, ge=1, description="take one frame of n")

    @property
    def apart_frames(self) -> int:
        """Frames of the video from one to the next."""
        return self.n

    def choose(self, timeline: Timeline) -> BoolArray:
        """Marks the frames to take."""
        inside = self.inside(timeline)
        rows = np.flatnonzero(inside)
        inside[:] = False
        inside[rows[:: self.n]] = True
        return inside


class Keyframes(_Span):
    """Every keyframe: fastest by far, at the spacing that the camera chose."""

    mode: Literal["keyframes"] = "keyframes"

    def choose(self, timeline: Timeline) -> BoolArray:
        """Marks the keyframes."""
        return self.inside(timeline) & timeline.key


class KeyframeEvery(_Span):
    """Keyframes some time apart: a cheap first look, however often the camera sets keyframes.

    Where they are rarer than eight times that, frames on the grid of ``every_s`` fill the gap;
    where there are none at all, they are all that is taken.
    """

    mode: Literal["keyframe_every"] = "keyframe_every"
    every_s: float = Field(8.0, gt=0, le=86_400, description="seconds between them, at least")

    def choose(self, timeline: Timeline) -> BoolArray:
        """Marks the keyframes, and what fills the gaps between them."""
        every_s, end_s = exact(self.every_s), _end(self.end_s)
        grid = on_grid(timeline, 1 / every_s, exact(self.start_s), end_s)
        step = every_s / timeline.time_base
        apart = max(1, -(-step.numerator // step.denominator))
        inside = self.inside(timeline)
        rows = _apart(timeline.pts, np.flatnonzero(inside & timeline.key), apart)
        if not rows:
            return grid
        chosen = np.zeros(len(timeline), dtype=np.bool_)
        chosen[rows] = True
        pts = timeline.pts[inside]
        for left, right in pairwise([int(pts[0]), *timeline.pts[rows].tolist(), int(pts[-1])]):
            if right - left > _RARE * apart:
                low, high = np.searchsorted(timeline.pts, [left, right - apart])
                chosen[low:high] |= grid[low:high]
        return chosen


def _apart(pts: NDArray[np.int64], rows: NDArray[np.int64], step: int) -> list[int]:
    """Of rows in order of time the first, and each that is ``step`` after the last one taken."""
    times, taken, at = pts[rows], [], 0
    while at < len(rows):
        taken.append(int(rows[at]))
        at = max(at + 1, int(np.searchsorted(times, times[at] + step)))
    return taken


class OnChange(_Span):
    """A frame when the picture differs enough from the last one taken.

    Candidates lie on a grid of max_fps; the comparison restarts with each segment, whose first
    candidate is always taken.
    """

    mode: Literal["on_change"] = "on_change"
    threshold: float = Field(
        4.0, ge=0, le=255, description="mean gray levels of change (0-255) on a 32x32 thumbnail"
    )
    max_fps: float = Field(5.0, gt=0, le=1000, description="candidates looked at per second")

    def choose(self, timeline: Timeline) -> BoolArray:
        """Marks the candidates."""
        return on_grid(timeline, exact(self.max_fps), exact(self.start_s), _end(self.end_s))


Sampling = Annotated[
    FpsSampling | EveryN | Keyframes | KeyframeEvery | OnChange, Field(discriminator="mode")
]


def exact(seconds: float) -> Fraction:
    """The decimal number a person typed, not its nearest binary one."""
    return Fraction(repr(float(seconds)))


def _end(end_s: float | None) -> Fraction | None:
    return None if end_s is None else exact(end_s)


def on_grid(
    timeline: Timeline, fps: Fraction, start_s: Fraction, end_s: Fraction | None
) -> BoolArray:
    """Marks each frame that is on screen at some time start_s + k / fps < end_s, k >= 0.

    A frame is on screen from its pts until the next frame's. All arithmetic is on integers.

    Args:
        timeline: n frames.
        fps: Grid points per second.
        start_s: First grid point, in seconds from the first frame.
        end_s: Where the grid ends, exclusive.

    Returns:
        (n,) bool.
    """
    if not len(timeline):
        return np.zeros(0, dtype=np.bool_)
    # k of the first grid point at or after pts p: ceil(((p - p0) * time_base - start_s) * fps).
    scale = timeline.time_base * fps
    shift = start_s * fps
    divisor = scale.denominator * shift.denominator
    multiplier = scale.numerator * shift.denominator
    offset = shift.numerator * scale.denominator
    edges: NDArray[Any] = np.append(timeline.pts, timeline.end_pts) - timeline.start_pts
    if int(np.abs(edges).max()) * multiplier + abs(offset) + divisor >= _INT64_SAFE:
        edges = edges.astype(object)
    first_k = -((offset - edges * multiplier) // divisor)
    last_k = first_k[1:]
    if end_s is not None:
        last_k = np.minimum(last_k, _ceil((end_s - start_s) * fps))
    chosen: BoolArray = (np.maximum(first_k[:-1], 0) < last_k).astype(np.bool_)
    return chosen


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)
