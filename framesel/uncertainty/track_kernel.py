"""Compiled loop that joins boxes of successive frames."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.uncertainty.kernel import kernel
from framesel.uncertainty.label_kernels import apart

Array = NDArray[Any]


@kernel
def link(xyxy: Array, starts: Array, t_s: Array, run: Array, reach: float) -> Array:
    """Joins the boxes of successive frames of a run, the nearest first.

    A track is expected where it was, moved on as between its last two boxes; it goes on with a box
    less than ``reach`` from there, one frame may lack it, and in a frame it has one box.

    Args:
        xyxy: (t, 4) boxes.
        starts: (n + 1,) offsets of the frames.
        t_s: (n,) seconds, rising in a run.
        run: (n,) rising.
        reach: See ``apart``.

    Returns:
        (t,) int64 tracks, numbered from 0 in the order in which they begin.
    """
    track = np.full(len(xyxy), -1, np.int64)
    when = np.zeros(len(xyxy))
    # Of each track its last box, the one before that, and its last frame.
    last, former = np.full(len(xyxy), -1, np.int64), np.full(len(xyxy), -1, np.int64)
    seen = np.full(len(xyxy), -1, np.int64)
    low = begun = 0
    for frame in range(len(starts) - 1):
        while low < begun and (seen[low] < frame - 2 or run[seen[low]] != run[frame]):
            low += 1
        first, end, old = starts[frame], starts[frame + 1], begun
        when[first:end] = t_s[frame]
        away = np.full((old - low, end - first), np.inf)
        for number in range(low, old):
            if seen[number] >= frame - 2 and run[seen[number]] == run[frame]:
                there = _moved(xyxy, when, last[number], former[number], t_s[frame])
                for row in range(first, end):
                    away[number - low, row - first] = apart(there, xyxy[row])
        for _ in range(min(old - low, end - first)):
            best = np.argmin(away)
            number, place = best // (end - first), best % (end - first)
            if away[number, place] >= reach:
                break
            track[first + place] = number + low
            away[number, :] = np.inf
            away[:, place] = np.inf
        for row in range(first, end):
            if track[row] < 0:
                track[row] = begun
                begun += 1
            number = track[row]
            former[number], last[number], seen[number] = last[number], row, frame
    return track


@kernel
def _moved(xyxy: Array, when: Array, last: int, former: int, now: float) -> Array:
    """Where a track is expected after its last two boxes; its size stays."""
    there: Array = xyxy[last].copy()
    if former >= 0:
        part = (now - when[last]) / (when[last] - when[former])
        for axis in range(2):
            centre = (xyxy[last, axis] + xyxy[last, axis + 2]) / 2.0
            before = (xyxy[former, axis] + xyxy[former, axis + 2]) / 2.0
            there[axis] += part * (centre - before)
            there[axis + 2] += part * (centre - before)
    return there
