"""Balance: so much of each kind, with the first of a kind worth most.

F(S) = sum_c g_c sqrt(n_c(S)), n_c what the picks S hold of kind c. A concave function of a sum is
monotone and submodular, so greedy picks reach 1 - 1/e of the best F for that many picks (Nemhauser,
Wolsey & Fisher, Mathematical Programming 14, 1978). Many frames gain alike, above all where a frame
is of one kind only: of those, the one farthest from all that is chosen is taken.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy.sparse import csr_matrix

from framesel.selection.candidates import Candidates
from framesel.selection.engines.central import most_central
from framesel.selection.engines.novelty import Nearest
from framesel.selection.picks import Certificate
from framesel.selection.strategy import copies_of
from framesel.selection.vectors.arrays import F32, F64, I32, I64
from framesel.selection.vectors.dot import kernel


class Balance:
    """Proposes the row with the largest gain in F; ties go to the farthest, then the lowest row.

    What equals a seed holds nothing new. Without seeds the first tie goes to the most central row.
    """

    def __init__(
        self, candidates: Candidates, seeds: F32, amounts: csr_matrix, weights: F64
    ) -> None:
        """Begin with nothing picked.

        Args:
            candidates: Of whom vectors and masses are used, to break ties.
            seeds: (m, d) float32 unit rows chosen before; what they hold is not known.
            amounts: (n, c) what each candidate holds of each kind, >= 0.
            weights: (c,) g, >= 0.
        """
        new = csr_matrix(amounts, dtype=np.float64, copy=True)
        new.data[np.repeat(copies_of(candidates.vectors, seeds), np.diff(new.indptr))] = 0.0
        self._starts = new.indptr.astype(np.int64)
        self._kinds = new.indices.astype(np.int32)
        self._amounts: F64 = new.data
        self._weights = weights
        self._have = np.zeros(len(weights))
        self._candidates = candidates
        self._nearest = Nearest(candidates.vectors, seeds)
        self._cold = len(seeds) == 0
        self._open = np.ones(len(candidates), np.bool_)
        self._bounds = self._gains(np.arange(len(candidates)))
        self._singles = self._bounds.copy()
        self._next: int | None = None

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        if self._next is None:
            # Gains never grow: old ones are bounds, and only what they leave open is computed.
            likely = np.where(self._open, self._bounds, -np.inf)
            if len(likely):
                self._tighten(np.array([np.argmax(likely)]))
                self._tighten(np.flatnonzero(likely >= self._bounds[np.argmax(likely)]))
            most = self._bounds[self._open].max(initial=-np.inf)
            tied = self._open & (self._bounds == most)
            if self._cold and tied.any():
                rows = np.flatnonzero(tied)
                self._next = int(rows[most_central(self._candidates.subset(rows))])
            else:
                self._next = self._nearest.best(np.where(tied, 0.0, -np.inf), 1.0)
        return self._next

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. The gain is what F grows by."""
        gain = float(self._gains(np.array([row]))[0])
        part = slice(self._starts[row], self._starts[row + 1])
        self._have[self._kinds[part]] += self._amounts[part]
        self._nearest.add(row)
        self._cold = False
        self.close(np.array([row]))
        return {"balance": gain}

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._open[rows] = False
        self._next = None

    def certificate(self, k: int) -> Certificate:
        """How far the picks can be from the best k.

        F(S*) <= F(S) + the k largest gains that are left, for any S: here for the picks, and for
        none of them.
        """
        achieved = float(self._weights @ np.sqrt(self._have))
        left = self._gains(np.arange(len(self._bounds)))
        bounds = [achieved + _sum_of_largest(left, k), _sum_of_largest(self._singles, k)]
        return Certificate("balance", achieved, max(achieved, min(bounds)))

    def _tighten(self, rows: I64) -> None:
        """Make the bounds of some rows exact."""
        self._bounds[rows] = self._gains(rows)

    def _gains(self, rows: I64) -> F64:
        """What F would grow by with each of some rows."""
        gains = np.empty(len(rows))
        _gains(self._starts, self._kinds, self._amounts, self._weights, self._have, rows, gains)
        return gains


def gains_plain(amounts: F64, weights: F64, have: F64) -> F64:
    """The gains in plain numpy, by their definition.

    Args:
        amounts: (n, c) dense.
        weights: (c,).
        have: (c,) what the picks hold.
    """
    gains: F64 = (weights * (np.sqrt(have + amounts) - np.sqrt(have))).sum(axis=1)
    return gains


def _sum_of_largest(values: F64, k: int) -> float:
    """Sum of the k largest values."""
    return float(np.sort(values)[len(values) - min(k, len(values)) :].sum())


@kernel
def _gains(
    starts: I64, kinds: I32, amounts: F64, weights: F64, have: F64, rows: I64, gains: F64
) -> None:
    """Fill in what F would grow by with each of some rows.

    ``x / (sqrt(n + x) + sqrt(n))`` is the difference of the roots, in a form that never grows with
    n, rounding included.
    """
    for which in range(len(rows)):
        total = 0.0
        for at in range(starts[rows[which]], starts[rows[which] + 1]):
            if amounts[at] > 0.0:
                before = have[kinds[at]]
                roots = np.sqrt(before + amounts[at]) + np.sqrt(before)
                total += weights[kinds[at]] * amounts[at] / roots
        gains[which] = total
