"""Greedy coverage of very much footage: on what each of some frames has near it.

Exact coverage looks at all pairs of frames, which no longer pays from some tens of thousands on.
Two things are left out here, and both in a way that does not depend on the budget:

- Of n frames every (n / m)-th, in the order of footage, speaks for the stretch around it, with the
  stretch's weight (m = ``REPRESENTED``). All n can be picked.
- Each of them counts the t candidates most similar to it, exact, ties to the lower row; what is
  farther away covers it not at all (``PAIRS`` = m t). Greedy coverage loses little by that where t
  is larger than n over the number of picks (Lindgren, Wu & Dimakis, "Leveraging sparsity for
  efficient submodular data summarization", NeurIPS 2016).

Time: n m inner products, linear in n; memory: 16 bytes for each pair while it is built, 8 after.
Picking itself is the exact lazy greedy on what is stored, so no stochastic greedy is needed.
"""

from __future__ import annotations

import numpy as np

from framesel.selection.coverage.class_term import ClassTerm
from framesel.selection.coverage.cover_graph import CoverGraph
from framesel.selection.coverage.kernels import Kernel, values
from framesel.selection.coverage.neighbours import nearest_rows
from framesel.selection.coverage.sparse_coverage import StoredCoverage
from framesel.selection.vectors.arrays import F32, F64, I32, I64
from framesel.selection.vectors.dot import kernel

REPRESENTED = 2**15
"""Frames that are to be covered, at most."""

PAIRS = 2**25
"""Pairs of a frame and a candidate that are kept."""


def neighbour_coverage(
    vectors: F32,
    weights: F64,
    seeds: F32,
    shape: Kernel,
    classes: ClassTerm,
    prices: F64 | None = None,
) -> StoredCoverage:
    """The state of a greedy coverage before its first pick.

    Args:
        vectors: (n, d) float32 unit rows, n >= 1.
        weights: (n,) float64, >= 0.
        seeds: (m, d) float32 unit rows that cover from the start.
        shape: What a cosine is worth.
        classes: A second term of the objective.
        prices: (n,) float64 > 0, what gains are divided by before they compete; default 1.
    """
    n = len(vectors)
    count = min(n, REPRESENTED)
    edges = np.arange(count + 1) * n // count
    middle = np.ascontiguousarray(vectors[(edges[:-1] + edges[1:] - 1) // 2])
    cover = np.zeros(count, np.float32)
    if len(seeds):
        cover = values(shape, nearest_rows(middle, seeds, 1)[1][:, 0])
    rows, worth = nearest_rows(middle, vectors, min(n, max(1, PAIRS // count)))
    worth = values(shape, worth)
    graph = turned(rows, worth, cover, n)
    stretches = np.add.reduceat(weights, edges[:-1])
    return StoredCoverage(graph, stretches, cover, classes, prices)


def turned(rows: I32, worth: F32, cover: F32, n: int) -> CoverGraph:
    """The frames of each candidate, from the candidates of each frame.

    Args:
        rows: (m, t) int32 candidates of each frame, each at most once.
        worth: (m, t) float32, how well they cover it.
        cover: (m,) float32, how well it is covered; what does no better is left out.
        n: Number of candidates.
    """
    starts = np.zeros(n + 1, np.int64)
    _count(rows, worth, cover, starts[1:])
    np.cumsum(starts, out=starts)
    frames = np.empty(starts[-1], np.int32)
    found = np.empty(starts[-1], np.float32)
    _turn(rows, worth, cover, starts[:-1].copy(), frames, found)
    return CoverGraph(starts, frames, found)


@kernel
def _count(rows: I32, worth: F32, cover: F32, counts: I64) -> None:
    """Add how many entries each candidate has; by numpy that would take twice all pairs' memory."""
    for frame in range(len(rows)):
        for at in range(rows.shape[1]):
            if worth[frame, at] > cover[frame]:
                counts[rows[frame, at]] += 1


@kernel
def _turn(rows: I32, worth: F32, cover: F32, ends: I64, frames: I32, found: F32) -> None:
    """Write the entries of each candidate, frames rising."""
    for frame in range(len(rows)):
        for at in range(rows.shape[1]):
            if worth[frame, at] > cover[frame]:
                end = ends[rows[frame, at]]
                frames[end] = frame
                found[end] = worth[frame, at]
                ends[rows[frame, at]] = end + 1
