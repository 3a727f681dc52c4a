"""What only video says of labels: an object that vanishes for one frame, jumps, or changes class.

Labels of close frames are joined into tracks, by the numbers that people gave them or by where
they are. The detector plays no part.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.uncertainty.annotated import F64, I64
from framesel.uncertainty.label_kernels import apart
from framesel.uncertainty.rates import own_rate
from framesel.uncertainty.track_kernel import link

REACH = 1.5
"""Distance in box sizes (``label_kernels.apart``) within which a track goes on."""

_USUAL = 3.0  # robust standard deviations of the way between neighbours that need no explanation
_LEAST_SPREAD = 0.02  # of a box's side
_NORMAL = 1.4826
_LEAST_SHARE = 0.5


@dataclass(frozen=True, eq=False, slots=True)
class Gap:
    """Frames in which a track is missing that is there in the frame before and the one after.

    Attributes:
        picture: (g,) the frame.
        xyxy: (g, 4) where it should be.
        class_no: (g,) class of the label before.
        score: (g,) from 0 to 1: more for longer tracks, less where another label is near.
    """

    picture: I64
    xyxy: F64
    class_no: I64
    score: F64


@dataclass(frozen=True, eq=False, slots=True)
class TrackFaults:
    """What is odd in time about t labels.

    Attributes:
        track: (t,) which track each label belongs to.
        gaps: Where tracks vanish for one frame.
        jump: (t,) from 0 to 1: how far a label lies from the way between its neighbours; only
            the worst of neighbours has it.
        expected: (t, 4) the box on that way; the label itself at the ends of tracks.
        renamed: (t,) from 0 to 1: share of the rest of the track that has another class, where
            the class differs from a neighbour's.
        usual_class: (t,) the class that most of the track has.
    """

    track: I64
    gaps: Gap
    jump: F64
    expected: F64
    renamed: F64
    usual_class: I64


@dataclass(frozen=True, eq=False)
class LabelsInTime:
    """n labelled frames, sorted by run and time, with t labels.

    Attributes:
        offsets: (n + 1,) the labels of frame i are rows offsets[i] to offsets[i + 1].
        xyxy: (t, 4) corners.
        class_no: (t,).
        t_s: (n,) seconds; rising in a run.
        run: (n,) which run of close frames each belongs to; rising.
        given: (t,) number that people gave to the object in its video, -1 for none; None: nowhere.

    Raises:
        UsageError: The columns do not fit together.
    """

    offsets: I64
    xyxy: F64
    class_no: I64
    t_s: F64
    run: I64
    given: I64 | None = None

    def __post_init__(self) -> None:
        frames, labels = len(self.offsets) - 1, int(self.offsets[-1])
        lengths = {len(self.xyxy), len(self.class_no), labels}
        if self.given is not None:
            lengths.add(len(self.given))
        if lengths != {labels} or {len(self.t_s), len(self.run)} != {frames}:
            raise UsageError(
                f"labels in time: columns of {sorted(lengths)} labels, {frames} frames"
            )
        same = np.diff(self.run) == 0
        if (np.diff(self.run) < 0).any() or (same & (np.diff(self.t_s) <= 0)).any():
            raise UsageError("labels in time: sort the frames by run and time, each once")

    @property
    def frame(self) -> I64:
        """(t,) frame of each label."""
        return np.repeat(np.arange(len(self.run)), np.diff(self.offsets))


def runs(video_no: I64, t_s: F64, gap_s: float) -> I64:
    """(n,) runs of frames of a video that lie at most so many seconds apart.

    Args:
        video_no: (n,) sorted.
        t_s: (n,) rising within each video.
        gap_s: Seconds.
    """
    breaks = (np.diff(video_no) != 0) | (np.diff(t_s) > gap_s)
    return np.concatenate([[0], np.cumsum(breaks)]).astype(np.int64)[: len(video_no)]


def track_faults(labels: LabelsInTime) -> TrackFaults:
    """Joins labels into tracks and looks for faults in them."""
    track = tracks(labels)
    frame = labels.frame
    order = np.lexsort((frame, track))
    before, after = _neighbours(order, track)
    xyxy = labels.xyxy.astype(np.float64)
    expected = _between(labels.t_s[frame], xyxy, before, after)
    usual, renamed = _renamed(track, labels.class_no, before, after)
    return TrackFaults(
        track,
        _gaps(labels, track, after),
        _jump(xyxy, expected, before, after),
        expected,
        renamed,
        usual,
    )


def tracks(labels: LabelsInTime) -> I64:
    """(t,) track of each label, numbered over all runs; in a frame a track has one label.

    Numbers that people gave hold within a run. Labels without go on from the nearest track that is
    at most two frames old, moved on as it moved before.
    """
    free = np.ones(len(labels.class_no), np.bool_)
    linked = np.full(len(free), -1, np.int64)
    run = labels.run[labels.frame]
    if labels.given is not None:
        # Given twice in one frame, a number says nothing there.
        pairs = np.stack([labels.frame, labels.given], axis=1)
        _, place, count = np.unique(pairs, axis=0, return_inverse=True, return_counts=True)
        free = (labels.given < 0) | (count[place.reshape(-1)] > 1)
        pairs = np.stack([run, labels.given], axis=1)
        linked = np.unique(pairs, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)
    rows = np.flatnonzero(free)
    counts = np.bincount(labels.frame[rows], minlength=len(labels.run))
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    found = link(labels.xyxy[rows].astype(np.float64), offsets, labels.t_s, labels.run, REACH)
    linked[rows] = found + linked.max(initial=-1) + 1
    return linked


def _neighbours(order: I64, track: I64) -> tuple[I64, I64]:
    """(t,) rows of the label before and after of the same track; -1 where there is none."""
    before, after = np.full(len(order), -1, np.int64), np.full(len(order), -1, np.int64)
    first, second = order[:-1], order[1:]
    joined = track[first] == track[second]
    after[first[joined]] = second[joined]
    before[second[joined]] = first[joined]
    return before, after


def _between(t_s: F64, xyxy: F64, before: I64, after: I64) -> F64:
    """The boxes on the straight way between neighbours; the labels themselves at ends."""
    inner = (before >= 0) & (after >= 0)
    first, last = before[inner], after[inner]
    part = (t_s[inner] - t_s[first]) / (t_s[last] - t_s[first])
    expected = xyxy.copy()
    expected[inner] = xyxy[first] + part[:, None] * (xyxy[last] - xyxy[first])
    return expected


def _jump(xyxy: F64, expected: F64, before: I64, after: I64) -> F64:
    sides = (xyxy[:, 2:] - xyxy[:, :2] + expected[:, 2:] - expected[:, :2]) / 2
    offset = (xyxy - expected) / np.maximum(np.tile(sides, 2), 1e-9)
    inner = (before >= 0) & (after >= 0)
    if not inner.any():
        return np.zeros(len(xyxy))
    spread = np.maximum(np.median(np.abs(offset[inner]), axis=0) * _NORMAL, _LEAST_SPREAD)
    odd = np.linalg.norm(offset / spread, axis=1)
    # A label that jumps bends the way between its neighbours too, by half as much.
    worst = inner & (odd >= _of(odd, before)) & (odd >= _of(odd, after))
    excess = np.where(worst, np.maximum(odd - _USUAL, 0.0), 0.0)
    return np.asarray(excess / (excess + _USUAL), np.float64)


def _of(values: F64, rows: I64) -> F64:
    return np.where(rows >= 0, values[rows], 0.0)


def _renamed(track: I64, class_no: I64, before: I64, after: I64) -> tuple[I64, F64]:
    """The usual class of each label's track, and how much of the rest has another."""
    pairs, count = np.unique(np.stack([track, class_no], axis=1), axis=0, return_counts=True)
    best = np.lexsort((pairs[:, 1], -count, pairs[:, 0]))
    first = np.unique(pairs[best, 0], return_index=True)[1]
    usual = pairs[best, 1][first][np.searchsorted(pairs[best, 0][first], track)]
    changes = np.zeros(len(track), np.bool_)
    for rows in (before, after):
        changes |= (rows >= 0) & (class_no[rows] != class_no)
    other = 1.0 - own_rate(track, class_no, _LEAST_SHARE, 1.0)
    return usual, np.where(changes & (usual != class_no), other, 0.0)


def _gaps(labels: LabelsInTime, track: I64, after: I64) -> Gap:
    frame = labels.frame
    rows = np.flatnonzero((after >= 0) & (frame[after] - frame == 2))
    middle, last = frame[rows] + 1, after[rows]
    part = (labels.t_s[middle] - labels.t_s[frame[rows]]) / (
        labels.t_s[frame[last]] - labels.t_s[frame[rows]]
    )
    xyxy = labels.xyxy.astype(np.float64)
    expected = xyxy[rows] + part[:, None] * (xyxy[last] - xyxy[rows])
    length = np.bincount(track)[track[rows]]
    free = np.array(
        [
            _free(xyxy[labels.offsets[at] : labels.offsets[at + 1]], box)
            for at, box in zip(middle, expected, strict=True)
        ],
        np.float64,
    )
    return Gap(middle, expected, labels.class_no[rows], free * length / (length + 2.0))


def _free(others: NDArray[np.float64], box: NDArray[np.float64]) -> float:
    """How little a place is taken, 0 to 1."""
    return float(1.0 - np.exp(-min((apart(one, box) for one in others), default=np.inf)))
