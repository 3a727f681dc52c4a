"""The heap of farthest-first traversal: who is next, with as few comparisons as that takes.

Every candidate keeps the largest cosine to the chosen rows that it has been compared with, and how
many those were. Comparing with more can only raise that cosine, so a stale value is a lower bound.
Runs of rows stand in a heap by the best that one of their candidates can still be. The top of the
heap is the next pick if its candidate has been compared with everything; if not, the run is brought
up to date as far as it must be: a candidate behind the best one found cannot win and is left stale.
"""

from __future__ import annotations

import numpy as np

from framesel.selection.arrays import F32, F64, I32, I64, Bool
from framesel.selection.dot import dot_rows, kernel

GONE = np.float32(np.inf)
"""Cosine that stands for a run without any candidate left."""


@kernel
def _before(
    square: float, cosine: float, row: int, square2: float, cosine2: float, row2: int
) -> bool:
    """Whether one comes before another: by worth, then smaller cosine, then lower row."""
    worth = square * max(0.0, 1.0 - np.float64(cosine))
    worth2 = square2 * max(0.0, 1.0 - np.float64(cosine2))
    if worth != worth2:
        return worth > worth2
    if cosine != cosine2:
        return cosine < cosine2
    return row < row2


@kernel
def _sift(squares: F64, bound: F32, row: I64, heap: I64, at: int) -> None:
    """Move a heap entry down until none of the two below it comes before it."""
    block = heap[at]
    while True:
        below = 2 * at + 1
        if below >= len(heap):
            break
        if below + 1 < len(heap):
            left, right = heap[below], heap[below + 1]
            if _before(
                squares[row[right]],
                bound[right],
                row[right],
                squares[row[left]],
                bound[left],
                row[left],
            ):
                below += 1
        other = heap[below]
        if _before(
            squares[row[block]],
            bound[block],
            row[block],
            squares[row[other]],
            bound[other],
            row[other],
        ):
            break
        heap[at] = other
        at = below
    heap[at] = block


@kernel
def _stale_best(low: int, high: int, squares: F64, nearest: F32, gone: Bool) -> int:
    """The first of [low, high) as far as is known, of those that are not gone; -1 for none."""
    best = -1
    for row in range(low, high):
        if not gone[row] and (
            best < 0 or _before(squares[row], nearest[row], row, squares[best], nearest[best], best)
        ):
            best = row
    return best


@kernel
def rebuild(
    block: int,
    squares: F64,
    nearest: F32,
    gone: Bool,
    bound: F32,
    candidate: I64,
    heap: I64,
) -> None:
    """Set the entry of each run from what is known of its rows, and order the heap."""
    for which in range(len(heap)):
        low, high = which * block, min(len(nearest), (which + 1) * block)
        row = _stale_best(low, high, squares, nearest, gone)
        candidate[which] = max(row, low)
        bound[which] = nearest[row] if row >= 0 else GONE
    for at in range(len(heap) // 2 - 1, -1, -1):
        _sift(squares, bound, candidate, heap, at)


@kernel
def _refresh(
    vectors: F32,
    chosen: F32,
    count: int,
    low: int,
    high: int,
    squares: F64,
    nearest: F32,
    seen: I32,
    gone: Bool,
    first: int,
) -> int:
    """The first of [low, high) against all ``count`` chosen; others may stay stale."""
    best = first
    for step in range(-1, high - low):
        row = first if step < 0 else low + step
        if step >= 0 and (row == first or gone[row]):
            continue
        value = nearest[row]
        done = seen[row]
        wins = step < 0 or _before(squares[row], value, row, squares[best], nearest[best], best)
        while wins and done < count:
            cosine = dot_rows(vectors, row, chosen, done)
            done += 1
            if cosine > value:
                value = cosine
                wins = step < 0 or _before(
                    squares[row], value, row, squares[best], nearest[best], best
                )
        nearest[row] = value
        seen[row] = done
        if wins:
            best = row
    return best


@kernel
def nearest_cosine(
    vectors: F32, row: int, chosen: F32, count: int, nearest: F32, seen: I32
) -> np.float32:
    """Largest cosine of a row to the ``count`` chosen, -1 for none."""
    value = nearest[row]
    for done in range(seen[row], count):
        value = max(value, dot_rows(vectors, row, chosen, done))
    return np.float32(value)


@kernel
def best(
    vectors: F32,
    chosen: F32,
    count: int,
    block: int,
    squares: F64,
    nearest: F32,
    seen: I32,
    gone: Bool,
    bound: F32,
    candidate: I64,
    heap: I64,
) -> int:
    """The first row that is not gone; -1 if there is none."""
    if len(heap) == 0:
        return -1
    while True:
        top = heap[0]
        row = candidate[top]
        low, high = top * block, min(len(vectors), (top + 1) * block)
        if gone[row]:
            if bound[top] == GONE:
                return -1
            row = _stale_best(low, high, squares, nearest, gone)
        elif seen[row] == count:
            return int(row)
        else:
            row = _refresh(vectors, chosen, count, low, high, squares, nearest, seen, gone, row)
        candidate[top] = max(row, low)
        bound[top] = nearest[row] if row >= 0 else GONE
        _sift(squares, bound, candidate, heap, 0)
