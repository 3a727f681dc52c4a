"""How far frames are from the nearest frame of known footage."""

from __future__ import annotations

import numpy as np

from framesel.drift.footage import F32, F64, I64

_BLOCK = 2048
_SHORT = 32


def distances(vectors: F32, others: F32, of: I64, count: int) -> F32:
    """Distance of each frame to the nearest frame of each piece.

    Args:
        vectors: (n, d) unit rows.
        others: (k, d) unit rows of the pieces' frames.
        of: (k,) piece of each, every piece with one at least.
        count: Pieces: u.

    Returns:
        (n, u) float32, sqrt(2 - 2 cos).
    """
    order = np.argsort(of, kind="stable")
    starts = np.searchsorted(of[order], np.arange(count))
    columns = others[order].T
    found = np.empty((len(vectors), count), np.float32)
    for low in range(0, len(vectors), _BLOCK):
        cos = np.maximum.reduceat(vectors[low : low + _BLOCK] @ columns, starts, axis=1)
        found[low : low + _BLOCK] = np.sqrt(np.maximum(2.0 - 2.0 * cos, 0.0))
    return found


def mean_distance(apart: F32, of: I64, side: F64) -> F64:
    """Mean distance of what is called new to the nearest of what is not, for each arrangement.

    The mean is taken over the frames of each piece, then over pieces.

    Args:
        apart: (n, u) distance of each frame to each piece; its own does not matter.
        of: (n,) piece of each frame.
        side: (a, u) as in ``Arrangements``.

    Returns:
        (a,)
    """
    u = side.shape[1]
    size = np.bincount(of, minlength=u)
    weight = 1.0 / size[of]
    short = np.argsort(apart, axis=1, kind="stable")[:, :_SHORT]
    near = np.take_along_axis(apart, short, axis=1)
    found = np.empty(len(side))
    for row, called in enumerate(side > 0):
        mine = np.flatnonzero(called[of])
        known = ~called[short[mine]]
        first = known.argmax(axis=1)
        least = near[mine, first].astype(np.float64)
        far = np.flatnonzero(~known.any(axis=1))  # all that is near is called new as well
        if len(far):
            least[far] = apart[mine[far]][:, ~called].min(axis=1)
        found[row] = (least * weight[mine]).sum() / called.sum()
    return found
