"""Which frames are near neighbours of one another: in time, or in what they show."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
F32 = npt.NDArray[np.float32]

BLOCK = 2_048
"""Rows that are compared at once: a block of cosines takes 16 MB."""

ROUNDING = 1e-5
"""Frames are joined from this much below tau on: two ways of computing a cosine round differently,
and what is checked later must never find what was joined too late."""


@dataclass(frozen=True)
class Footage:
    """Frames to be compared, n of them.

    Attributes:
        video: (n,) number of the video; -1 where a frame is of none that is known.
        t_s: (n,) seconds in it; nan where that is not known.
        vectors: (n, d) float32 unit rows; zeros where a frame has none.
    """

    video: Ints
    t_s: Floats
    vectors: F32

    def __len__(self) -> int:
        return len(self.video)

    def subset(self, rows: npt.NDArray[np.bool_] | Ints) -> Footage:
        """Some of them."""
        return Footage(self.video[rows], self.t_s[rows], self.vectors[rows])


def joined_in_time(footage: Footage, groups: Ints, gap_s: float) -> Ints:
    """Groups, joined where frames of one video are at most ``gap_s`` seconds apart.

    Args:
        footage: The frames.
        groups: (n,) group of each, from 0.
        gap_s: 0 joins nothing.
    """
    order = np.lexsort((footage.t_s, footage.video))
    video, t_s = footage.video[order], footage.t_s[order]
    if gap_s <= 0 or len(order) < 2:
        return groups
    # in order of time it is enough to look at the next frame; nan compares as far away
    near = (video[1:] == video[:-1]) & (video[1:] >= 0) & (t_s[1:] - t_s[:-1] <= gap_s + 1e-9)
    at = np.flatnonzero(near)
    return _joined(groups, order[at], order[at + 1])


def joined_by_likeness(footage: Footage, groups: Ints, tau: float) -> Ints:
    """Groups, joined where two frames have a cosine of at least ``tau``. Exact, block by block.

    Args:
        footage: The frames.
        groups: (n,) group of each, from 0.
        tau: Above 1 joins nothing.
    """
    if tau > 1:
        return groups
    vectors = footage.vectors
    for low in range(0, len(vectors), BLOCK):
        for start in range(low, len(vectors), BLOCK):
            cosines = vectors[low : low + BLOCK] @ vectors[start : start + BLOCK].T
            one, other = np.nonzero(cosines >= tau - ROUNDING)
            groups = _joined(groups, one + low, other + start)
    return groups


def _joined(groups: Ints, one: Ints, other: Ints) -> Ints:
    """Groups in which the pairs (one[i], other[i]) are together."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    a, b = groups[one], groups[other]
    apart = a != b
    if not apart.any():
        return groups
    n = int(groups.max()) + 1
    pairs = np.unique(a[apart] * n + b[apart])
    graph = coo_matrix((np.ones(len(pairs), np.int8), (pairs // n, pairs % n)), shape=(n, n))
    found: Ints = connected_components(graph, directed=False)[1][groups].astype(np.int64)
    return found


def nearest_in_time(footage: Footage, among: Footage) -> Floats:
    """(n,) seconds to the nearest of some frames in the same video; inf where there is none."""
    away = np.full(len(footage), np.inf)
    for video in np.intersect1d(footage.video, among.video).tolist():
        if video < 0:
            continue
        known = np.sort(among.t_s[among.video == video])
        known = known[np.isfinite(known)]
        rows = np.flatnonzero((footage.video == video) & np.isfinite(footage.t_s))
        if not len(known):
            continue
        at = np.searchsorted(known, footage.t_s[rows])
        right = known[np.minimum(at, len(known) - 1)]
        left = known[np.maximum(at - 1, 0)]
        away[rows] = np.minimum(np.abs(footage.t_s[rows] - left), np.abs(footage.t_s[rows] - right))
    return away


def likest(footage: Footage, among: Footage) -> tuple[Floats, Ints]:
    """Cosine to the most similar of some frames, and which it is.

    Returns:
        (n,) cosines, -1 where there is nothing to compare with, and (n,) rows of ``among``, -1
        there.
    """
    best = np.full(len(footage), -1.0)
    row = np.full(len(footage), -1, np.int64)
    told = has_vector(footage)
    known = np.flatnonzero(has_vector(among))
    for low, high in _parts(len(footage)):
        for start, end in _parts(len(known)):
            others = known[start:end]
            cosines = footage.vectors[low:high] @ among.vectors[others].T
            at = cosines.argmax(axis=1)
            cos = cosines[np.arange(len(at)), at].astype(np.float64)
            better = told[low:high] & (cos > best[low:high])
            best[low:high][better] = cos[better]
            row[low:high][better] = others[at[better]]
    return best, row


def has_vector(footage: Footage) -> npt.NDArray[np.bool_]:
    """(n,) whether a frame can be compared."""
    found: npt.NDArray[np.bool_] = np.asarray((footage.vectors != 0).any(axis=1))
    return found


def _parts(n: int) -> Iterator[tuple[int, int]]:
    return ((low, min(low + BLOCK, n)) for low in range(0, n, BLOCK))
