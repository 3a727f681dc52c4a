"""Picks that are both wanted and unlike what is chosen: relevance and novelty, blended.

Novelty is ``1 - 1 / (1 + d)``, d the chord distance to the nearest of what is chosen: 0 for a copy,
2/3 on the other side of the sphere. Comparing a row with more of what is chosen can only lower it,
so a stale value is an upper bound, and a row that cannot win with it is left stale.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from framesel.selection.greedy import NONE_LEFT
from framesel.selection.vectors.arrays import F32, F64, I32, I64
from framesel.selection.vectors.bank import Bank
from framesel.selection.vectors.dot import dot_rows, dots, kernel


class Nearest:
    """The largest cosine of each row to what is chosen, found out as far as it must be."""

    def __init__(self, vectors: F32, seeds: F32) -> None:
        """Begin with what is chosen already.

        Args:
            vectors: (n, d) float32 unit rows.
            seeds: (m, d) float32 unit rows.
        """
        self._vectors = vectors
        self._chosen = Bank(seeds)
        self._cosine: F32 = np.full(len(vectors), -1.0, np.float32)
        self._seen: I32 = np.zeros(len(vectors), np.int32)

    def add(self, row: int) -> None:
        """Choose a row."""
        self._chosen.add(self._vectors[row])

    def best(self, worth: F64, share: float) -> int:
        """Row with the largest ``worth + share * novelty``, ties to the lowest.

        Args:
            worth: (n,) float64; -inf for rows that are out of the question.
            share: What novelty counts, 0 or more.
        """
        chosen = self._chosen.rows
        return int(_best(self._vectors, chosen, self._cosine, self._seen, worth, share))


class Blend:
    """Proposes the row with the largest ``share * novelty + (1 - share) * relevance``."""

    def __init__(
        self,
        vectors: F32,
        seeds: F32,
        relevance: F64,
        share: Callable[[int], float],
        start: int | None = None,
    ) -> None:
        """Begin with what is chosen already.

        Args:
            vectors: (n, d) float32 unit rows.
            seeds: (m, d) float32 unit rows.
            relevance: (n,) 0 to 1.
            share: What novelty counts, 0 to 1, after so many picks.
            start: The first proposal.
        """
        self._nearest = Nearest(vectors, seeds)
        self._relevance, self._share, self._start = relevance, share, start
        self._closed = np.zeros(len(vectors))
        self._taken = 0
        self._next: int | None = None

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        if self._start is not None and self._closed[self._start] == 0.0:
            return self._start
        if self._next is None:
            share = self._share(self._taken)
            worth = (1.0 - share) * self._relevance + self._closed
            self._next = self._nearest.best(worth, share)
        return self._next

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. A blend is no objective: no gain."""
        self._nearest.add(row)
        self._taken += 1
        self._start = None
        self.close(np.array([row]))
        return {}

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._closed[rows] = -np.inf
        self._next = None


def best_plain(vectors: F32, chosen: F32, worth: F64, share: float) -> int:
    """:meth:`Nearest.best` in plain numpy, everything compared with everything: the tests' oracle.

    Args:
        vectors: (n, d) float32 unit rows.
        chosen: (m, d) float32 unit rows.
        worth: (n,) float64.
        share: What novelty counts.
    """
    cosine = np.full(len(vectors), -1.0, np.float32)
    for row in chosen:
        cosine = np.maximum(cosine, dots(vectors, row))
    distance = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * cosine.astype(np.float64)))
    value = worth + share * (1.0 - 1.0 / (1.0 + distance))
    row = int(np.argmax(value))
    return row if value[row] > -np.inf else NONE_LEFT


@kernel
def _novelty(cosine: np.float32) -> float:
    """``1 - 1 / (1 + d)``; falls as the cosine grows, rounding included."""
    distance = np.sqrt(max(0.0, 2.0 - 2.0 * np.float64(cosine)))
    return float(1.0 - 1.0 / (1.0 + distance))


@kernel
def _best(vectors: F32, chosen: F32, cosine: F32, seen: I32, worth: F64, share: float) -> int:
    """Row with the largest ``worth + share * novelty``; -1 where all are out of the question."""
    best, most = -1, -np.inf
    for row in range(len(vectors)):
        value = worth[row] + share * _novelty(cosine[row])
        while value > most and seen[row] < len(chosen):
            near = dot_rows(vectors, row, chosen, seen[row])
            seen[row] += 1
            if near > cosine[row]:
                cosine[row] = near
                value = worth[row] + share * _novelty(near)
        if value > most:
            best, most = row, value
    return best
