"""The heap of farthest-first traversal: who is next, with as few comparisons as that takes.

Every run of similar consecutive rows (:mod:`framesel.selection.vectors.runs`) has been compared
with so many of the chosen rows; each row keeps the largest cosine found. Comparing with more can
only raise it, so a stale value is a lower bound. One inner product with the centre of a run rules a
chosen row out for most of its rows, most often for all.

Blocks of runs stand in a heap by the first that one of their rows can still be. The row on top is
next if its run has been compared with everything; if not, the block is brought up to date as far as
it must be: a run whose first row is behind the best one found cannot win and is left stale.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from framesel.selection.vectors.arrays import F32, F64, I32, I64, Bool
from framesel.selection.vectors.dot import dot_rows, kernel

GONE = np.float32(np.inf)
"""Cosine of a picked row, and of a block in which none is left."""


COPY = 2e-6
"""A cosine this close to one, or above, is that of a copy: its distance counts as 0, or rounding
would let a heavy copy come before a light frame."""


class Heap(NamedTuple):
    """State of a traversal; the kernels change the arrays in place.

    Attributes:
        vectors: (n, d) float32 unit rows.
        squares: (n,) float64 weights, squared.
        nearest: (n,) float32 largest cosine to what the row's run has been compared with.
        gone: (n,) bool, rows that are not proposed.
        run_of: (n,) int32 run of each row.
        starts: (b + 1,) int64, run j holds rows starts[j] to starts[j + 1] - 1.
        centres: (b, d) float32 unit rows.
        cos_in: (n,) float32 cosine to the centre.
        sin_in: (n,) float32 its sine.
        widest: (b,) float32 largest sine of each run.
        margin: (1,) float32, what inner products can be off by.
        seen: (b,) int64 chosen rows that each run has been compared with.
        blocks: (c + 1,) int64, block j holds runs blocks[j] to blocks[j + 1] - 1.
        bound: (c,) float32 cosine of each block's candidate when it was set.
        candidate: (c,) int64 first row of each block as far as is known.
        order: (c,) int64 blocks as a binary heap.
    """

    vectors: F32
    squares: F64
    nearest: F32
    gone: Bool
    run_of: I32
    starts: I64
    centres: F32
    cos_in: F32
    sin_in: F32
    widest: F32
    margin: F32
    seen: I64
    blocks: I64
    bound: F32
    candidate: I64
    order: I64


@kernel
def _before(
    square: float, cosine: float, row: int, square2: float, cosine2: float, row2: int
) -> bool:
    """Whether one comes before another: by worth, then smaller cosine, then lower row."""
    gap, gap2 = 1.0 - np.float64(cosine), 1.0 - np.float64(cosine2)
    worth = square * gap if gap > COPY else 0.0
    worth2 = square2 * gap2 if gap2 > COPY else 0.0
    if worth != worth2:
        return worth > worth2
    if cosine != cosine2:
        return cosine < cosine2
    return row < row2


@kernel
def _first_row(heap: Heap, low: int, high: int) -> int:
    """The first of rows [low, high) as far as is known, of those not gone; -1 for none."""
    first = -1
    for row in range(low, high):
        if not heap.gone[row] and (
            first < 0
            or _before(
                heap.squares[row],
                heap.nearest[row],
                row,
                heap.squares[first],
                heap.nearest[first],
                first,
            )
        ):
            first = row
    return first


@kernel
def _block_before(heap: Heap, one: int, other: int) -> bool:
    """Whether a block's candidate comes before that of another block."""
    row, row2 = heap.candidate[one], heap.candidate[other]
    return _before(
        heap.squares[row], heap.bound[one], row, heap.squares[row2], heap.bound[other], row2
    )


@kernel
def _sift(heap: Heap, at: int) -> None:
    """Move a heap entry down until neither of the two below it comes before it."""
    order = heap.order
    block = order[at]
    while True:
        below = 2 * at + 1
        if below >= len(order):
            break
        if below + 1 < len(order) and _block_before(heap, order[below + 1], order[below]):
            below += 1
        if _block_before(heap, block, order[below]):
            break
        order[at] = order[below]
        at = below
    order[at] = block


