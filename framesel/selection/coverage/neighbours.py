"""The most similar rows of each row, exact, by blocks of matrix products.

A product says which rows can be among the nearest, with a margin for its rounding; those are
compared with the package's own inner product. So the answer is equal to the last bit everywhere.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from framesel.selection.vectors.arrays import F32, I32, unit_error
from framesel.selection.vectors.dot import dot_rows, kernel, rounding_margin
from framesel.selection.vectors.in_parts import in_parts

_NUMBERS_AT_ONCE = 2**25


def nearest_rows(queries: F32, bank: F32, t: int) -> tuple[I32, F32]:
    """The t rows of a bank with the largest inner products; ties go to the lower row.

    Time: one product of all with all. Memory: 256 MB beside the answer.

    Args:
        queries: (q, d) float32 unit rows.
        bank: (n, d) float32 unit rows.
        t: How many, 1 to n.

    Returns:
        (q, t) int32 rows of the bank and (q, t) float32 inner products, most similar first.
    """
    rows = np.empty((len(queries), t), np.int32)
    cosines = np.empty((len(queries), t), np.float32)
    error = max(unit_error(queries), unit_error(bank))
    margin = np.float32(2.0 * rounding_margin(bank.shape[1], error))
    step = max(1, _NUMBERS_AT_ONCE // len(bank))
    for low in range(0, len(queries), step):
        part = slice(low, low + step)
        products = queries[part] @ bank.T
        job = partial(_nearest, queries[part], bank, products, margin, rows[part], cosines[part])
        in_parts(len(products), job)
    return rows, cosines


def _nearest(
    queries: F32,
    bank: F32,
    products: F32,
    margin: np.float32,
    rows: I32,
    cosines: F32,
    low: int,
    high: int,
) -> None:
    """Write the nearest of some queries, from rough products of all of them."""
    last = len(bank) - rows.shape[1]
    # No row that is below the t-th largest rough product by more than both errors can win.
    edges = np.partition(products[low:high], last, axis=1)[:, last] - margin
    _settle(queries, bank, products, edges, rows, cosines, low, high)


@kernel
def _settle(
    queries: F32,
    bank: F32,
    products: F32,
    edges: F32,
    rows: I32,
    cosines: F32,
    low: int,
    high: int,
) -> None:
    """Write the nearest of some queries, from all whose rough products reach their edges."""
    t = rows.shape[1]
    n = len(bank)
    found = np.empty(n, np.int64)
    exact = np.empty(n, np.float32)
    for query in range(low, high):
        edge = edges[query - low]
        count = 0
        for row in range(n):
            if products[query, row] >= edge:
                found[count] = row
                exact[count] = dot_rows(queries, query, bank, row)
                count += 1
        # Stable: equal ones stay in the order of their rows.
        order = np.argsort(-exact[:count], kind="mergesort")
        for at in range(t):
            rows[query, at] = found[order[at]]
            cosines[query, at] = exact[order[at]]
