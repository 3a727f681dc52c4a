"""The frames that look most alike, exactly and in bounded memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError

F32 = NDArray[np.float32]
I64 = NDArray[np.int64]
_ROWS, _COLUMNS = 1024, 8192  # a tile of cosines takes 32 MB


def nearest(
    vectors: NDArray[Any],
    k: int,
    among: NDArray[Any] | None = None,
    *,
    rows: int = _ROWS,
    columns: int = _COLUMNS,
) -> tuple[I64, F32]:
    """The k rows with the greatest cosine, for every row.

    Takes O(n l d) time for n rows among l and O(n k) memory. Of rows at the same cosine the lowest
    numbers are named first.

    Args:
        vectors: (n, d) unit rows.
        k: Neighbours; fewer where there are not so many.
        among: (l, d) rows to look among; left out: the vectors themselves, each without itself.
        rows: Height of a tile of cosines.
        columns: Width of a tile.

    Returns:
        (n, k) int64 row numbers, nearest first, and (n, k) float32 cosines.
    """
    queries = check_vectors(vectors)
    others = queries if among is None else check_vectors(among)
    k = max(0, min(k, len(others) - (among is None)))
    index = np.zeros((len(queries), k), np.int64)
    cosine = np.zeros((len(queries), k), np.float32)
    for top in range(0, len(queries) if k else 0, rows):
        block = slice(top, min(top + rows, len(queries)))
        index[block], cosine[block] = _of_block(queries[block], others, k, columns, top, among)
    return index, cosine


def _of_block(
    block: F32, others: F32, k: int, columns: int, top: int, among: NDArray[Any] | None
) -> tuple[I64, F32]:
    index = np.zeros((len(block), 0), np.int64)
    cosine = np.zeros((len(block), 0), np.float32)
    for left in range(0, len(others), columns):
        part = others[left : left + columns]
        tile = np.clip(block @ part.T, -1.0, 1.0)
        if among is None:  # not itself
            own = np.arange(len(block)) + top - left
            mine = (own >= 0) & (own < len(part))
            tile[np.flatnonzero(mine), own[mine]] = -2.0
        best = _most(tile, k)
        index = np.concatenate([index, best + left], axis=1)
        cosine = np.concatenate([cosine, np.take_along_axis(tile, best, axis=1)], axis=1)
        keep = _most(cosine, k)
        index = np.take_along_axis(index, keep, axis=1)
        cosine = np.take_along_axis(cosine, keep, axis=1)
    return index, cosine


def _most(values: F32, k: int) -> I64:
    """(n, k) columns of the k greatest values of each row; of equals the lowest columns."""
    if values.shape[1] <= k:
        return np.argsort(-values, axis=1, kind="stable")
    least = -np.partition(-values, k - 1, axis=1)[:, k - 1 : k]
    # All that are greater are in; of those that equal the k-th as many as there is room for.
    over, equal = values > least, values == least
    room = k - over.sum(axis=1, keepdims=True)
    chosen = over | (equal & (np.cumsum(equal, axis=1) <= room))
    columns = np.nonzero(chosen)[1].reshape(len(values), k)
    order = np.argsort(-np.take_along_axis(values, columns, axis=1), axis=1, kind="stable")
    return np.take_along_axis(columns, order, axis=1)


def check_vectors(vectors: NDArray[Any]) -> F32:
    """(n, d) float32.

    Raises:
        UsageError: They are not (n, d), not finite, or not of unit length.
    """
    rows = np.asarray(vectors, np.float32)
    if rows.ndim != 2:
        raise UsageError(f"vectors have the shape {rows.shape}: give (n, d)")
    # Stored vectors are float16, hence the slack.
    if len(rows) and not (np.abs(np.linalg.norm(rows, axis=1) - 1.0) < 1e-2).all():
        raise UsageError("vectors must be finite and of unit length: divide each by its norm")
    return rows
