"""Sums over all rows, and the row closest to a direction, in parts that threads share."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np

from framesel import threads
from framesel.selection.vectors.arrays import F32, F64
from framesel.selection.vectors.dot import dot_rows, kernel

_PART = 8_192


def weighted_sum(vectors: F32, mass: F64) -> F64:
    """Sum of mass times vector. (d,) float64, equal to the last bit on any number of threads."""
    with ThreadPoolExecutor(threads.count()) as pool:
        sums = list(pool.map(partial(_sum_part, vectors, mass), range(0, len(vectors), _PART)))
    total: F64 = np.sum(sums, axis=0)
    return total


def closest(vectors: F32, direction: F32) -> int:
    """Row with the largest inner product with a (d,) direction, ties to the lowest."""
    search = partial(_closest_of_part, vectors, direction[None])
    with ThreadPoolExecutor(threads.count()) as pool:
        found = list(pool.map(search, range(0, len(vectors), _PART)))
    row, _ = max(found, key=lambda one: one[1])  # the first of equals
    return int(row)


@kernel
def _sum_part(vectors: F32, mass: F64, low: int) -> F64:
    """Sum of mass times vector over one part. (d,) float64."""
    total = np.zeros(vectors.shape[1], np.float64)
    for at in range(low, min(low + _PART, len(vectors))):
        row = vectors[at]
        for column in range(len(total)):
            total[column] += mass[at] * row[column]
    return total


@kernel
def _closest_of_part(vectors: F32, direction: F32, low: int) -> tuple[int, float]:
    """The row of one part with the largest inner product, and that product."""
    best, most = low, np.float32(-np.inf)
    for at in range(low, min(low + _PART, len(vectors))):
        cosine = dot_rows(vectors, at, direction, 0)
        if cosine > most:
            best, most = at, cosine
    return best, float(most)
