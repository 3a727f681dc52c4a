"""k disks that cover all but a share of some weighted rows: k-center with outliers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framesel.selection.engines.farthest_first import distance
from framesel.selection.engines.farthest_heap import COPY
from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.selection.vectors.dot import dot_rows, kernel

_HALVINGS = 24
LEFT = -1
COVERED = -2
"""Groups of rows that no disk covers, and of those that need none."""


@dataclass(frozen=True, eq=False)
class Disks:
    """Where the disks are.

    Attributes:
        centres: (c,) int64 rows, at most k, that of the largest group first.
        frames: (c,) float64 weight of each group.
        bound: No k rows are within less than this of all but the share that may be left out.
    """

    centres: I64
    frames: F64
    bound: float


def cover_by_disks(rows: F32, weights: F64, near: F32, k: int, ignored: float) -> Disks:
    """Find k rows such that all but ``ignored`` of the weight is near to one of them.

    For a guessed radius r, take the row whose disk of radius r holds most weight that is not
    covered yet, call everything within 3 r of it covered, and repeat k times. Where r is the best
    possible radius or more, no more than ``ignored`` is left (Charikar, Khuller, Mount &
    Narasimhan, "Algorithms for facility location problems with outliers", SODA 2001). Of equal
    disks, that with most weight around it is taken, covered or not: junk is lonely. A radius that
    works, right above one that does not, is found by halving. What a disk was the first to cover is
    a group; its centre becomes the row whose farthest of the group is nearest.

    Args:
        rows: (m, d) float32 unit rows.
        weights: (m,) what each stands for.
        near: (m,) largest cosine to what is chosen already, -2 for nothing.
        k: How many disks.
        ignored: Weight that may be left out.
    """
    gaps = np.empty((len(rows), len(rows)), np.float32)
    _fill_gaps(rows, gaps)
    chosen = np.where(near < -1.5, np.inf, distance(near))
    group = np.empty(len(rows), np.int64)

    def guess(radius: float) -> bool:
        group[:] = np.where(chosen <= radius, COVERED, LEFT)
        _place_disks(gaps, weights, np.float32(radius), k, ignored, group)
        return bool(weights[group == LEFT].sum() <= ignored)

    low = high = 0.0
    if not guess(0.0):
        high = 2.0
        for _ in range(_HALVINGS):
            middle = 0.5 * (low + high)
            low, high = (low, middle) if guess(middle) else (middle, high)
        guess(high)
    groups = [np.flatnonzero(group == at) for at in range(int(group.max(initial=-1)) + 1)]
    frames = np.array([weights[members].sum() for members in groups], np.float64)
    middles = [_middle(gaps, weights, members) for members in groups]
    order = np.argsort(-frames, kind="stable")
    return Disks(np.array(middles, np.int64)[order], frames[order], low)


def _middle(gaps: F32, weights: F64, members: I64) -> int:
    """The member whose farthest other is nearest; ties to the heavier, then to the lower row."""
    worst = gaps[np.ix_(members, members)].max(axis=1)
    return int(members[np.lexsort((members, -weights[members], worst))[0]])


@kernel
def _fill_gaps(rows: F32, gaps: F32) -> None:
    """Write the chord distances between all rows."""
    for one in range(len(rows)):
        gaps[one, one] = np.float32(0.0)
        for other in range(one):
            cosine = dot_rows(rows, one, rows, other)
            if 1.0 - np.float64(cosine) > COPY:
                gap = np.sqrt(np.float32(2.0) - np.float32(2.0) * cosine)
            else:
                gap = np.float32(0.0)
            gaps[one, other] = gap
            gaps[other, one] = gap


@kernel
def _place_disks(
    gaps: F32,
    weights: F64,
    radius: np.float32,
    k: int,
    ignored: float,
    group: I64,
) -> None:
    """Number what each of at most k disks covers, until no more than ``ignored`` is left."""
    m, outer = len(gaps), np.float32(3.0) * radius
    held, around = np.zeros(m, np.float64), np.zeros(m, np.float64)
    left = 0.0
    for row in range(m):
        for near in range(m):
            if gaps[row, near] <= outer:
                around[near] += weights[row]
            if gaps[row, near] <= radius and group[row] == LEFT:
                held[near] += weights[row]
        if group[row] == LEFT:
            left += weights[row]
    for disk in range(k):
        if left <= ignored:
            break
        centre = 0
        for row in range(1, m):
            if held[row] > held[centre] or (
                held[row] == held[centre] and around[row] > around[centre]
            ):
                centre = row
        for row in range(m):
            if group[row] != LEFT or gaps[centre, row] > outer:
                continue
            group[row] = disk
            left -= weights[row]
            for near in range(m):
                if gaps[row, near] <= radius:
                    held[near] -= weights[row]
