"""Greedy coverage on stored values: lazy, by a heap.

Gains only shrink as picks are added (submodularity), so an old gain is an upper bound. Candidates
stand in a heap by (bound, row); the one on top is summed anew from its stored values, until the one
on top has been. Every gain is summed in row order: picks and gains equal those of the plain greedy
to the last bit, on any number of threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from framesel.selection.coverage.class_term import ClassTerm, class_gain, take_classes
from framesel.selection.coverage.cover_graph import CoverGraph
from framesel.selection.engines.lazy_heap import sink
from framesel.selection.greedy import NONE_LEFT
from framesel.selection.vectors.arrays import F32, F64, I64, Bool
from framesel.selection.vectors.dot import kernel
from framesel.selection.vectors.in_parts import in_parts


@dataclass(frozen=True, eq=False)
class Standing:
    """How the candidates stand while picks are made; the arrays change in place.

    Attributes:
        bound: (n,) float64, no candidate's gain is larger than this.
        gone: (n,) bool, may no longer be picked.
        picked: (n,) bool, among the picks.
    """

    bound: F64
    gone: Bool
    picked: Bool

    @classmethod
    def fresh(cls, n: int) -> Standing:
        """Nothing is known or picked."""
        return cls(np.full(n, np.inf), np.zeros(n, np.bool_), np.zeros(n, np.bool_))


class StoredCoverage:
    """Proposes the candidate with the largest gain for its price; ties go to the lowest row.

    Attributes:
        achieved: What all picks together have added to the objective.
    """

    def __init__(
        self,
        graph: CoverGraph,
        weights: F64,
        cover: F32,
        classes: ClassTerm,
        prices: F64 | None = None,
        standing: Standing | None = None,
    ) -> None:
        """Begin with what is covered already.

        Args:
            graph: What each of n candidates covers.
            weights: (n,) float64 of the frames, >= 0.
            cover: (n,) float32, how well each frame is covered; raised in place.
            classes: A second term of the objective.
            prices: (n,) float64 > 0, what gains are divided by before they compete; default 1.
            standing: From another engine that goes no further; otherwise all gains are summed.
        """
        n = len(graph.starts) - 1
        self.achieved = 0.0
        self._graph, self._weights, self._cover, self._classes = graph, weights, cover, classes
        self._prices = np.ones(n) if prices is None else prices
        self._standing = Standing.fresh(n) if standing is None else standing
        self._bound = (self.gains() if standing is None else standing.bound) / self._prices
        self._picks = 0
        self._checked = np.full(n, 0 if standing is None else -1, np.int64)
        self._heap: I64 = np.lexsort((np.arange(n), -self._bound)).astype(np.int64)

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        if not len(self._heap):
            return NONE_LEFT
        return int(
            _best(
                self._graph,
                self._weights,
                self._cover,
                self._classes,
                self._prices,
                self._bound,
                self._checked,
                self._picks,
                self._standing.gone,
                self._heap,
            )
        )

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. The gains are what each term adds."""
        gains = self.gain(row)
        take_classes(self._classes, row)
        _cover_with(self._graph, row, self._cover)
        self._standing.gone[row] = self._standing.picked[row] = True
        self._picks += 1
        self.achieved += sum(gains.values())
        return gains

    def gain(self, row: int) -> Mapping[str, float]:
        """What each term would grow by with a candidate."""
        gains = {"coverage": float(_gain(self._graph, row, self._weights, self._cover))}
        if self._classes.counts.shape[1]:
            gains["classes"] = float(class_gain(self._classes, row))
        return gains

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._standing.gone[rows] = True

    def gains(self) -> F64:
        """(n,) float64 gain of each candidate now, whether it may be picked or not."""
        n = len(self._standing.gone)
        totals = np.empty(n)
        in_parts(n, partial(self._gains_of, totals))
        return totals

    def most_more(self, k: int) -> float:
        """No k further candidates can add more than this: the k largest gains together."""
        gains = np.where(self._standing.picked, 0.0, self.gains())
        return float(np.sort(gains)[::-1][:k].sum())

    def _gains_of(self, totals: F64, low: int, high: int) -> None:
        """The same for some consecutive rows."""
        _gains(self._graph, self._weights, self._cover, self._classes, low, high, totals)


@kernel
def _gain(graph: CoverGraph, row: int, weights: F64, cover: F32) -> float:
    """What the coverage grows by with one more row, summed in row order."""
    total = 0.0
    for entry in range(graph.starts[row], graph.starts[row + 1]):
        at = graph.frames[entry]
        more = graph.values[entry]
        if more > cover[at]:
            total += (np.float64(more) - np.float64(cover[at])) * weights[at]
    return total


@kernel
def _gains(
    graph: CoverGraph,
    weights: F64,
    cover: F32,
    classes: ClassTerm,
    low: int,
    high: int,
    totals: F64,
) -> None:
    """Gains of some consecutive rows."""
    for row in range(low, high):
        totals[row] = _gain(graph, row, weights, cover) + class_gain(classes, row)


@kernel
def _cover_with(graph: CoverGraph, row: int, cover: F32) -> None:
    """Raise the cover to what a row gives."""
    for entry in range(graph.starts[row], graph.starts[row + 1]):
        at = graph.frames[entry]
        cover[at] = max(cover[at], graph.values[entry])


@kernel
def _best(
    graph: CoverGraph,
    weights: F64,
    cover: F32,
    classes: ClassTerm,
    prices: F64,
    bound: F64,
    checked: I64,
    picks: int,
    gone: Bool,
    heap: I64,
) -> int:
    """The row with the largest gain for its price; -1 where all are gone."""
    while True:
        row = heap[0]
        if gone[row]:
            if bound[row] == -np.inf:
                return -1
            bound[row] = -np.inf
        elif checked[row] == picks:
            return int(row)
        else:
            gain = _gain(graph, row, weights, cover) + class_gain(classes, row)
            bound[row] = gain / prices[row]
            checked[row] = picks
        sink(heap, bound)
