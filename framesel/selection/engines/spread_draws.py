"""Rows drawn in proportion to their squared distance from what is drawn: k-means++ draws."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from framesel.selection.greedy import NONE_LEFT
from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.selection.vectors.dot import dot_rows, dots, kernel


class SpreadDraws:
    """Proposes the longest row, then a draw in proportion to weight times squared distance.

    Where all that is left equals something drawn, it goes by weight alone.

    Attributes:
        why: For each pick how it came about.
    """

    def __init__(self, rows: F32, weights: F64, rng: np.random.Generator) -> None:
        """Begin with nothing drawn.

        Args:
            rows: (n, g) float32, of any length.
            weights: (n,) > 0.
            rng: Gives one number for each draw.
        """
        self._rows, self._weights, self._rng = rows, weights, rng
        self._lengths = np.empty(len(rows), np.float32)
        _squared_lengths(rows, self._lengths)
        self._squares: F64 = np.full(len(rows), np.inf)
        self._open = np.ones(len(rows), np.bool_)
        self._next: int | None = None
        self.why: list[str] = []

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        if self._next is None:
            self._next = self._propose()
        return self._next

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. A draw has no gain."""
        if self.why:
            distance = float(np.sqrt(self._squares[row]))
            self.why.append(f"drawn by distance: {distance:.3g} from the nearest")
        else:
            self.why.append(f"longest gradient: {np.sqrt(self._lengths[row]):.3g}")
        _lower(self._rows, row, self._lengths, self._squares)
        self.close(np.array([row]))
        return {}

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._open[rows] = False
        self._next = None

    def _propose(self) -> int:
        """The longest open row, or a draw among the open rows."""
        if not self._open.any():
            return NONE_LEFT
        if not self.why:
            return int(np.argmax(np.where(self._open, self._lengths, -np.inf)))
        chances = np.where(self._open, self._weights * self._squares, 0.0)
        if not chances.any():
            chances = np.where(self._open, self._weights, 0.0)
        ends = np.cumsum(chances)
        row = np.searchsorted(ends, self._rng.random() * ends[-1], side="right")
        # Rounding may put the point at the very end, past the last row with a chance.
        return min(int(row), int(np.flatnonzero(chances)[-1]))


def squares_plain(rows: F32, drawn: I64) -> F64:
    """Squared distance of each row to the nearest of one drawn row or more; the tests' oracle."""
    lengths = np.array([dots(row[None], row)[0] for row in rows], np.float64)
    squares = np.full(len(rows), np.inf)
    for row in drawn:
        products = dots(rows, rows[row]).astype(np.float64)
        squares = np.minimum(squares, np.maximum(0.0, lengths + lengths[row] - 2.0 * products))
    return squares


@kernel
def _squared_lengths(rows: F32, lengths: F32) -> None:
    """Fill in the squared length of each row."""
    for row in range(len(rows)):
        lengths[row] = dot_rows(rows, row, rows, row)


@kernel
def _lower(rows: F32, drawn: int, lengths: F32, squares: F64) -> None:
    """Bring each squared distance down to that from one more row; exactly 0 for a copy of it."""
    for row in range(len(rows)):
        product = np.float64(dot_rows(rows, row, rows, drawn))
        both = np.float64(lengths[row]) + np.float64(lengths[drawn])
        squares[row] = min(squares[row], max(0.0, both - 2.0 * product))
