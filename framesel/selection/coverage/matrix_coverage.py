"""Greedy coverage on values that are given: facility location for a kernel of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
from scipy import sparse

from framesel.errors import SelectionError
from framesel.selection.coverage.class_term import class_term
from framesel.selection.coverage.cover_graph import CoverGraph
from framesel.selection.coverage.gain_sum import gain_of_row
from framesel.selection.coverage.sparse_coverage import StoredCoverage
from framesel.selection.engines.lazy_heap import sink
from framesel.selection.greedy import NONE_LEFT, Proposer
from framesel.selection.vectors.arrays import F32, F64, I64, Bool
from framesel.selection.vectors.dot import kernel
from framesel.selection.vectors.in_parts import in_parts

Values: TypeAlias = F32 | sparse.csr_matrix | sparse.csr_array


def cover_matrix(values: Values, k: int, weights: F64 | None = None) -> tuple[I64, F64]:
    """Pick k candidates, greedy on ``F(S) = sum_i w_i max(0, max over s in S of values[s, i])``.

    At least 1 - 1/e of the best F for k candidates (Nemhauser, Wolsey & Fisher 1978), found lazily
    (Minoux 1978) by a heap, equal to the plain greedy with ties to the lowest row.

    Args:
        values: (candidates, frames) numbers: how well row s covers frame i, a numpy matrix or CSR;
            negative ones count as 0, as what CSR leaves out does. A symmetric similarity as it is.
        k: How many, 0 to the number of rows.
        weights: (frames,) of the frames, >= 0; default 1.

    Returns:
        (k,) int64 rows in the order of picking and (k,) float64 what each added to F.

    Raises:
        SelectionError: Shapes that do not fit, numbers that are not finite, or k out of range.
    """
    n, frames = values.shape
    if not 0 <= k <= n:
        raise SelectionError(f"{k} of {n} rows cannot be picked; give 0 to {n}")
    weights = np.ones(frames) if weights is None else np.ascontiguousarray(weights, np.float64)
    if weights.shape != (frames,):
        raise SelectionError(
            f"weights have shape {weights.shape}, expected ({frames},): one for each column"
        )
    numbers = values if isinstance(values, np.ndarray) else values.data
    if not (np.isfinite(numbers).all() and np.isfinite(weights).all() and (weights >= 0).all()):
        raise SelectionError("values and weights must be finite, and weights not negative")
    state = _engine(values, weights)
    rows, gains = np.empty(k, np.int64), np.empty(k, np.float64)
    for rank in range(k):
        rows[rank] = state.best()
        gains[rank] = state.take(int(rows[rank]))["coverage"]
    return rows, gains


def _engine(values: Values, weights: F64) -> Proposer:
    """The state of the greedy for a kind of matrix."""
    if isinstance(values, np.ndarray):
        return DenseCoverage(np.ascontiguousarray(values, np.float32), weights)
    matrix = sparse.csr_array(values)
    if not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    graph = CoverGraph(
        matrix.indptr.astype(np.int64),
        matrix.indices.astype(np.int32, copy=False),
        matrix.data.astype(np.float32, copy=False),
    )
    nothing = class_term(None, matrix.shape[0], 0.0)
    return StoredCoverage(graph, weights, np.zeros(len(weights), np.float32), nothing)


class DenseCoverage:
    """Proposes the row of a matrix with the largest gain; ties go to the lowest row."""

    def __init__(self, values: F32, weights: F64) -> None:
        """Begin with nothing covered.

        Args:
            values: (candidates, frames) float32, C-contiguous.
            weights: (frames,) float64, >= 0.
        """
        n, frames = values.shape
        self._values, self._weights = values, weights
        self._cover = np.zeros(frames, np.float32)
        self._gone: Bool = np.zeros(n, np.bool_)
        self._checked = np.zeros(n, np.int64)
        self._picks = 0
        self._bound = np.empty(n)
        in_parts(n, lambda low, high: _gains(values, weights, self._cover, low, high, self._bound))
        self._heap: I64 = np.lexsort((np.arange(n), -self._bound)).astype(np.int64)

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        if not len(self._heap):
            return NONE_LEFT
        return int(
            _best(
                self._values,
                self._weights,
                self._cover,
                self._bound,
                self._checked,
                self._picks,
                self._gone,
                self._heap,
            )
        )

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. The gain is what F grows by."""
        gain = float(_gain(self._values, row, self._weights, self._cover))
        np.maximum(self._cover, self._values[row], out=self._cover)
        self._gone[row] = True
        self._picks += 1
        return {"coverage": gain}

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._gone[rows] = True


@kernel
def _gain(values: F32, row: int, weights: F64, cover: F32) -> float:
    """What F grows by with one more row."""
    return gain_of_row(values, row, weights, cover)


@kernel
def _gains(values: F32, weights: F64, cover: F32, low: int, high: int, totals: F64) -> None:
    """Gains of some consecutive rows."""
    for row in range(low, high):
        totals[row] = _gain(values, row, weights, cover)


@kernel
def _best(
    values: F32,
    weights: F64,
    cover: F32,
    bound: F64,
    checked: I64,
    picks: int,
    gone: Bool,
    heap: I64,
) -> int:
    """The row with the largest gain; -1 where all are gone."""
    while True:
        row = heap[0]
        if gone[row]:
            if bound[row] == -np.inf:
                return -1
            bound[row] = -np.inf
        elif checked[row] == picks:
            return int(row)
        else:
            bound[row] = _gain(values, row, weights, cover)
            checked[row] = picks
        sink(heap, bound)
