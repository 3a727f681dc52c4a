"""Maximum mean discrepancy between two sets of pieces, each a set of frames."""

from __future__ import annotations

import numpy as np

from framesel.drift.footage import F32, F64, I64

_PAIRS = 2000
_BLOCK = 2048


def width(vectors: F32, of: I64, rng: np.random.Generator) -> float:
    """Median distance of two frames of different pieces: the kernel's sigma.

    The median heuristic of Gretton et al. 2012, section 8, on 2,000 frames at most; blind to which
    side a frame is of.

    Args:
        vectors: (n, d).
        of: (n,) piece of each frame.
        rng: Draws the frames.
    """
    rows = np.arange(len(vectors))
    if len(rows) > _PAIRS:
        rows = np.sort(rng.choice(rows, _PAIRS, replace=False))
    some = vectors[rows].astype(np.float64)
    apart = of[rows][:, None] < of[rows][None]
    squared = _squared(some, some)[apart]
    positive = squared[squared > 0.0]
    return float(np.sqrt(np.median(positive))) if len(positive) else 1.0


def mean_kernel(vectors: F32, of: I64, count: int, sigma: float) -> F64:
    """Mean of k(x, y) = exp(-|x - y|^2 / 2 sigma^2) over the frames of each two pieces.

    Memory: a few times 2,048 n numbers.

    Args:
        vectors: (n, d).
        of: (n,) piece of each frame, each piece with one frame at least.
        count: Pieces: u.
        sigma: Of the kernel.

    Returns:
        (u, u), 0 on the diagonal: a piece is not compared with itself.
    """
    order = np.argsort(of, kind="stable")
    sorted_, starts = of[order], np.searchsorted(of[order], np.arange(count))
    rows = vectors[order].astype(np.float64)
    sums = np.zeros((count, count))
    for low in range(0, len(rows), _BLOCK):
        block = rows[low : low + _BLOCK]
        kernel = np.exp(_squared(block, rows) / (-2.0 * sigma**2))
        mine, first = np.unique(sorted_[low : low + _BLOCK], return_index=True)
        sums[mine] += np.add.reduceat(np.add.reduceat(kernel, starts, axis=1), first, axis=0)
    size = np.bincount(of, minlength=count)
    found: F64 = sums / np.outer(size, size)
    np.fill_diagonal(found, 0.0)
    return found


def mean_discrepancy(kernel: F64, side: F64) -> F64:
    """Unbiased MMD^2 of each arrangement, every piece one draw.

    MMD^2_u = sum_{i != j} k(x_i, x_j) / m(m-1) + sum_{i != j} k(y_i, y_j) / n(n-1)
    - 2 sum k(x_i, y_j) / mn (Gretton, Borgwardt, Rasch, Schölkopf & Smola, "A kernel two-sample
    test", JMLR 13, 2012, eq. 3), where x_i is a piece and k the mean kernel of two pieces: the
    kernel between their distributions. With pieces of one frame it is the formula as it stands.
    A side of one piece has no pairs; its term is left out.

    Args:
        kernel: (u, u), 0 on the diagonal.
        side: (a, u) as in ``Arrangements``.

    Returns:
        (a,)
    """
    u, m = side.shape[1], side[0].sum()
    n = u - m
    rows = side @ kernel
    among_new = (rows * side).sum(axis=1)
    touching = rows.sum(axis=1)
    across = touching - among_new
    among_known = kernel.sum() - 2.0 * touching + among_new
    found: F64 = (
        among_known / max(n * (n - 1), 1.0)
        + among_new / max(m * (m - 1), 1.0)
        - 2.0 * across / (m * n)
    )
    return found


def _squared(x: F64, y: F64) -> F64:
    """(n, k) squared distances."""
    found: F64 = np.maximum(
        (x**2).sum(axis=1)[:, None] + (y**2).sum(axis=1)[None] - 2.0 * x @ y.T, 0.0
    )
    return found
