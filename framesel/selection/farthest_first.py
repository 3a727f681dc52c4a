"""Farthest-first traversal: the lazy kernel, exact to the last tie.

Every candidate keeps the largest cosine to the chosen rows that it has been compared with, and how
many those were. Comparing with more can only raise that cosine, so a stale value is a lower bound.
Runs of rows stand in a heap by the smallest (cosine, row) of their candidates. The top of the heap
is the next pick if its candidate has been compared with everything; if not, the run is brought up
to date as far as it must be: a candidate above the best one found cannot win and is left stale.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from framesel.selection.arrays import F32, I64, chord
from framesel.selection.dot import dot_rows, dots, kernel

BLOCK = 32
"""Consecutive rows that share one entry of the heap, unless told otherwise."""

TAKEN = np.float32(np.inf)
"""Cosine that marks a candidate as chosen."""


class FarthestFirst:
    """Proposes the candidate farthest from the seeds and all picks; ties go to the lowest row."""

    def __init__(
        self, vectors: F32, seeds: F32, start: int | None = None, *, block: int = BLOCK
    ) -> None:
        """Begin with what is chosen already.

        Args:
            vectors: (n, d) float32 unit rows.
            seeds: (m, d) float32 unit rows.
            start: The first proposal; needed where there are no seeds.
            block: Consecutive rows that share one entry of the heap; changes the time, never the
                picks.
        """
        n = len(vectors)
        blocks = (n + block - 1) // block
        self._vectors, self._block, self._start = vectors, block, start
        self._chosen = np.empty((len(seeds) + 64, vectors.shape[1]), np.float32)
        self._chosen[: len(seeds)] = seeds
        self._count = len(seeds)
        self._nearest = np.full(n, -1.0, np.float32)
        self._seen = np.zeros(n, np.int64)
        self._bound = np.full(blocks, -1.0, np.float32)
        self._candidate = np.arange(blocks, dtype=np.int64) * block
        self._heap = np.arange(blocks)

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        if self._start is not None and self._nearest[self._start] != TAKEN:
            return self._start
        return int(
            _best(
                self._vectors,
                self._chosen,
                self._count,
                self._block,
                self._nearest,
                self._seen,
                self._bound,
                self._candidate,
                self._heap,
            )
        )

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. The gain is the distance."""
        cosine = _nearest_cosine(
            self._vectors, row, self._chosen, self._count, self._nearest, self._seen
        )
        if self._count == len(self._chosen):
            self._chosen = np.concatenate([self._chosen, np.empty_like(self._chosen)])
        self._chosen[self._count] = self._vectors[row]
        self._count += 1
        self._start = None
        self._nearest[row] = TAKEN
        return {"distance": float(chord(cosine))}

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._nearest[rows] = TAKEN


def farthest_first_plain(
    vectors: F32, seeds: F32, k: int, start: int | None = None
) -> tuple[I64, F32]:
    """The same in plain numpy, one full scan for each pick; the oracle of the tests.

    Returns:
        (k,) int64 rows in the order of picking, and (k,) float32 the cosine of each to the nearest
        of what was chosen before it, -1 where there is nothing.
    """
    nearest = np.full(len(vectors), -1.0, np.float32)
    for seed in seeds:
        nearest = np.maximum(nearest, dots(vectors, seed))
    rows, cosines = np.empty(k, np.int64), np.empty(k, np.float32)
    for rank in range(k):
        row = int(np.argmin(nearest)) if start is None or rank else start
        rows[rank], cosines[rank] = row, nearest[row]
        nearest = np.maximum(nearest, dots(vectors, vectors[row]))
        nearest[rows[: rank + 1]] = TAKEN
    return rows, cosines


@kernel
def _sift(bound: F32, row: I64, heap: I64, at: int) -> None:
    """Move a heap entry down until both below it have a larger (bound, row)."""
    block = heap[at]
    while True:
        below = 2 * at + 1
        if below >= len(heap):
            break
        if below + 1 < len(heap):
            left, right = heap[below], heap[below + 1]
            if bound[right] < bound[left] or (
                bound[right] == bound[left] and row[right] < row[left]
            ):
                below += 1
        other = heap[below]
        if bound[other] > bound[block] or (
            bound[other] == bound[block] and row[other] > row[block]
        ):
            break
        heap[at] = other
        at = below
    heap[at] = block


@kernel
def _refresh(
    vectors: F32, chosen: F32, count: int, low: int, high: int, nearest: F32, seen: I64, first: int
) -> int:
    """Row with the smallest (cosine to the ``count`` chosen, row) in [low, high)."""
    best = first
    for step in range(-1, high - low):
        row = first if step < 0 else low + step
        if step >= 0:
            if row == first or nearest[row] > nearest[best]:
                continue
            if nearest[row] == nearest[best] and row > best:
                continue
        value = nearest[row]
        done = seen[row]
        while done < count:
            cosine = dot_rows(vectors, row, chosen, done)
            done += 1
            if cosine > value:
                value = cosine
                if step >= 0 and value > nearest[best]:
                    break
        nearest[row] = value
        seen[row] = done
        if step >= 0 and (value < nearest[best] or (value == nearest[best] and row < best)):
            best = row
    return best


@kernel
def _nearest_cosine(
    vectors: F32, row: int, chosen: F32, count: int, nearest: F32, seen: I64
) -> np.float32:
    """Largest cosine of a row to the ``count`` chosen, -1 for none."""
    value = nearest[row]
    for done in range(seen[row], count):
        value = max(value, dot_rows(vectors, row, chosen, done))
    return np.float32(value)


@kernel
def _best(
    vectors: F32,
    chosen: F32,
    count: int,
    block: int,
    nearest: F32,
    seen: I64,
    bound: F32,
    candidate: I64,
    heap: I64,
) -> int:
    """The farthest row that is not taken; -1 if there is none."""
    if len(heap) == 0:
        return -1
    while True:
        top = heap[0]
        row = candidate[top]
        low, high = top * block, min(len(vectors), (top + 1) * block)
        if nearest[row] == np.float32(np.inf):
            if bound[top] == np.float32(np.inf):
                return -1
            for other in range(low, high):
                if nearest[other] < nearest[row]:
                    row = other
        elif seen[row] == count:
            return int(row)
        else:
            row = _refresh(vectors, chosen, count, low, high, nearest, seen, row)
        candidate[top] = row
        bound[top] = nearest[row]
        _sift(bound, candidate, heap, 0)