@kernel
def _enter(heap: Heap, block: int, row: int) -> None:
    """Set the candidate of a block; -1 where all of its rows are gone."""
    first = heap.starts[heap.blocks[block]]
    heap.candidate[block] = row if row >= 0 else first
    heap.bound[block] = heap.nearest[row] if row >= 0 else GONE


@kernel
def rebuild(heap: Heap) -> None:
    """Set the candidate of each block from what is known of its rows, and order the heap."""
    for block in range(len(heap.order)):
        low, high = heap.starts[heap.blocks[block]], heap.starts[heap.blocks[block + 1]]
        heap.order[block] = block
        _enter(heap, block, _first_row(heap, low, high))
    for at in range(len(heap.order) // 2 - 1, -1, -1):
        _sift(heap, at)


@kernel
def _compare(heap: Heap, run: int, chosen: F32, which: int, least: float) -> bool:
    """Compare the rows of a run with one chosen row; whether any cosine was raised.

    Args:
        heap: The state.
        run: The run.
        chosen: (m, d) float32 unit rows.
        which: The chosen row.
        least: Smallest cosine that a row of the run has so far.
    """
    low, high = heap.starts[run], heap.starts[run + 1]
    near, beside = np.float32(1.0), np.float32(0.0)
    if high - low > 1:
        near = dot_rows(heap.centres, run, chosen, which)
        beside = np.sqrt(max(np.float32(0.0), np.float32(1.0) - near * near))
        most = max(near, np.float32(0.0)) + heap.widest[run] * beside
        if most + heap.margin[0] <= least:
            return False
    raised = False
    for row in range(low, high):
        most = heap.cos_in[row] * near + heap.sin_in[row] * beside + heap.margin[0]
        if most > heap.nearest[row]:
            cosine = dot_rows(heap.vectors, row, chosen, which)
            if cosine > heap.nearest[row]:
                heap.nearest[row] = cosine
                raised = True
    return raised


@kernel
def _catch_up(heap: Heap, run: int, chosen: F32, count: int, best: int) -> int:
    """Compare a run with the chosen rows until its first row is behind ``best``.

    Returns:
        Its first row, compared with everything, or ``best``.
    """
    low, high = heap.starts[run], heap.starts[run + 1]
    done = heap.seen[run]
    raised = True
    first = -1
    least = np.float32(0.0)
    while True:
        if raised:
            first = _first_row(heap, low, high)
            least = heap.nearest[low:high].min()
            if first < 0 or (
                best >= 0
                and _before(
                    heap.squares[best],
                    heap.nearest[best],
                    best,
                    heap.squares[first],
                    heap.nearest[first],
                    first,
                )
            ):
                first = best
                break
        if done == count:
            break
        raised = _compare(heap, run, chosen, done, float(least))
        done += 1
    heap.seen[run] = done
    return first


@kernel
def next_row(heap: Heap, chosen: F32, count: int) -> int:
    """The first of all rows that are not gone; -1 if there is none.

    Args:
        heap: The state.
        chosen: (m, d) float32 unit rows; the first ``count`` are what is chosen.
        count: How many those are.
    """
    if len(heap.order) == 0:
        return -1
    while True:
        block = heap.order[0]
        row = heap.candidate[block]
        if heap.gone[row]:
            if heap.bound[block] == GONE:
                return -1
            low, high = heap.starts[heap.blocks[block]], heap.starts[heap.blocks[block + 1]]
            row = _first_row(heap, low, high)
        elif heap.seen[heap.run_of[row]] == count:
            return int(row)
        else:
            mine = heap.run_of[row]
            row = _catch_up(heap, mine, chosen, count, -1)
            for run in range(heap.blocks[block], heap.blocks[block + 1]):
                if run != mine:
                    row = _catch_up(heap, run, chosen, count, row)
        _enter(heap, block, row)
        _sift(heap, 0)


@kernel
def nearest_cosine(heap: Heap, row: int, chosen: F32, count: int) -> np.float32:
    """Largest cosine of a row to the ``count`` chosen, -1 for none."""
    value = heap.nearest[row]
    for done in range(heap.seen[heap.run_of[row]], count):
        value = max(value, dot_rows(heap.vectors, row, chosen, done))
    return np.float32(value)
