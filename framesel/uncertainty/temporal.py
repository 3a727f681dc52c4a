"""What a detector says about an object from frame to frame, and where it contradicts itself.

A real object keeps its class, moves smoothly and does not vanish for one frame (Bengar et al. 2019:
an energy over the graph of boxes; Jin et al. 2018: flickers as hard examples). Boxes must be joined
into tracks before; here the tracks are only read.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.uncertainty.boxes import F32, I64, Array, Boxes
from framesel.uncertainty.matching import paired_iou
from framesel.uncertainty.similarity import class_change
from framesel.uncertainty.timeline import Bools, Timeline

F64 = NDArray[np.float64]
CONFIDENT = 0.25
_SAME_PLACE = 0.3  # IoU with the interpolated box; it is a guess, so less than a match needs


@dataclass(frozen=True, eq=False, slots=True)
class Gaps:
    """Frames in which a track that is there before and after has no confident box.

    Attributes:
        frame: (g,) int64.
        track: (g,) int64.
        strength: (g,) float64, the lesser confidence of the boxes before and after.
    """

    frame: I64
    track: I64
    strength: F64


def temporal_scores(
    boxes: Boxes,
    *,
    time: Array,
    track: Array,
    clip: Array,
    candidate: Array,
    confident: float = CONFIDENT,
) -> dict[str, F32]:
    """Scores of candidate frames from what happens around them.

    Each track gives its greatest value of each kind to the one frame where it occurs, so that one
    bad object does not buy fifty frames. What is found on a companion counts for the candidate of
    its clip that is nearest in time, the earlier of two.

    Args:
        boxes: Of n frames, sorted by clip, then by time.
        time: (n,) seconds or frame numbers.
        track: (m,) track of each box, unique over all clips; in a frame a track has one box at
            most.
        clip: (n,) run of close frames that each belongs to.
        candidate: (n,) bool; the others are companions, which are evidence only.
        confident: A box from here on says that there is an object.

    Returns:
        By name (n,) float32, nan for companions and for candidates in a clip of fewer than three
        frames: ``flicker``, ``jitter`` and ``class_switch``, in [0, 1], the greatest of the tracks;
        ``gap`` and ``lonely``, at least 0, expected numbers of missed objects and of false alarms.

    Raises:
        UsageError: The columns do not fit together.
    """
    line = Timeline.of(boxes, time, track, clip)
    heir = _heirs(line, np.asarray(candidate, np.bool_))
    told = (heir == np.arange(len(heir))) & line.long
    scores: dict[str, F32] = {}
    for name, values in instability(boxes, time=time, track=track, clip=clip).items():
        worst = _worst_of_each(line.track, values)
        total = _gather(heir, line.frame[worst], values[worst], summed=name == "lonely")
        scores[name] = np.where(told, total, np.nan).astype(np.float32)
    found = gaps(boxes, time=time, track=track, clip=clip, confident=confident)
    worst = _worst_of_each(found.track, found.strength)
    total = _gather(heir, found.frame[worst], found.strength[worst], summed=True)
    scores["gap"] = np.where(told, total, np.nan).astype(np.float32)
    return scores


def instability(boxes: Boxes, *, time: Array, track: Array, clip: Array) -> dict[str, F64]:
    """What is odd about each box, compared with the box before and the box after of its track.

    - ``flicker``: how far its confidence lies from the line between the two, and at an end of the
      track half the jump to the only one.
    - ``jitter``: 1 - IoU with the box interpolated between the two; 0 at an end.
    - ``class_switch``: mean change of the distribution over classes, given that there is an object
      (``similarity.class_change``), to the two; a missing one counts as none.
    - ``lonely``: confidence of a box that is its whole track, in a clip of at least three frames;
      half of it in the first and last frame, where the track may go on unseen.

    Args:
        boxes: Of n frames.
        time: (n,).
        track: (m,).
        clip: (n,).

    Returns:
        By name (m,) float64 in [0, 1].

    Raises:
        UsageError: The columns do not fit together.
    """
    line = Timeline.of(boxes, time, track, clip)
    sure = boxes.confidence().astype(np.float64)
    before, after = line.before, line.after
    has_before, has_after = before >= 0, after >= 0
    both, alone = has_before & has_after, ~has_before & ~has_after
    part = line.part(before, np.arange(len(boxes)), after)
    along = sure[before] + part * (sure[after] - sure[before])
    jump = np.where(has_before, sure - sure[before], np.where(has_after, sure - sure[after], 0.0))
    xyxy = boxes.xyxy.astype(np.float64)
    between = xyxy[before] + part[:, None] * (xyxy[after] - xyxy[before])
    # Each change between a box and the next counts for both.
    change = np.zeros(len(boxes))
    change[has_after] = class_change(boxes, np.flatnonzero(has_after), after[has_after]) / 2
    switch = change + np.where(has_before, change[before], 0.0)
    edge = line.edge[line.frame]
    return {
        "flicker": np.where(both, np.abs(sure - along), np.abs(jump) / 2),
        "jitter": np.where(both, 1.0 - paired_iou(xyxy, between), 0.0),
        "class_switch": switch,
        "lonely": np.where(alone & line.long[line.frame], np.where(edge, sure / 2, sure), 0.0),
    }


def gaps(
    boxes: Boxes, *, time: Array, track: Array, clip: Array, confident: float = CONFIDENT
) -> Gaps:
    """Frames between two confident boxes of a track in which it has none: probable misses.

    A frame in which any confident box lies where the track would be is no gap: the object was
    found there, and only the tracker lost it.

    Args:
        boxes: Of n frames.
        time: (n,).
        track: (m,).
        clip: (n,).
        confident: A box from here on says that there is an object.

    Raises:
        UsageError: The columns do not fit together.
    """
    line = Timeline.of(boxes, time, track, clip)
    sure = boxes.confidence().astype(np.float64)
    rows = line.order[sure[line.order] >= confident]
    first, last = rows[:-1], rows[1:]
    length = line.frame[last] - line.frame[first] - 1
    length = np.where(line.track[first] == line.track[last], np.maximum(length, 0), 0)
    first, last = np.repeat(first, length), np.repeat(last, length)
    frame = line.frame[first] + 1 + _count_up(length)
    step = (line.time[frame] - line.time[line.frame[first]]) / (
        line.time[line.frame[last]] - line.time[line.frame[first]]
    )
    xyxy = boxes.xyxy.astype(np.float64)
    expected = xyxy[first] + step[:, None] * (xyxy[last] - xyxy[first])
    open_ = ~_taken(boxes, sure >= confident, frame, expected)
    strength = np.minimum(sure[first], sure[last])
    return Gaps(frame[open_], line.track[first][open_], strength[open_])


def gap_evidence(found: Gaps, frames: int) -> F32:
    """(n,) float32: expected number of missed objects of each frame, for ``silence``."""
    return np.bincount(found.frame, found.strength, frames).astype(np.float32)


def _taken(boxes: Boxes, sure: Bools, frame: I64, expected: F64) -> Bools:
    """(g,) bool: a confident box of that frame lies on the expected place."""
    count = np.diff(boxes.offsets)[frame]
    gap = np.repeat(np.arange(len(frame)), count)
    row = np.repeat(boxes.offsets[frame], count) + _count_up(count)
    same = sure[row] & (paired_iou(boxes.xyxy[row], expected[gap]) >= _SAME_PLACE)
    return np.bincount(gap[same], minlength=len(frame)) > 0


def _count_up(length: I64) -> I64:
    """0, 1, … for each length, one after the other."""
    ends = np.cumsum(length)
    steps: I64 = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - length, length)
    return steps


def _worst_of_each(track: I64, values: F64) -> I64:
    """Row of the greatest value of each track, the first of equals; tracks with 0 are left out."""
    order = np.lexsort((np.arange(len(track)), -values, track))
    leads = np.ones(len(order), np.bool_)
    leads[1:] = track[order][1:] != track[order][:-1]
    best: I64 = order[leads]
    return best[values[best] > 0]


def _gather(heir: I64, frame: I64, values: F64, *, summed: bool) -> F64:
    total = np.zeros(len(heir))
    to = heir[frame]
    (np.add if summed else np.maximum).at(total, to[to >= 0], values[to >= 0])
    return total


def _heirs(line: Timeline, candidate: Bools) -> I64:
    """(n,) the candidate that each frame counts for; -1 where its clip has none."""
    if candidate.shape != line.clip.shape:
        raise UsageError(f"{len(line.clip)} frames, and {candidate.shape} say which are candidates")
    here = np.arange(len(candidate))
    past = np.maximum.accumulate(np.where(candidate, here, -1))
    future = np.minimum.accumulate(np.where(candidate, here, len(here))[::-1])[::-1]
    future = np.where(future == len(here), -1, future)
    away = [
        np.where(
            (at >= 0) & (line.clip[at] == line.clip), np.abs(line.time[at] - line.time), np.inf
        )
        for at in (past, future)
    ]
    chosen = np.where(away[0] <= away[1], past, future)
    return np.where(np.isinf(away[0]) & np.isinf(away[1]), -1, chosen)
