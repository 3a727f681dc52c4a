"""k-medoids on a matrix of distances, which need be no metric."""

from __future__ import annotations

import numpy as np

from framesel.selection.vectors.arrays import F32, I64

ROUNDS = 100
"""Turns between cells and their medoids, at most."""

_SAME = 1e-6
"""Rounding makes copies so far apart."""


def medoids_of(distances: F32, k: int, start: int) -> tuple[I64, I64]:
    """Begin farthest-first, then let cells and their medoids find each other.

    By turns each row joins its nearest medoid, and the medoid of a cell becomes the row with the
    least sum of distances to the others, until nothing changes; ties go to the lowest.

    Args:
        distances: (n, n) float32 >= 0, symmetric, 0 on the diagonal.
        k: How many, 1 or more.
        start: The first row of the farthest-first start.

    Returns:
        Rows of the medoids, fewer than k where all others are copies; and (n,) the
        cell of each row.
    """
    medoids = _far_apart(distances, k, start)
    cells = range(len(medoids))
    cell_of = _nearest(distances, medoids)
    for _ in range(ROUNDS):
        moved = np.array([_medoid(distances, np.flatnonzero(cell_of == c)) for c in cells])
        if np.array_equal(moved, medoids):
            break
        medoids = moved
        cell_of = _nearest(distances, medoids)
    return medoids, cell_of


def _far_apart(distances: F32, k: int, start: int) -> I64:
    """Up to k rows, each the farthest from those before it and at some distance from them."""
    rows, left = [start], distances[start].copy()
    while len(rows) < k and left.max() > _SAME:
        rows.append(int(np.argmax(left)))
        left = np.minimum(left, distances[rows[-1]])
    return np.array(rows, np.int64)


def _nearest(distances: F32, medoids: I64) -> I64:
    """The cell of each row; a medoid is in its own, however near another one may be."""
    cell_of: I64 = distances[:, medoids].argmin(axis=1).astype(np.int64)
    cell_of[medoids] = np.arange(len(medoids))
    return cell_of


def _medoid(distances: F32, members: I64) -> int:
    """The member with the least sum of distances to the others."""
    sums = distances[np.ix_(members, members)].sum(axis=0, dtype=np.float64)
    return int(members[np.argmin(sums)])
