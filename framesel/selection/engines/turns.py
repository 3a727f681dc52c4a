"""Frames in cells, cells in larger cells: who has given least gives next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np

from framesel.selection.greedy import NONE_LEFT
from framesel.selection.vectors.arrays import F64, I64, Bool


class Turns:
    """Proposes from the cell with the fewest picks, level by level, and there its best frame.

    Every prefix of the picks is balanced: on each level the cells of one larger cell differ by one
    pick at most, except for those that have no frame left (water-filling). A refused frame is
    replaced by the next of its own cell.
    """

    def __init__(
        self,
        cells: Sequence[I64],
        order: I64,
        weights: F64,
        given: Sequence[I64] | None = None,
    ) -> None:
        """Put frames into cells.

        Args:
            cells: For each level, the largest cells first, (n,) the cell of each frame. Frames of
                one cell share the cell of the level above.
            order: All frames, best first; decides within a cell of the lowest level.
            weights: (n,) decide which of two cells with as many picks is first: the heavier one.
            given: For each level, how many picks each cell counts from the start, also where it
                has no frames; default none.
        """
        self._cells = list(cells)
        if given is None:
            given = [np.zeros(int(level.max(initial=-1)) + 1, np.int64) for level in cells]
        self._given = [np.array(level, np.int64) for level in given]
        sizes = [len(level) for level in given]
        self._left = [
            np.bincount(level, minlength=size) for level, size in zip(cells, sizes, strict=True)
        ]
        self._below = _children(self._cells, sizes, weights)
        self._queue = order[np.argsort(cells[-1][order], kind="stable")]
        self._front = np.cumsum(self._left[-1]) - self._left[-1]
        self._gone: Bool = np.zeros(len(order), np.bool_)

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        cell = 0
        for below, left, given in zip(self._below, self._left, self._given, strict=True):
            choices = below[cell][left[below[cell]] > 0]
            if not len(choices):
                return NONE_LEFT
            cell = int(choices[np.argmin(given[choices])])
        while self._gone[self._queue[self._front[cell]]]:
            self._front[cell] += 1
        return int(self._queue[self._front[cell]])

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. There is no gain."""
        self.close(np.array([row], np.int64))
        for level, given in zip(self._cells, self._given, strict=True):
            given[level[row]] += 1
        return {}

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        rows = np.unique(rows)
        rows = rows[~self._gone[rows]]
        self._gone[rows] = True
        for level, left in zip(self._cells, self._left, strict=True):
            np.subtract.at(left, level[rows], 1)


def _children(cells: Sequence[I64], sizes: Sequence[int], weights: F64) -> list[list[I64]]:
    """For each level and each cell of the level above, its cells, the heaviest first."""
    above = np.zeros(len(weights), np.int64)
    found = []
    for at, (level, size) in enumerate(zip(cells, sizes, strict=True)):
        held = np.bincount(level, weights=weights, minlength=size)
        parent = np.full(size, -1, np.int64)
        parent[level] = above
        heaviest = np.argsort(-held, kind="stable")
        heaviest = heaviest[np.argsort(parent[heaviest], kind="stable")]
        bounds = np.searchsorted(parent[heaviest], np.arange((sizes[at - 1] if at else 1) + 1))
        found.append([heaviest[low:high] for low, high in pairwise(bounds)])
        above = level
    return found
