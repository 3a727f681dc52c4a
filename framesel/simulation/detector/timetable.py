"""Which pictures a setting shows, in which video, when: before any picture is decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from framesel.selection.vectors.arrays import F64, I64
from framesel.simulation.detector.material import Material

EVERY: Final = 15
"""Of the frames of a clip one in so many is sampled: two a second of the drone clips."""

DWELL_EVERY: Final = 30
"""The same where clips are held; the frames are among the others'."""

DWELL_SEED: Final = 20
DWELL_VIDEOS: Final = 20
PARETO: Final = 1.1
LONGEST: Final = 30.0
"""A clip is held for at most so many times its own length: five minutes of the drone clips."""


@dataclass(frozen=True, eq=False)
class Timetable:
    """n pictures in (video, time) order; row i of every array is picture i.

    Attributes:
        clip_no: (n,) int64, number of the clip in its material.
        index: (n,) int64, frame of the clip.
        showing: (n,) int64: 0 where the frame is shown as it is, else for the how manieth time it
            is shown again, with noise of its own.
        video_no: (n,) int64, rising; several clips may make up a video.
        step_s: (n,) float64, for how many seconds the picture is on screen.
    """

    clip_no: I64
    index: I64
    showing: I64
    video_no: I64
    step_s: F64

    def __len__(self) -> int:
        return len(self.clip_no)

    @property
    def pts_s(self) -> F64:
        """(n,) float64 seconds in the video: its pictures follow one another without a gap."""
        begins = np.cumsum(self.step_s) - self.step_s
        first = np.searchsorted(self.video_no, self.video_no, side="left")
        since: F64 = begins - begins[first]
        return since

    def take(self, rows: I64) -> Timetable:
        """Some of the pictures, as if the others had never been recorded.

        Args:
            rows: (k,) rising.
        """
        numbers = np.unique(self.video_no[rows], return_inverse=True)[1].astype(np.int64)
        columns = (self.clip_no[rows], self.index[rows], self.showing[rows])
        return Timetable(*columns, numbers, self.step_s[rows])


def as_recorded(material: Material, clips: I64, every: int = EVERY) -> Timetable:
    """Each clip is a video, sampled at equal steps.

    Args:
        material: Has the clips.
        clips: (k,) their numbers.
        every: One frame in so many is taken.
    """
    taken = [np.arange(0, len(material.clips[clip].truth), every) for clip in clips]
    counts = [len(frames) for frames in taken]
    index = np.concatenate(taken).astype(np.int64)
    fps = np.array([material.clips[clip].fps for clip in clips])
    return Timetable(
        clip_no=np.repeat(clips, counts),
        index=index,
        showing=np.zeros(len(index), np.int64),
        video_no=np.repeat(np.arange(len(clips)), counts),
        step_s=np.repeat(every / fps, counts),
    )


def dwelling(material: Material, clips: I64) -> Timetable:
    """Fixed cameras: clips joined to long videos, each held for a heavy-tailed time.

    The clips are dealt out to ``DWELL_VIDEOS`` videos by a fixed seed. Each is slowed down by a
    factor of its own, min(Pareto(1.1), ``LONGEST``): its sampled frames follow one another as
    before, and each is shown so many times, always with new noise.

    Args:
        material: Has the clips.
        clips: (k,) their numbers.
    """
    rng = np.random.default_rng(DWELL_SEED)
    videos = np.array_split(rng.permutation(clips), DWELL_VIDEOS)
    longer = np.minimum(1.0 + rng.pareto(PARETO, len(clips)), LONGEST)
    once = as_recorded(material, np.concatenate(videos), DWELL_EVERY)
    times = np.rint(longer).astype(np.int64)[once.video_no]
    video_of_clip = np.repeat(np.arange(len(videos)), [len(inside) for inside in videos])
    rows = np.repeat(np.arange(len(once)), times)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(times) - times, times)
    return Timetable(
        clip_no=once.clip_no[rows],
        index=once.index[rows],
        showing=nth.astype(np.int64),
        video_no=video_of_clip[once.video_no][rows].astype(np.int64),
        step_s=once.step_s[rows],
    )
