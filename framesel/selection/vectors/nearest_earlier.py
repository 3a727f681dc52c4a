"""For each pick, the most similar of what was chosen before it."""

from __future__ import annotations

import numpy as np

from framesel.selection.vectors.arrays import F32, I64
from framesel.selection.vectors.dot import dot_rows, kernel


def nearest_earlier(vectors: F32, already: F32, rows: I64) -> tuple[I64, F32]:
    """Most similar earlier choice of each pick; ties to ``already``, then to the lower rank."""
    bank = np.ascontiguousarray(np.concatenate([already, vectors[rows]]))
    m = len(already)
    at = np.empty(len(rows), np.int64)
    cosines = np.empty(len(rows), np.float32)
    _scan_earlier(bank, m, at, cosines)
    nearest = np.full(len(rows), -1, np.int64)
    nearest[(at >= 0) & (at < m)] = -2 - at[(at >= 0) & (at < m)]
    nearest[at >= m] = rows[at[at >= m] - m]
    return nearest, cosines


@kernel
def _scan_earlier(bank: F32, m: int, at: I64, cosines: F32) -> None:
    """For each row of the bank from m on, the most similar row before it; -1 and nan if none."""
    for rank in range(len(at)):
        at[rank] = -1
        cosines[rank] = np.float32(np.nan)
        for earlier in range(m + rank):
            cosine = dot_rows(bank, m + rank, bank, earlier)
            if at[rank] < 0 or cosine > cosines[rank]:
                at[rank] = earlier
                cosines[rank] = cosine
