"""The pairs that can still matter to coverage, once they are few enough to be kept in memory.

A pair of frames whose value does not exceed what covers one of them already will never add
anything, since cover only grows. As soon as the others fit, they are stored, and gains are summed
from the store: the same terms in the same order as before, without an inner product.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from framesel.selection.coverage.kernels import Kernel, value
from framesel.selection.vectors.arrays import F32, I32, I64
from framesel.selection.vectors.dot import dot_rows, kernel

FEWEST_PAIRS = 2**25
"""So many pairs may always be stored (8 bytes each)."""

PAIRS_PER_FRAME = 256
"""So many for each frame, where that is more."""

_NUMBERS_AT_ONCE = 2**24


def most_pairs(n: int) -> int:
    """How many pairs may be stored for n frames."""
    return max(FEWEST_PAIRS, PAIRS_PER_FRAME * n)


class CoverGraph(NamedTuple):
    """For each candidate the frames that it can cover, and how well.

    Attributes:
        starts: (n + 1,) int64, candidate j has entries starts[j] to starts[j + 1] - 1.
        frames: (e,) int32 rows, rising within a candidate.
        values: (e,) float32 > 0, how well the candidate covers the frame.
    """

    starts: I64
    frames: I32
    values: F32


def build_graph(
    vectors: F32, shape: Kernel, near: F32, cover: F32, margin: np.float32, most: int
) -> CoverGraph | None:
    """Store the pairs that still matter, or give up as soon as there are more than ``most``.

    Args:
        vectors: (n, d) float32 unit rows, each a frame and a candidate.
        shape: What a cosine is worth.
        near: (n,) float32, the largest cosine of each frame to what covers it so far.
        cover: (n,) float32, what that is worth.
        margin: What a matrix product may be off by.
        most: Number of pairs that there is room for.
    """
    n = len(vectors)
    starts = np.zeros(n + 1, np.int64)
    frames, values = np.empty(most, np.int32), np.empty(most, np.float32)
    step = max(1, _NUMBERS_AT_ONCE // n)
    for low in range(0, n, step):
        products = vectors[low : low + step] @ vectors.T
        if not _collect(vectors, products, low, shape, near, cover, margin, starts, frames, values):
            return None
    return CoverGraph(starts, frames[: starts[n]], values[: starts[n]])


@kernel
def _collect(
    vectors: F32,
    products: F32,
    low: int,
    shape: Kernel,
    near: F32,
    cover: F32,
    margin: np.float32,
    starts: I64,
    frames: I32,
    values: F32,
) -> bool:
    """Append the pairs of some candidates; False where there is no more room."""
    for step in range(len(products)):
        row = low + step
        end = starts[row]
        for at in range(products.shape[1]):
            if products[step, at] + margin <= near[at]:
                continue
            cosine = dot_rows(vectors, at, vectors, row)
            if cosine > near[at] and value(shape, cosine) > cover[at]:
                if end == len(frames):
                    return False
                frames[end] = at
                values[end] = value(shape, cosine)
                end += 1
        starts[row + 1] = end
    return True
