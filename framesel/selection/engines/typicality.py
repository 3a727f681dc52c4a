"""How typical a frame is of its cell: close to many others there."""

from __future__ import annotations

import numpy as np

from framesel.selection.coverage.neighbours import nearest_rows
from framesel.selection.vectors.arrays import F32, F64, I64, chord

NEIGHBOURS = 20
"""Of a cell with fewer than twice as many frames, half of it."""


def typicality(vectors: F32, cell_of: I64, neighbours: int = NEIGHBOURS) -> F64:
    """One over the mean distance to the nearest frames of the same cell.

    Hacohen, Dekel & Weinshall, "Active learning on a budget: opposite strategies suit high and low
    budgets", ICML 2022, equation 4. Time: the sum of the squares of the cells' sizes.

    Args:
        vectors: (n, d) float32 unit rows.
        cell_of: (n,) int64 cell of each.
        neighbours: How many, at most.

    Returns:
        (n,) float64 >= 0; 0 for a frame that is alone in its cell.
    """
    values = np.zeros(len(vectors), np.float64)
    order = np.argsort(cell_of, kind="stable")
    starts = np.flatnonzero(np.diff(cell_of[order], prepend=-1))
    for rows in np.split(order, starts[1:]):
        if len(rows) > 1:
            values[rows] = _within(vectors[rows], min(neighbours, len(rows) // 2))
    return values


def _within(members: F32, neighbours: int) -> F64:
    """Typicality of all frames of one cell."""
    found, cosines = nearest_rows(members, members, neighbours + 1)
    itself = found == np.arange(len(members))[:, None]
    # Among so many copies of itself that it is not named, any of them may go.
    itself[~itself.any(axis=1), -1] = True
    distances = chord(cosines[~itself].reshape(len(members), neighbours))
    values: F64 = 1.0 / (distances.mean(axis=1) + 1e-5)
    return values
