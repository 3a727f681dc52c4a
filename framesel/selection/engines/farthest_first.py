"""Farthest-first traversal, plain or weighted: the lazy kernel, exact to the last tie.

Who comes first: the larger ``weight * distance``; then the smaller cosine, which matters among
copies of what is chosen, whose distance is 0, and where weights are zero; then the lower row. With
equal weights that is the order of cosines, to the bit.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike

from framesel.selection.engines.farthest_heap import (
    COPY,
    GONE,
    Heap,
    nearest_cosine,
    next_row,
    rebuild,
)
from framesel.selection.greedy import NONE_LEFT
from framesel.selection.vectors.arrays import F32, F64, I64, UNIT_TOLERANCE, chord
from framesel.selection.vectors.dot import dots, rounding_margin
from framesel.selection.vectors.runs import find_runs

BLOCK = 32
"""Consecutive rows that share one entry of the heap, about, unless told otherwise."""

_RUN_COS = 0.93


class FarthestFirst:
    """Proposes the candidate with the largest weight times distance to the seeds and all picks."""

    def __init__(
        self,
        vectors: F32,
        seeds: F32,
        start: int | None = None,
        *,
        weights: F32 | F64 | None = None,
        block: int = BLOCK,
    ) -> None:
        """Begin with what is chosen already.

        Args:
            vectors: (n, d) float32 unit rows.
            seeds: (m, d) float32 unit rows.
            start: The first proposal where there are no seeds; without one, all are equally far and
                the heaviest comes first.
            weights: (n,) what each distance is multiplied by, finite and 0 or more; default 1.
            block: Consecutive rows that share one entry of the heap, about; changes the time, never
                the picks.
        """
        self._vectors, self._start = vectors, start
        self._weights = np.ones(len(vectors)) if weights is None else weights.astype(np.float64)
        self._chosen = np.empty((len(seeds) + 64, vectors.shape[1]), np.float32)
        self._chosen[: len(seeds)] = seeds
        self._count = len(seeds)
        self._picked: list[int] = []
        self._heap = _heap(vectors, self._weights**2, block)
        rebuild(self._heap)

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        if self._start is not None and not self._heap.gone[self._start]:
            return self._start
        return int(next_row(self._heap, self._chosen, self._count))

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. The gain is weight times distance."""
        gains = self.gain(row)
        if self._count == len(self._chosen):
            self._chosen = np.concatenate([self._chosen, np.empty_like(self._chosen)])
        self._chosen[self._count] = self._vectors[row]
        self._count += 1
        self._start = None
        self._heap.gone[row] = True
        self._heap.nearest[row] = GONE
        self._picked.append(row)
        return gains

    def gain(self, row: int) -> Mapping[str, float]:
        """Weight times distance of a candidate as things stand."""
        return {"distance": self._worth(row)}

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._heap.gone[rows] = True

    def left(self) -> tuple[int, float]:
        """The candidate that the picks leave farthest away, closed ones among them.

        To be asked at the end: closed candidates are proposed again after it.

        Returns:
            Its row and its weight times distance, which is the radius; ``NONE_LEFT`` and 0 where
            everything is picked.
        """
        self._heap.gone[:] = False
        self._heap.gone[self._picked] = True
        self._start = None
        rebuild(self._heap)
        row = self.best()
        return row, self._worth(row) if row != NONE_LEFT else 0.0

    def _worth(self, row: int) -> float:
        """Weight times distance of a candidate as things stand."""
        cosine = nearest_cosine(self._heap, row, self._chosen, self._count)
        return float(self._weights[row] * distance(cosine))


def distance(cosines: ArrayLike) -> F64:
    """Chord distance, 0 for copies."""
    gaps: F64 = np.where(1.0 - np.asarray(cosines, np.float64) > COPY, chord(cosines), 0.0)
    return gaps


def _heap(vectors: F32, squares: F64, block: int) -> Heap:
    """The state before any comparison."""
    n = len(vectors)
    runs = find_runs(vectors, np.arange(n), _RUN_COS, block)
    blocks = _group(runs.starts, block)
    return Heap(
        vectors=vectors,
        squares=squares,
        nearest=np.full(n, -1.0, np.float32),
        gone=np.zeros(n, np.bool_),
        run_of=np.repeat(np.arange(len(runs), dtype=np.int32), np.diff(runs.starts)),
        starts=runs.starts,
        centres=runs.centres,
        cos_in=runs.cos_in,
        sin_in=runs.sin_in,
        widest=np.maximum.reduceat(runs.sin_in, runs.starts[:-1]) if n else runs.sin_in,
        margin=np.array([rounding_margin(vectors.shape[1], UNIT_TOLERANCE)], np.float32),
        seen=np.zeros(len(runs), np.int64),
        blocks=blocks,
        bound=np.empty(len(blocks) - 1, np.float32),
        candidate=np.empty(len(blocks) - 1, np.int64),
        order=np.empty(len(blocks) - 1, np.int64),
    )


def _group(starts: I64, most: int) -> I64:
    """Cut runs into blocks of consecutive ones of about ``most`` rows. (c + 1,) int64 runs."""
    if len(starts) == 1:
        return np.zeros(1, np.int64)
    new = np.flatnonzero(np.diff(starts[:-1] // most)) + 1
    return np.concatenate([[0], new, [len(starts) - 1]]).astype(np.int64)


def farthest_first_plain(
    vectors: F32,
    seeds: F32,
    k: int,
    start: int | None = None,
    weights: F32 | F64 | None = None,
) -> tuple[I64, F32]:
    """The same in plain numpy, one full scan for each pick; the oracle of the tests.

    Returns:
        (k,) int64 rows in the order of picking, and (k,) float32 the cosine of each to the nearest
        of what was chosen before it, -1 where there is nothing.
    """
    n = len(vectors)
    squares = np.ones(n) if weights is None else weights.astype(np.float64) ** 2
    nearest = np.full(n, -1.0, np.float32)
    for seed in seeds:
        nearest = np.maximum(nearest, dots(vectors, seed))
    rows, cosines = np.empty(k, np.int64), np.empty(k, np.float32)
    gone = np.zeros(n, np.bool_)
    for rank in range(k):
        gaps = 1.0 - nearest.astype(np.float64)
        worth = squares * np.where(gaps > COPY, gaps, 0.0)
        order = np.lexsort((nearest, -worth, gone))
        row = int(order[0]) if start is None or rank else start
        rows[rank], cosines[rank] = row, nearest[row]
        gone[row] = True
        nearest = np.maximum(nearest, dots(vectors, vectors[row]))
    return rows, cosines
