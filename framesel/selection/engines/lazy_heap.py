"""The heap of a lazy greedy: rows by (upper bound of the gain, row), the best on top."""

from __future__ import annotations

from framesel.selection.vectors.arrays import F64, I64
from framesel.selection.vectors.dot import kernel


@kernel
def sink(heap: I64, bound: F64) -> None:
    """Move the top of the heap down until both below it have a smaller bound or a higher row."""
    row = heap[0]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= len(heap):
            break
        if below + 1 < len(heap):
            left, right = heap[below], heap[below + 1]
            if bound[right] > bound[left] or (bound[right] == bound[left] and right < left):
                below += 1
        other = heap[below]
        if bound[other] < bound[row] or (bound[other] == bound[row] and other > row):
            break
        heap[at] = other
        at = below
    heap[at] = row
