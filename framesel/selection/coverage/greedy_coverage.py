"""Greedy coverage: lazy, exact, and in memory that grows with the number of frames alone.

Picking is greedy on F(S) = sum_i w_i max over s in S of k(i.s), plus a term for classes, k any
kernel (:mod:`framesel.selection.coverage.kernels`). Gains only shrink as S grows (submodularity),
so an old gain is an upper bound, and a candidate is looked at again only when its bound tops the
list. It is then looked at more and more closely, as long as it stays on top, the first two times
together with those that follow it in the list:

1. against runs of frames (:mod:`framesel.selection.vectors.runs`): a matrix product with their
   centres says how well it can cover each run at most, and the frame of the run that is covered
   worst is known;
2. against all frames, by a matrix product, with a margin for its rounding;
3. exactly, with the package's own inner product, skipping runs and frames it cannot cover better.

As soon as the pairs that can still matter fit into memory, they are stored instead
(:mod:`framesel.selection.coverage.sparse_coverage`). What is skipped would have added exactly zero,
and the rest is added in row order, so picks and gains equal those of the plain greedy to the last
bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from framesel.selection.coverage.class_term import (
    ClassTerm,
    class_gain,
    class_gains,
    class_term,
    take_classes,
)
from framesel.selection.coverage.cover_graph import build_graph, most_pairs
from framesel.selection.coverage.coverage_bounds import (
    add_frame_bounds,
    add_run_bounds,
    exact_gain,
    raise_cover,
)
from framesel.selection.coverage.kernels import Kernel, cosine_kernel, values
from framesel.selection.coverage.sparse_coverage import Standing, StoredCoverage
from framesel.selection.greedy import NONE_LEFT
from framesel.selection.vectors.arrays import F32, F64, I64, unit_error
from framesel.selection.vectors.dot import dots, rounding_margin
from framesel.selection.vectors.in_parts import in_parts
from framesel.selection.vectors.runs import Runs, find_runs

STALE, BY_RUNS, BY_FRAMES, EXACT = range(4)
"""How closely a candidate has been looked at since the last pick."""

_RUN_COS = 0.97
_RUN_LONGEST = 32
_FIRST_BATCH = 8
_LARGEST_BATCH = 512
_TILE = 8_192
_ROUND_UP = 1.0 + 1e-9


class Coverage:
    """Proposes the row with the largest gain for its price; ties go to the lowest row.

    Attributes:
        achieved: What all picks together have added to the objective.
    """

    def __init__(
        self,
        vectors: F32,
        weights: F64,
        seeds: F32,
        shape: Kernel | None = None,
        classes: ClassTerm | None = None,
        prices: F64 | None = None,
    ) -> None:
        """Begin with what is covered already.

        Args:
            vectors: (n, d) float32 unit rows.
            weights: (n,) float64, >= 0.
            seeds: (m, d) float32 unit rows that cover from the start.
            shape: What a cosine is worth; itself, where it is above 0, if not told.
            classes: A second term of the objective.
            prices: (n,) float64 > 0, what gains are divided by before they compete; default 1.
        """
        n = len(vectors)
        self.achieved = 0.0
        self.vectors, self.weights = vectors, weights
        self.shape = cosine_kernel() if shape is None else shape
        self.classes = class_term(None, n, 0.0) if classes is None else classes
        self.prices = np.ones(n) if prices is None else prices
        self.margin = np.float32(rounding_margin(vectors.shape[1], unit_error(vectors)))
        self.runs: Runs = find_runs(vectors, np.arange(n), _RUN_COS, _RUN_LONGEST)
        self.run_weights = np.add.reduceat(weights, self.runs.starts[:-1])
        self.run_cos = np.cos(self.runs.radius).astype(np.float32)
        self.run_sin = np.sin(self.runs.radius).astype(np.float32)
        just_below = np.nextafter(self.shape.floor, np.float32(-2.0))
        self.near = np.full(n, just_below, np.float32)
        self.cover = np.zeros(n, np.float32)
        self.worst = np.full(len(self.runs), just_below, np.float32)
        self.standing = Standing.fresh(n)
        self.level = np.zeros(n, np.int8)
        # Runs of a frame or two say no more than the frames themselves.
        self.first_level = STALE if 4 * len(self.runs) <= n else BY_RUNS
        self.better = np.full(n, n, np.int64)
        self.stored: StoredCoverage | None = None
        for seed in range(len(seeds)):
            self._cover_with(seeds, seed)

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._store_if_it_fits()
        if self.stored is not None:
            return self.stored.best()
        if self.standing.gone.all():
            return NONE_LEFT
        return self._closest_look()

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. The gains are what each term adds."""
        gains = self._take(row) if self.stored is None else self.stored.take(row)
        self.achieved += sum(gains.values())
        return gains

    def gain(self, row: int) -> Mapping[str, float]:
        """What each term would grow by with a candidate."""
        if self.stored is not None:
            return self.stored.gain(row)
        gains = {"coverage": self._gain(row)}
        if self.classes.counts.shape[1]:
            gains["classes"] = float(class_gain(self.classes, row))
        return gains

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self.standing.gone[rows] = True

    def most_more(self, k: int) -> float:
        """No k further candidates can add more than this: the k largest gains together, about."""
        self._store_if_it_fits()
        if self.stored is not None:
            return self.stored.most_more(k)
        self.level[:] = self.first_level
        while True:
            bound = np.where(self.standing.picked, 0.0, self.standing.bound)
            top = np.argsort(-bound, kind="stable")[:k]
            loose = top[(self.level[top] < BY_FRAMES) & ~self.standing.picked[top]]
            if not len(loose):
                return float(bound[top].sum())
            for low in range(0, len(loose), _LARGEST_BATCH):
                self._tighten(loose[low : low + _LARGEST_BATCH], BY_RUNS)

    def _take(self, row: int) -> Mapping[str, float]:
        """Pick without a store."""
        gains = self.gain(row)
        take_classes(self.classes, row)
        self._cover_with(self.vectors, row)
        self.standing.gone[row] = self.standing.picked[row] = True
        return gains

    def _store_if_it_fits(self) -> None:
        """Keep the pairs that matter, as soon as that is possible."""
        most = most_pairs(len(self.vectors))
        if self.stored is not None or not len(self.vectors) or self.better.sum() > most:
            return
        graph = build_graph(self.vectors, self.shape, self.near, self.cover, self.margin, most)
        if graph is not None:
            self.stored = StoredCoverage(
                graph, self.weights, self.cover, self.classes, self.prices, self.standing
            )

    def _closest_look(self) -> int:
        """The candidate with the largest gain for its price; its bound is then exact."""
        self.level[:] = self.first_level
        batch = _FIRST_BATCH
        while True:
            bound = np.where(self.standing.gone, -np.inf, self.standing.bound / self.prices)
            top = int(np.argmax(bound))
            level = self.level[top]
            if level == EXACT:
                return top
            if level == BY_FRAMES:
                self.standing.bound[top] = self._gain(top) + class_gain(self.classes, top)
                self.level[top] = EXACT
                continue
            rows = np.flatnonzero((self.level == level) & ~self.standing.gone)
            if len(rows) > batch:
                rows = rows[np.argpartition(-bound[rows], batch - 1)[:batch]]
            self._tighten(rows, level)
            batch = min(2 * batch, _LARGEST_BATCH)

    def _tighten(self, rows: I64, level: int) -> None:
        """Look more closely at some candidates of a level."""
        totals = np.zeros(len(rows))
        candidates = self.vectors[rows]
        if level == STALE:
            self._add_run_bounds(candidates, totals)
        else:
            self.better[rows] = self._add_frame_bounds(candidates, totals)
        class_gains(self.classes, rows, totals)
        self.standing.bound[rows] = np.minimum(self.standing.bound[rows], totals * _ROUND_UP)
        self.level[rows] = level + 1

    def _add_run_bounds(self, candidates: F32, totals: F64) -> None:
        """Add what each candidate could gain at most, judged by the runs."""
        for low in range(0, len(self.runs), _TILE):
            part = slice(low, low + _TILE)
            add_run_bounds(
                candidates @ self.runs.centres[part].T,
                self.shape,
                self.margin,
                self.run_cos[part],
                self.run_sin[part],
                self.worst[part],
                self.run_weights[part],
                totals,
            )

    def _add_frame_bounds(self, candidates: F32, totals: F64) -> I64:
        """Add what each candidate could gain at most by all frames; return from how many."""
        better = np.zeros(len(candidates), np.int64)
        for low in range(0, len(self.vectors), _TILE):
            part = slice(low, low + _TILE)
            # One product at a time: BLAS has its own threads, and shares them badly.
            near = candidates @ self.vectors[part].T
            in_parts(len(candidates), partial(self._add_part, near, part, totals, better))
        return better

    def _add_part(
        self, near: F32, part: slice, totals: F64, better: I64, low: int, high: int
    ) -> None:
        """The same for some of the candidates and a part of the frames."""
        add_frame_bounds(
            near[low:high],
            self.shape,
            self.margin,
            self.near[part],
            self.cover[part],
            self.weights[part],
            totals[low:high],
            better[low:high],
        )

    def _gain(self, row: int) -> float:
        """Exact gain of a candidate in coverage."""
        return float(
            exact_gain(
                self.vectors,
                row,
                self.shape,
                self.weights,
                self.near,
                self.cover,
                self.worst,
                self.margin,
                self.runs.starts,
                self.runs.centres,
                self.run_cos,
                self.run_sin,
                self.runs.cos_in,
                self.runs.sin_in,
            )
        )

    def _cover_with(self, source: F32, row: int) -> None:
        """Let a row cover what it covers better than what is there."""
        raise_cover(
            self.vectors,
            source,
            row,
            self.shape,
            self.runs.starts,
            self.near,
            self.cover,
            self.worst,
        )


def greedy_coverage_plain(
    vectors: F32, weights: F64, seeds: F32, k: int, shape: Kernel | None = None
) -> tuple[I64, F64]:
    """The same in plain numpy, every gain evaluated for every pick; the oracle of the tests."""
    shape = cosine_kernel() if shape is None else shape
    cover = np.zeros(len(vectors), np.float32)
    for seed in seeds:
        cover = np.maximum(cover, values(shape, dots(vectors, seed)))
    worth = np.stack([values(shape, dots(vectors, row)) for row in vectors])
    rows, gains = np.empty(k, np.int64), np.empty(k, np.float64)
    for rank in range(k):
        more = np.maximum(worth.astype(np.float64) - cover, 0.0) * weights
        totals = np.cumsum(more, axis=1)[:, -1]
        totals[rows[:rank]] = -1.0
        rows[rank] = np.argmax(totals)
        gains[rank] = totals[rows[rank]]
        cover = np.maximum(cover, worth[rows[rank]])
    return rows, gains
