"""The leader rule over one set of frames, exact, in memory that grows with the set alone.

Frames are visited in a given order. One is kept unless its inner product with a frame kept before
it reaches tau, and their tiles are alike; a dropped frame names the most similar of those (ties:
the one visited first). Hence kept frames are pairwise below tau or differ in a tile, every dropped
one is within tau of a kept one and like it in every tile, and nothing chains: a slow pan keeps a
frame every so often, where rules that let dropped frames drop others keep one.

Only pairs with a kept frame are ever looked at, and none is stored: a static camera costs one kept
frame, not a graph. Kept frames are handed on in batches. A batch is compared with the centres of
all runs (:mod:`framesel.selection.vectors.runs`) by a matrix product of short projections, which
rules most runs out (:mod:`framesel.selection.vectors.projection`); the rest is decided pair by pair
with :func:`framesel.selection.vectors.dot.dot_rows`.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from framesel import threads
from framesel.selection.duplicates.leader_kernels import push_runs, scan
from framesel.selection.duplicates.tiles import NO_TILES, Tiles
from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.selection.vectors.dot import dots, rounding_margin
from framesel.selection.vectors.projection import Projection, find_projection
from framesel.selection.vectors.runs import Runs, find_runs

SMALL = 1024
"""Sets of at most this many frames are scanned without any pruning."""

BATCH = 96
"""Frames kept, about, between two products with the runs' centres."""

_RUN_COS = 0.93
_RUN_LONGEST = 32
_TILE = 32_768
_LARGEST_BATCH = 8_192


@dataclass(eq=False)
class Leaders:
    """State of a leader pass over r rows, filled in place.

    Attributes:
        keeper: (r,) int64 position (not row) of the kept frame that stands for each; its own
            position where it is kept.
        cosine: (r,) float32 inner product with it.
    """

    keeper: I64
    cosine: F32


def lead(
    vectors: F32,
    rows: I64,
    order: I64,
    tau_cos: float,
    settled: int = 0,
    unit_error: float = 0.0,
    tiles: Tiles = NO_TILES,
) -> Leaders:
    """Apply the leader rule.

    Args:
        vectors: (n, d) float32 unit rows.
        rows: (r,) int64 rows of the set, in the order of footage (better pruning, same result).
        order: (r,) int64 positions in ``rows`` in the order of visiting.
        tau_cos: Inner product from which two frames are duplicates.
        settled: So many of the first in ``order`` are known to be kept.
        unit_error: Largest deviation of a row's norm from one.
        tiles: Of all n frames, or none.

    Returns:
        The keeper of each position and the inner product with it.
    """
    leaders = Leaders(np.full(len(rows), -1, np.int64), np.full(len(rows), -2.0, np.float32))
    if len(rows) <= SMALL:
        tau, found = np.float32(tau_cos), (leaders.keeper, leaders.cosine)
        scan(vectors, rows, order, tau, settled, *_parts(tiles), *found)
        return leaders
    _Pruned(vectors, rows, order, tau_cos, unit_error, tiles, leaders).run(settled)
    return leaders


def _parts(tiles: Tiles) -> tuple[F32, int, np.float32]:
    """As kernels take them."""
    return tiles.vectors, tiles.each, tiles.tau


def lead_plain(
    vectors: F32, rows: I64, order: I64, tau_cos: float, tiles: Tiles = NO_TILES
) -> Leaders:
    """The same in plain numpy: every frame against every kept one. The oracle of the tests."""
    leaders = Leaders(np.full(len(rows), -1, np.int64), np.full(len(rows), -2.0, np.float32))
    kept: list[int] = []
    for at in order:
        if kept:
            cosines = dots(vectors[rows[kept]], vectors[rows[at]])
            for tile in range(tiles.each):
                theirs = tiles.vectors[rows[kept] * tiles.each + tile]
                mine = tiles.vectors[rows[at] * tiles.each + tile]
                cosines[dots(theirs, mine) < tiles.tau] = -2.0
            best = int(np.argmax(cosines))
            if cosines[best] >= np.float32(tau_cos):
                leaders.keeper[at], leaders.cosine[at] = kept[best], cosines[best]
                continue
        kept.append(int(at))
        leaders.keeper[at], leaders.cosine[at] = at, 1.0
    return leaders


