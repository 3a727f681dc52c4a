"""How much coverage a candidate can add: bounds by runs and by matrix products, and the exact sum.

See :mod:`framesel.selection.coverage.greedy_coverage` for when each is used. Comparisons are made
between cosines (``near`` is the largest cosine of a frame to what covers it); a kernel is only
evaluated for pairs that can add something.
"""

from __future__ import annotations

import numpy as np

from framesel.selection.coverage.kernels import Kernel, value
from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.selection.vectors.dot import dot_rows, kernel


@kernel
def _closest(
    near: np.float32, run_cos: np.float32, run_sin: np.float32, margin: np.float32
) -> np.float32:
    """Upper bound on the cosine between a row and any frame of a run, from that with its centre."""
    if near >= run_cos:
        return np.float32(np.float32(1.0) + margin)
    beside = np.sqrt(max(np.float32(0.0), np.float32(1.0) - near * near))
    return np.float32(near * run_cos + beside * run_sin + margin)


@kernel
def add_run_bounds(
    products: F32,
    shape: Kernel,
    margin: np.float32,
    run_cos: F32,
    run_sin: F32,
    worst: F32,
    run_weights: F64,
    totals: F64,
) -> None:
    """Add to each candidate's total what some runs could contribute to its gain at most.

    Args:
        products: (candidates, runs) cosines with the centres.
        shape: What a cosine is worth.
        margin: What a product may be off by.
        run_cos: Cosine of each run's radius.
        run_sin: Sine of it.
        worst: The lowest ``near`` in each run.
        run_weights: Weight of each run's frames together.
        totals: One sum for each candidate, raised in place.
    """
    for candidate in range(len(products)):
        total = 0.0
        for run in range(products.shape[1]):
            most = _closest(products[candidate, run], run_cos[run], run_sin[run], margin)
            if most > worst[run]:
                more = np.float64(value(shape, most)) - np.float64(value(shape, worst[run]))
                total += more * run_weights[run]
        totals[candidate] += total


@kernel
def add_frame_bounds(
    products: F32,
    shape: Kernel,
    margin: np.float32,
    near: F32,
    cover: F32,
    weights: F64,
    totals: F64,
    better: I64,
) -> None:
    """Add to each candidate's total what some frames could contribute to its gain at most.

    Args:
        products: (candidates, frames) cosines.
        shape: What a cosine is worth.
        margin: What a product may be off by.
        near: Largest cosine of each frame so far.
        cover: What that is worth.
        weights: Of the frames.
        totals: One sum for each candidate, raised in place.
        better: Frames that each candidate may cover better than now, raised in place.
    """
    for candidate in range(len(products)):
        total = 0.0
        count = 0
        for at in range(products.shape[1]):
            most = products[candidate, at] + margin
            if most > near[at]:
                more = np.float64(value(shape, np.float32(most))) - np.float64(cover[at])
                total += more * weights[at]
                count += 1
        totals[candidate] += total
        better[candidate] += count


@kernel
def exact_gain(
    vectors: F32,
    row: int,
    shape: Kernel,
    weights: F64,
    near: F32,
    cover: F32,
    worst: F32,
    margin: np.float32,
    starts: I64,
    centres: F32,
    run_cos: F32,
    run_sin: F32,
    cos_in: F32,
    sin_in: F32,
) -> float:
    """What the coverage grows by with one more row, summed in row order."""
    total = 0.0
    for run in range(len(centres)):
        centre = dot_rows(vectors, row, centres, run)
        if _closest(centre, run_cos[run], run_sin[run], margin) <= worst[run]:
            continue
        beside = np.sqrt(max(np.float32(0.0), np.float32(1.0) - centre * centre))
        for at in range(starts[run], starts[run + 1]):
            if cos_in[at] * centre + sin_in[at] * beside + margin <= near[at]:
                continue
            cosine = dot_rows(vectors, at, vectors, row)
            if cosine > near[at]:
                more = np.float64(value(shape, cosine)) - np.float64(cover[at])
                total += more * weights[at]
    return total


@kernel
def raise_cover(
    vectors: F32,
    source: F32,
    row: int,
    shape: Kernel,
    starts: I64,
    near: F32,
    cover: F32,
    worst: F32,
) -> None:
    """Let a row of ``source`` cover what it is nearer to than all before."""
    for run in range(len(worst)):
        least = np.float32(np.inf)
        for at in range(starts[run], starts[run + 1]):
            cosine = dot_rows(vectors, at, source, row)
            if cosine > near[at]:
                near[at] = cosine
                cover[at] = value(shape, cosine)
            least = min(least, near[at])
        worst[run] = least
