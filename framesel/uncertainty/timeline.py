"""Boxes in time: who comes before and after whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.uncertainty.boxes import I64, Array, Boxes

F64 = NDArray[np.float64]
Bools = NDArray[np.bool_]
LEAST_FRAMES = 3  # before, now and after


@dataclass(frozen=True, eq=False, slots=True)
class Timeline:
    """m boxes of n frames, joined into tracks.

    Attributes:
        time: (n,).
        clip: (n,).
        long: (n,) bool, the clip has three frames at least.
        edge: (n,) bool, first or last of its clip.
        frame: (m,) of each box.
        track: (m,).
        order: (m,) rows by track, then by time.
        before: (m,) row of the box before in the track, -1: none.
        after: (m,) row of the box after.
    """

    time: F64
    clip: I64
    long: Bools
    edge: Bools
    frame: I64
    track: I64
    order: I64
    before: I64
    after: I64

    @classmethod
    def of(cls, boxes: Boxes, time: Array, track: Array, clip: Array) -> Timeline:
        """Checks that the columns fit together and finds each box's neighbours in its track.

        Args:
            boxes: Of n frames, sorted by clip and then by time.
            time: (n,) seconds or frame numbers.
            track: (m,) unique over all clips.
            clip: (n,).

        Raises:
            UsageError: They do not fit.
        """
        time, track, clip = np.asarray(time, np.float64), np.asarray(track), np.asarray(clip)
        n, m = boxes.pictures, len(boxes)
        if time.shape != (n,) or clip.shape != (n,) or track.shape != (m,):
            raise UsageError(
                f"{m} boxes in {n} frames need (m,) tracks, (n,) times and (n,) clips; got "
                f"{track.shape}, {time.shape} and {clip.shape}"
            )
        starts = np.ones(n, np.bool_)
        starts[1:] = clip[1:] != clip[:-1]
        later = np.diff(time) > 0  # not for nan either
        if len(np.unique(clip)) != starts.sum() or not (later | starts[1:]).all():
            raise UsageError("frames must be sorted by clip and then by time, each once")
        run = np.cumsum(starts) - 1
        ends = np.append(starts[1:], True)[:n]
        frame = boxes.picture_of()
        order = np.lexsort((frame, track))
        same = track[order][1:] == track[order][:-1]
        one, two = order[:-1][same], order[1:][same]
        if (frame[one] == frame[two]).any() or (run[frame[one]] != run[frame[two]]).any():
            raise UsageError(
                "a track has two boxes in a frame, or goes on in another clip: number tracks anew "
                "in every clip"
            )
        before, after = np.full(m, -1), np.full(m, -1)
        before[two], after[one] = one, two
        long = np.bincount(run)[run] >= LEAST_FRAMES
        return cls(time, clip, long, starts | ends, frame, track, order, before, after)

    def part(self, before: I64, now: I64, after: I64) -> F64:
        """(k,) how far the boxes ``now`` are on the way; nonsense where there is no way."""
        start, end = self.time[self.frame[before]], self.time[self.frame[after]]
        way = np.where(end > start, end - start, 1.0)
        share: F64 = (self.time[self.frame[now]] - start) / way
        return share