class _Pruned:
    """A leader pass that compares kept frames with runs before it compares them with frames."""

    def __init__(
        self,
        vectors: F32,
        rows: I64,
        order: I64,
        tau_cos: float,
        unit_error: float,
        tiles: Tiles,
        leaders: Leaders,
    ) -> None:
        self.vectors, self.rows, self.order, self.leaders = vectors, rows, order, leaders
        self.tiles = tiles
        self.tau = np.float32(tau_cos)
        self.rank = np.empty(len(rows), np.int64)
        self.rank[order] = np.arange(len(rows))
        self.margin = rounding_margin(vectors.shape[1], unit_error)
        self.runs: Runs = find_runs(vectors, rows, _RUN_COS, _RUN_LONGEST)
        self.projection: Projection = find_projection(vectors, rows)
        self.short = self.projection.shorten(self.runs.centres)
        self.last_rank = np.maximum.reduceat(self.rank, self.runs.starts[:-1])
        self.threshold = _run_thresholds(self.runs.radius, tau_cos, self.margin)

    def run(self, settled: int) -> None:
        """Visit all: the settled part, then the rest, batch after batch.

        Where few frames are kept, batches grow until about ``BATCH`` are: a product with all the
        runs' centres is to be worth its while.
        """
        low, size, total = 0, BATCH, len(self.order)
        with ThreadPoolExecutor(threads.count()) as pool:
            while low < total:
                high = min(low + size, settled if low < settled else total)
                kept = self._visit(self.order[low:high], low < settled)
                if len(kept):
                    self._push(kept, settled, pool)
                fitting = (high - low) * BATCH // max(1, len(kept))
                size = min(max(BATCH, fitting), 4 * size, _LARGEST_BATCH)
                low = high

    def _visit(self, batch: I64, given: bool) -> I64:
        """Decide a batch; return the positions that are kept."""
        keeper, cosine = self.leaders.keeper, self.leaders.cosine
        open_ = batch[keeper[batch] < 0]
        local = Leaders(np.full(len(open_), -1, np.int64), np.full(len(open_), -2.0, np.float32))
        scan(
            self.vectors,
            self.rows[open_],
            np.arange(len(open_)),
            self.tau,
            len(open_) if given else 0,
            *_parts(self.tiles),
            local.keeper,
            local.cosine,
        )
        keeper[open_], cosine[open_] = open_[local.keeper], local.cosine
        kept: I64 = open_[local.keeper == np.arange(len(open_))]
        return kept

    def _push(self, kept: I64, settled: int, pool: ThreadPoolExecutor) -> None:
        """Compare kept frames with all that are visited after them."""
        short = self.projection.shorten(self.vectors[self.rows[kept]])
        after = np.maximum(self.rank[kept], settled - 1)
        for low in range(0, len(self.runs), _TILE):
            # One product at a time: BLAS has its own threads, and shares them badly.
            bound = short @ self.short[low : low + _TILE].T
            width = bound.shape[1]
            step = max(1, -(-width // threads.count()))
            parts = [(first, min(first + step, width)) for first in range(0, width, step)]
            for _ in pool.map(partial(self._push_part, kept, after, bound, low), parts):
                pass

    def _push_part(
        self, kept: I64, after: I64, bound: F32, low: int, part: tuple[int, int]
    ) -> None:
        """The same for the runs of some columns of the bound; parts write to different frames."""
        push_runs(
            self.vectors,
            self.rows,
            self.rank,
            kept,
            after,
            bound,
            low,
            part[0],
            part[1],
            self.runs.starts,
            self.runs.centres,
            self.runs.cos_in,
            self.runs.sin_in,
            self.threshold,
            self.last_rank,
            self.tau,
            np.float32(self.margin),
            *_parts(self.tiles),
            self.leaders.keeper,
            self.leaders.cosine,
        )


def _run_thresholds(radius: F64, tau_cos: float, margin: float) -> F32:
    """Cosine with a run's centre below which none of its rows can reach tau."""
    angle = np.arccos(np.clip(tau_cos - margin, -1.0, 1.0)) + radius
    thresholds: F32 = np.where(angle >= np.pi, -4.0, np.cos(angle) - margin).astype(np.float32)
    return thresholds
