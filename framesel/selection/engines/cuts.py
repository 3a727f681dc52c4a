"""Where a video goes on to another shot, told from the vectors of its frames."""

from __future__ import annotations

from typing import Final

import numpy as np

from framesel.selection.vectors.arrays import F32, F64, I64, Bool

SHARPNESS: Final = 3.0
LEAST_DROP: Final = 0.1
CLEAR_DROP: Final = 0.5
NEIGHBOURS: Final = 2
"""Steps on either side that a step is compared with."""
_ROWS_AT_ONCE: Final = 65_536


def cuts(
    vectors: F32,
    line: I64,
    groups: I64,
    sharpness: float = SHARPNESS,
    least_drop: float = LEAST_DROP,
) -> Bool:
    """Where a new shot begins; always where a group does.

    A step from one frame to the next is as long as the drop ``1 - cos``. There is a cut where it is
    at least ``least_drop`` and at least ``sharpness`` times the mean of the steps around it, two on
    either side: camera work makes many steps long, a cut only one. (The rule of PySceneDetect's
    AdaptiveDetector, on vectors instead of colours.)

    Args:
        vectors: Unit rows.
        line: (n,) some of these rows, in (group, time) order.
        groups: (n,) whole numbers, the group of each of them.
        sharpness: See above.
        least_drop: See above.

    Returns:
        (n,) bool; the first is true.
    """
    cut: Bool = np.diff(groups, prepend=-1) != 0
    if len(line):
        cut[0] = True
    for part in np.split(np.arange(len(line)), np.flatnonzero(cut)[1:]):
        drops = _drops(vectors, line[part])
        cut[part[1:]] = (drops >= least_drop) & (drops >= sharpness * around(drops))
    return cut


def shots(vectors: F32, groups: I64, pts_s: F64) -> I64:
    """(n,) int64: the shot that each frame is of, numbered from 0 in (group, time) order.

    Only cuts count that no camera work makes: a drop of ``CLEAR_DROP``. Of the joints of
    two drone clips nine in ten drop by that much, of the steps inside a clip one in a hundred.

    Args:
        vectors: (n, d) unit rows.
        groups: (n,) whole numbers: the video of each.
        pts_s: (n,) seconds in it.
    """
    line = np.lexsort((pts_s, groups)).astype(np.int64)
    found = np.empty(len(line), np.int64)
    found[line] = np.cumsum(cuts(vectors, line, groups[line], least_drop=CLEAR_DROP)) - 1
    return found


def around(steps: F64) -> F64:
    """Mean of the two steps before and the two after each, as far as there are any.

    Args:
        steps: (m,) >= 0.

    Returns:
        (m,) float64; 0 for a step without neighbours.
    """
    m = len(steps)
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.arange(m)
    low, high = np.maximum(at - NEIGHBOURS, 0), np.minimum(at + NEIGHBOURS + 1, m)
    others = np.maximum(high - low - 1, 1)
    means: F64 = np.maximum(sums[high] - sums[low] - steps, 0.0) / others
    return means


def _drops(vectors: F32, rows: I64) -> F64:
    """``1 - cos`` of each row to the one before it, from the second on."""
    drops = np.empty(max(0, len(rows) - 1), np.float64)
    for low in range(0, len(drops), _ROWS_AT_ONCE):
        here = vectors[rows[low : low + _ROWS_AT_ONCE + 1]]
        products = np.einsum("ij,ij->i", here[1:], here[:-1], dtype=np.float64)
        drops[low : low + _ROWS_AT_ONCE] = 1.0 - products
    return drops
