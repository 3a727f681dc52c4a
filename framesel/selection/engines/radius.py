"""How small the largest distance to a pick can be: what certifies farthest-first traversals."""

from __future__ import annotations

import numpy as np

from framesel.selection.engines.farthest_first import FarthestFirst
from framesel.selection.greedy import NONE_LEFT
from framesel.selection.picks import Certificate
from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.selection.vectors.dot import dot_rows, kernel


def certify(
    vectors: F32, already: F32, rows: I64, traversal: FarthestFirst, weights: F64 | None = None
) -> Certificate | None:
    """The radius that the picks leave, and one that no choice of as many frames stays below.

    With k picks and the frame that they leave farthest away there are k + 1 witnesses. Whatever the
    k frames of the best choice are, some witness is nearest to a frame of ``already``, or two of
    them share a frame, which lies at best between them on the sphere. So the smallest such distance
    over all witnesses and pairs bounds the best radius, also under limits: they can only leave less
    to choose from. True within the rounding of float32 inner products.

    Args:
        vectors: (n, d) float32 unit rows.
        already: (m, d) float32 unit rows.
        rows: (k,) int64 picks.
        traversal: What they were taken from; nothing can be picked from it afterwards.
        weights: (n,) what distances are multiplied by; default 1.

    Returns:
        None where nothing was picked.
    """
    if not len(rows):
        return None
    farthest, radius = traversal.left()
    if farthest == NONE_LEFT:
        return Certificate("radius", 0.0, 0.0)
    witnesses = np.append(rows, farthest)
    weight = np.ones(len(witnesses)) if weights is None else weights[witnesses]
    bank = np.ascontiguousarray(np.concatenate([already, vectors[witnesses]]))
    return Certificate("radius", radius, min(radius, _least(bank, len(already), weight)))


@kernel
def _least(bank: F32, m: int, weights: F64) -> float:
    """The smallest of what a witness or a pair of them costs at best.

    A witness of weight w at distance d from a row of ``already`` costs w d. Two witnesses, an angle
    2 s apart, cost least where one frame between them is equally bad for both: by the law of sines
    ``2 u v sin s / sqrt(u^2 + v^2 + 2 u v cos s)``, for equal weights 2 u sin(s / 2).

    Args:
        bank: (m + k, d) float32 unit rows, ``already`` before the witnesses.
        m: Number of rows of ``already``.
        weights: (k,) float64 weights of the witnesses.
    """
    least = np.inf
    for one in range(m, len(bank)):
        u = weights[one - m]
        for other in range(one):
            cosine = np.float64(dot_rows(bank, one, bank, other))
            half_square = max(0.0, 0.5 - 0.5 * cosine)
            sine = np.sqrt(half_square)
            cost = 2.0 * u * sine
            if other >= m and cost > 0.0:
                v = weights[other - m]
                beside = 2.0 * u * v * np.sqrt(max(0.0, 1.0 - half_square))
                cost *= v / np.sqrt(u * u + v * v + beside)
            least = min(least, cost)
    return least
