"""What the leader rule spends its time on: frames against kept frames, one by one."""

from __future__ import annotations

import numpy as np

from framesel.selection.duplicates.tiles import alike
from framesel.selection.vectors.arrays import F32, I64
from framesel.selection.vectors.dot import dot_rows, kernel


@kernel
def scan(
    vectors: F32,
    rows: I64,
    order: I64,
    tau: np.float32,
    settled: int,
    tiles: F32,
    each: int,
    tau_tile: np.float32,
    keeper: I64,
    cosine: F32,
) -> None:
    """Leader rule without pruning, over positions of ``rows`` in the given order."""
    kept = np.empty(len(rows), np.int64)
    count = 0
    for visit in range(len(order)):
        at = order[visit]
        best = np.float32(-2.0)
        which = -1
        if visit >= settled:
            for earlier in range(count):
                leader = rows[kept[earlier]]
                value = dot_rows(vectors, rows[at], vectors, leader)
                if value < tau or value <= best:
                    continue
                if alike(tiles, rows[at], tiles, leader, each, tau_tile):
                    best = value
                    which = kept[earlier]
        if which >= 0:
            keeper[at] = which
            cosine[at] = best
        else:
            keeper[at] = at
            cosine[at] = np.float32(1.0)
            kept[count] = at
            count += 1


@kernel
def push_runs(
    vectors: F32,
    rows: I64,
    rank: I64,
    kept: I64,
    after: I64,
    bound: F32,
    low: int,
    first: int,
    last: int,
    starts: I64,
    centres: F32,
    cos_in: F32,
    sin_in: F32,
    threshold: F32,
    last_rank: I64,
    tau: np.float32,
    margin: np.float32,
    tiles: F32,
    each: int,
    tau_tile: np.float32,
    keeper: I64,
    cosine: F32,
) -> None:
    """Offer kept frames, in their order, to the frames of some runs that are visited later."""
    for which in range(len(kept)):
        leader = kept[which]
        for column in range(first, last):
            run = low + column
            if bound[which, column] < threshold[run] or last_rank[run] <= after[which]:
                continue
            near = dot_rows(vectors, rows[leader], centres, run)
            if near < threshold[run]:
                continue
            beside = np.sqrt(max(np.float32(0.0), np.float32(1.0) - near * near))
            for at in range(starts[run], starts[run + 1]):
                if rank[at] <= after[which]:
                    continue
                best = max(tau, cosine[at])
                if cos_in[at] * near + sin_in[at] * beside + margin < best:
                    continue
                value = dot_rows(vectors, rows[at], vectors, rows[leader])
                if value < tau or value <= cosine[at]:
                    continue
                if alike(tiles, rows[at], tiles, rows[leader], each, tau_tile):
                    cosine[at] = value
                    keeper[at] = leader
