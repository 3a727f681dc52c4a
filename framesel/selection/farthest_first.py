"""Farthest-first traversal: the lazy kernel, exact to the last tie.

Every candidate keeps the largest cosine to the chosen rows that it has been compared with, and how
many those were. Comparing with more can only raise that cosine, so a stale value is a lower bound.
Runs of rows stand in a heap by the smallest (cosine, row) of their candidates. The top of the heap
is the next pick if its candidate has been compared with everything; if not, the run is brought up
to date as far as it must be: a candidate above the best one found cannot win and is left stale.
"""

from __future__ import annotations

import numpy as np

from framesel.selection.arrays import F32, I64
from framesel.selection.dot import dot_rows, dots, kernel

BLOCK = 32
"""Consecutive rows that share one entry of the heap, unless told otherwise."""

TAKEN = np.float32(np.inf)
"""Cosine that marks a candidate as chosen."""


def farthest_first(
    vectors: F32, seeds: F32, k: int, start: int | None = None, *, block: int = BLOCK
) -> tuple[I64, F32]:
    """Pick k rows, each the farthest from the seeds and the picks before it.

    Args:
        vectors: (n, d) float32 unit rows.
        seeds: (m, d) float32 unit rows.
        k: Number of picks, at most n.
        start: The first pick, with cosine -1; needed where there are no seeds.
        block: Consecutive rows that share one entry of the heap; changes the time, never the picks.

    Returns:
        (k,) int64 rows in the order of picking, and (k,) float32 the cosine of each to the nearest
        of what was chosen before it. Ties go to the lowest row.
    """
    chosen = np.empty((len(seeds) + k, vectors.shape[1]), np.float32)
    chosen[: len(seeds)] = seeds
    rows = np.empty(k, np.int64)
    cosines = np.empty(k, np.float32)
    _traverse(vectors, chosen, len(seeds), -1 if start is None else start, block, rows, cosines)
    return rows, cosines


def farthest_first_plain(
    vectors: F32, seeds: F32, k: int, start: int | None = None
) -> tuple[I64, F32]:
    """The same in plain numpy, one full scan for each pick; the oracle of the tests."""
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
def _take(vectors: F32, row: int, chosen: F32, count: int, nearest: F32) -> None:
    """Copy a row to the chosen ones and mark it as taken."""
    chosen[count] = vectors[row]
    nearest[row] = np.float32(np.inf)


@kernel
def _traverse(
    vectors: F32, chosen: F32, seeds: int, start: int, block: int, rows: I64, cosines: F32
) -> None:
    """Fill ``rows`` and ``cosines``; ``chosen`` holds the seeds and takes the picks."""
    n = len(vectors)
    blocks = (n + block - 1) // block
    nearest = np.full(n, -1.0, np.float32)
    seen = np.zeros(n, np.int64)
    bound = np.full(blocks, -1.0, np.float32)
    candidate = np.empty(blocks, np.int64)
    heap = np.arange(blocks)
    for b in range(blocks):
        candidate[b] = b * block
    count = seeds
    if start >= 0:
        _take(vectors, start, chosen, count, nearest)
        rows[0], cosines[0] = start, np.float32(-1.0)
        count += 1
    for rank in range(1 if start >= 0 else 0, len(rows)):
        while True:
            top = heap[0]
            row = candidate[top]
            if seen[row] == count:
                break
            low, high = top * block, min(n, (top + 1) * block)
            candidate[top] = _refresh(vectors, chosen, count, low, high, nearest, seen, row)
            bound[top] = nearest[candidate[top]]
            _sift(bound, candidate, heap, 0)
        rows[rank] = row
        cosines[rank] = nearest[row]
        _take(vectors, row, chosen, count, nearest)
        count += 1
        low, high = top * block, min(n, (top + 1) * block)
        best = low
        for other in range(low, high):
            if nearest[other] < nearest[best]:
                best = other
        candidate[top] = best
        bound[top] = nearest[best]
        _sift(bound, candidate, heap, 0)
