"""The pairs that can still matter to coverage, once they are few enough to be kept in memory.

A pair of frames whose cosine does not exceed what covers one of them already will never add
anything, since cover only grows. As soon as the others fit, they are stored, and gains are summed
from the store: the same terms in the same order as before, without an inner product.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framesel.selection.arrays import F32, F64, I32, I64, Bool
from framesel.selection.dot import dot_rows, kernel

FEWEST_PAIRS = 2**25
"""So many pairs may always be stored (8 bytes each)."""

PAIRS_PER_FRAME = 256
"""So many for each frame, where that is more."""

_NUMBERS_AT_ONCE = 2**24


def most_pairs(n: int) -> int:
    """How many pairs may be stored for n frames."""
    return max(FEWEST_PAIRS, PAIRS_PER_FRAME * n)


@dataclass(frozen=True, eq=False)
class CoverGraph:
    """For each candidate the frames that it could cover better than they were when this was built.

    Attributes:
        starts: (n + 1,) int64, candidate j has entries starts[j] to starts[j + 1] - 1.
        frames: (e,) int32 rows, rising within a candidate.
        cosines: (e,) float32 between candidate and frame.
    """

    starts: I64
    frames: I32
    cosines: F32

    def pick(self, weights: F64, cover: F32, bounds: F64, fresh: Bool) -> int:
        """Row with the largest gain, lazily; its bound is then exact.

        Args:
            weights: (n,) of the frames.
            cover: (n,) float32 cover so far.
            bounds: (n,) upper bounds on the gains, brought down in place.
            fresh: (n,) whether a bound is exact; reset here.
        """
        fresh[:] = False
        return int(_pick(self.starts, self.frames, self.cosines, weights, cover, bounds, fresh))

    def cover_with(self, row: int, cover: F32) -> None:
        """Raise the cover to what a candidate gives, in place."""
        part = slice(self.starts[row], self.starts[row + 1])
        frames = self.frames[part]
        cover[frames] = np.maximum(cover[frames], self.cosines[part])


def build_graph(vectors: F32, cover: F32, margin: np.float32, most: int) -> CoverGraph | None:
    """Store the pairs that still matter, or give up as soon as there are more than ``most``.

    Args:
        vectors: (n, d) float32 unit rows, each a frame and a candidate.
        cover: (n,) float32 cover so far.
        margin: What a matrix product may be off by.
        most: Number of pairs that there is room for.
    """
    n = len(vectors)
    starts = np.zeros(n + 1, np.int64)
    frames, cosines = np.empty(most, np.int32), np.empty(most, np.float32)
    step = max(1, _NUMBERS_AT_ONCE // n)
    for low in range(0, n, step):
        near = vectors[low : low + step] @ vectors.T
        if not _collect(vectors, near, low, cover, margin, starts, frames, cosines):
            return None
    return CoverGraph(starts, frames[: starts[n]], cosines[: starts[n]])


@kernel
def _collect(
    vectors: F32,
    near: F32,
    low: int,
    cover: F32,
    margin: np.float32,
    starts: I64,
    frames: I32,
    cosines: F32,
) -> bool:
    """Append the pairs of some candidates; False where there is no more room."""
    for step in range(len(near)):
        row = low + step
        end = starts[row]
        for at in range(near.shape[1]):
            if near[step, at] + margin <= cover[at]:
                continue
            cosine = dot_rows(vectors, at, vectors, row)
            if cosine > cover[at]:
                if end == len(frames):
                    return False
                frames[end] = at
                cosines[end] = cosine
                end += 1
        starts[row + 1] = end
    return True


@kernel
def _pick(
    starts: I64, frames: I32, cosines: F32, weights: F64, cover: F32, bounds: F64, fresh: Bool
) -> int:
    """Evaluate the top of the list until it is exact; ties to the lowest row."""
    while True:
        top = 0
        for row in range(1, len(bounds)):
            if bounds[row] > bounds[top]:
                top = row
        if fresh[top]:
            return top
        total = 0.0
        for entry in range(starts[top], starts[top + 1]):
            at = frames[entry]
            if cosines[entry] > cover[at]:
                total += (np.float64(cosines[entry]) - np.float64(cover[at])) * weights[at]
        bounds[top] = total
        fresh[top] = True
