"""For each frame, the most similar of a few that are chosen; equal to the last bit everywhere."""

from __future__ import annotations

import numpy as np

from framesel.selection.vectors.arrays import F32, I64, unit_error
from framesel.selection.vectors.dot import dot_rows, kernel, rounding_margin

_ROWS_AT_ONCE = 8_192


def nearest_chosen(vectors: F32, chosen: F32) -> tuple[I64, F32]:
    """Row of ``chosen`` that each row of ``vectors`` is most like, ties to the lowest.

    A matrix product finds those that could be it, and the package's own inner product decides.

    Args:
        vectors: (n, d) float32 unit rows.
        chosen: (k, d) float32 unit rows.

    Returns:
        (n,) int64 rows, -1 where nothing is chosen, and (n,) float32 cosines, nan there.
    """
    rows = np.full(len(vectors), -1, np.int64)
    cosines = np.full(len(vectors), np.nan, np.float32)
    if not len(chosen):
        return rows, cosines
    slack = unit_error(vectors) + unit_error(chosen)
    margin = np.float32(2 * rounding_margin(vectors.shape[1], slack))
    for low in range(0, len(vectors), _ROWS_AT_ONCE):
        part = slice(low, low + _ROWS_AT_ONCE)
        _decide(vectors[part] @ chosen.T, margin, vectors[part], chosen, rows[part], cosines[part])
    return rows, cosines


@kernel
def _decide(
    near: F32, margin: np.float32, vectors: F32, chosen: F32, rows: I64, cosines: F32
) -> None:
    """Look closely at what the product finds to be near the best."""
    for at in range(len(near)):
        least = near[at].max() - margin
        for other in range(near.shape[1]):
            if near[at, other] >= least:
                cosine = dot_rows(vectors, at, chosen, other)
                if rows[at] < 0 or cosine > cosines[at]:
                    rows[at] = other
                    cosines[at] = cosine
