"""Greedy coverage: lazy, exact, and in memory that grows with the number of frames alone.

Picking is greedy on F(S) = sum_i w_i max(0, max over s in S of i.s). Gains only shrink as S grows
(submodularity), so an old gain is an upper bound, and a candidate is looked at again only when its
bound tops the list. It is then looked at more and more closely, as long as it stays on top, the
first two times together with those that follow it in the list:

1. against runs of frames (:mod:`framesel.selection.runs`): a matrix product with their centres says
   how well it can cover each run at most, and the frame of the run that is covered worst is known;
2. against all frames, by a matrix product, with a margin for its rounding;
3. exactly, with the package's own inner product, skipping runs and frames it cannot cover better.

As soon as the pairs that can still matter fit into memory, they are stored instead
(:mod:`framesel.selection.cover_graph`). What is skipped would have added exactly zero, and the rest
is added in row order, so picks and gains equal those of the plain greedy to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from framesel.selection.arrays import F32, F64, I64, unit_error
from framesel.selection.cover_graph import CoverGraph, build_graph, most_pairs
from framesel.selection.dot import dot_rows, dots, kernel, rounding_margin
from framesel.selection.greedy import NONE_LEFT
from framesel.selection.runs import Runs, find_runs

STALE, BY_RUNS, BY_FRAMES, EXACT = range(4)
"""How closely a candidate has been looked at since the last pick."""

_RUN_COS = 0.97
_RUN_LONGEST = 32
_FIRST_BATCH = 8
_LARGEST_BATCH = 512
_TILE = 8_192
_ROUND_UP = 1.0 + 1e-9


class Coverage:
    """Proposes the row with the largest gain in weighted coverage; ties go to the lowest row.

    Cover so far, and an upper bound on the gain of each candidate.
    """

    def __init__(self, vectors: F32, weights: F64, seeds: F32) -> None:
        """Begin with what is covered already.

        Args:
            vectors: (n, d) float32 unit rows.
            weights: (n,) float64, >= 0.
            seeds: (m, d) float32 unit rows that cover from the start.
        """
        n = len(vectors)
        self.vectors, self.weights = vectors, weights
        self.margin = np.float32(rounding_margin(vectors.shape[1], unit_error(vectors)))
        self.runs: Runs = find_runs(vectors, np.arange(n), _RUN_COS, _RUN_LONGEST)
        self.run_weights = np.add.reduceat(weights, self.runs.starts[:-1])
        self.run_cos = np.cos(self.runs.radius).astype(np.float32)
        self.run_sin = np.sin(self.runs.radius).astype(np.float32)
        self.cover = np.zeros(n, np.float32)
        self.worst = np.zeros(len(self.runs), np.float32)
        self.bounds = np.full(n, np.inf)
        self.level = np.zeros(n, np.int8)
        # Runs of a frame or two say no more than the frames themselves.
        self.first_level = STALE if 4 * len(self.runs) <= n else BY_RUNS
        self.better = np.full(n, n, np.int64)
        self.graph: CoverGraph | None = None
        for seed in range(len(seeds)):
            self._cover_with(seeds, seed)

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        if not len(self.bounds):
            return NONE_LEFT
        most = most_pairs(len(self.vectors))
        if self.graph is None and self.better.sum() <= most:
            self.graph = build_graph(self.vectors, self.cover, self.margin, most)
        if self.graph is not None:
            fresh = np.zeros(len(self.bounds), np.bool_)
            top = self.graph.pick(self.weights, self.cover, self.bounds, fresh)
        else:
            top = self._closest_look()
        return top if self.bounds[top] > -np.inf else NONE_LEFT

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. The gain is what F grows by."""
        gain = self._gain(row)
        if self.graph is not None:
            self.graph.cover_with(row, self.cover)
        else:
            self._cover_with(self.vectors, row)
        self.bounds[row] = -np.inf
        return {"coverage": gain}

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self.bounds[rows] = -np.inf

    def _closest_look(self) -> int:
        """The candidate with the largest gain; its bound is then exact."""
        self.level[:] = self.first_level
        self.level[self.bounds == -np.inf] = EXACT
        batch = _FIRST_BATCH
        while True:
            top = int(np.argmax(self.bounds))
            level = self.level[top]
            if level == EXACT:
                return top
            if level == BY_FRAMES:
                self.bounds[top] = self._gain(top)
                self.level[top] = EXACT
                continue
            self._tighten(level, batch)
            batch = min(2 * batch, _LARGEST_BATCH)

    def _tighten(self, level: int, batch: int) -> None:
        """Look more closely at those candidates of a level that have the largest bounds."""
        rows = np.flatnonzero((self.level == level) & (self.bounds > -np.inf))
        if len(rows) > batch:
            rows = rows[np.argpartition(-self.bounds[rows], batch - 1)[:batch]]
        totals = np.zeros(len(rows))
        if level == STALE:
            self._add_run_bounds(self.vectors[rows], totals)
        else:
            better = np.zeros(len(rows), np.int64)
            self._add_frame_bounds(self.vectors[rows], totals, better)
            self.better[rows] = better
        self.bounds[rows] = np.minimum(self.bounds[rows], totals * _ROUND_UP)
        self.level[rows] = level + 1

    def _add_run_bounds(self, candidates: F32, totals: F64) -> None:
        """Add what each candidate could gain at most, judged by the runs."""
        for low in range(0, len(self.runs), _TILE):
            part = slice(low, low + _TILE)
            _add_run_tile(
                candidates @ self.runs.centres[part].T,
                self.margin,
                self.run_cos[part],
                self.run_sin[part],
                self.worst[part],
                self.run_weights[part],
                totals,
            )

    def _add_frame_bounds(self, candidates: F32, totals: F64, better: I64) -> None:
        """Add what each candidate could gain at most, judged by all frames, and from how many."""
        for low in range(0, len(self.vectors), _TILE):
            part = slice(low, low + _TILE)
            near = candidates @ self.vectors[part].T
            cover, weights = self.cover[part], self.weights[part]
            _add_frame_tile(near, self.margin, cover, weights, totals, better)

    def _gain(self, row: int) -> float:
        """Exact gain of a candidate."""
        return _exact_gain(
            self.vectors,
            row,
            self.weights,
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

    def _cover_with(self, source: F32, row: int) -> None:
        """Let a row cover what it covers better than what is there."""
        _raise_cover(self.vectors, source, row, self.runs.starts, self.cover, self.worst)


def greedy_coverage_plain(vectors: F32, weights: F64, seeds: F32, k: int) -> tuple[I64, F64]:
    """The same in plain numpy, every gain evaluated for every pick; the oracle of the tests."""
    cover = np.zeros(len(vectors), np.float32)
    for seed in seeds:
        cover = np.maximum(cover, dots(vectors, seed))
    cosines = np.stack([dots(vectors, row) for row in vectors]) if len(vectors) else cover[None]
    rows, gains = np.empty(k, np.int64), np.empty(k, np.float64)
    for rank in range(k):
        more = np.maximum(cosines.astype(np.float64) - cover, 0.0) * weights
        totals = np.cumsum(more, axis=1)[:, -1]
        totals[rows[:rank]] = -1.0
        rows[rank] = np.argmax(totals)
        gains[rank] = totals[rows[rank]]
        cover = np.maximum(cover, cosines[rows[rank]])
    return rows, gains


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
def _add_run_tile(
    near: F32,
    margin: np.float32,
    run_cos: F32,
    run_sin: F32,
    worst: F32,
    run_weights: F64,
    totals: F64,
) -> None:
    """Add to each candidate's total what some runs could contribute to its gain at most."""
    for candidate in range(len(near)):
        total = 0.0
        for run in range(near.shape[1]):
            most = _closest(near[candidate, run], run_cos[run], run_sin[run], margin)
            if most > worst[run]:
                total += (np.float64(most) - worst[run]) * run_weights[run]
        totals[candidate] += total


@kernel
def _add_frame_tile(
    near: F32, margin: np.float32, cover: F32, weights: F64, totals: F64, better: I64
) -> None:
    """Add to each candidate's total what some frames could contribute to its gain at most."""
    for candidate in range(len(near)):
        total = 0.0
        count = 0
        for at in range(near.shape[1]):
            more = near[candidate, at] + margin - cover[at]
            if more > np.float32(0.0):
                total += more * weights[at]
                count += 1
        totals[candidate] += total
        better[candidate] += count


@kernel
def _exact_gain(
    vectors: F32,
    row: int,
    weights: F64,
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
        near = dot_rows(vectors, row, centres, run)
        if _closest(near, run_cos[run], run_sin[run], margin) <= worst[run]:
            continue
        beside = np.sqrt(max(np.float32(0.0), np.float32(1.0) - near * near))
        for at in range(starts[run], starts[run + 1]):
            if cos_in[at] * near + sin_in[at] * beside + margin <= cover[at]:
                continue
            cosine = dot_rows(vectors, at, vectors, row)
            if cosine > cover[at]:
                total += (np.float64(cosine) - np.float64(cover[at])) * weights[at]
    return float(total)


@kernel
def _raise_cover(vectors: F32, source: F32, row: int, starts: I64, cover: F32, worst: F32) -> None:
    """Raise each frame's cover to its cosine with a row, and each run's worst cover with it."""
    for run in range(len(worst)):
        least = np.float32(np.inf)
        for at in range(starts[run], starts[run + 1]):
            cosine = dot_rows(vectors, at, source, row)
            if cosine > cover[at]:
                cover[at] = cosine
            least = min(least, cover[at])
        worst[run] = least
