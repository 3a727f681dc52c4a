"""What a choice has used up of its limits, and filling it up to the minima."""

from __future__ import annotations

from typing import Self

import numpy as np

from framesel.selection.limits.rules import Bounds
from framesel.selection.vectors.arrays import F64, I32, I64, Bool

TOLERANCE = 1e-9
"""Share of a knapsack by which sums may exceed it: they are sums of fractions."""


class Tally:
    """A set of candidates with its counts.

    Attributes:
        bounds: The limits.
        chosen: (n,) bool, the set.
        counts: Chosen of each rule.
        spent: Share used of each knapsack.
        left: What is left of the budget.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self.chosen: Bool = np.zeros(bounds.n, np.bool_)
        self.counts: I64 = np.zeros(len(bounds.rules), np.int64)
        self.spent: F64 = np.zeros(len(bounds.knapsacks))
        self.left = bounds.budget

    @classmethod
    def holding(cls, bounds: Bounds, rows: I64) -> Self:
        """A set of different candidates, whether they fit or not."""
        tally = cls(bounds)
        tally.chosen[rows] = True
        tally.left -= len(rows)
        _, rules = bounds.rules_of_each(rows)
        tally.counts += np.bincount(rules, minlength=len(bounds.rules))
        tally.spent += bounds.shares[:, rows].sum(axis=1)
        return tally

    def copy(self) -> Self:
        """The same set, free to change."""
        other = type(self)(self.bounds)
        other.chosen, other.counts = self.chosen.copy(), self.counts.copy()
        other.spent, other.left = self.spent.copy(), self.left
        return other

    def add(self, row: int) -> None:
        """Choose a candidate, whether it fits or not."""
        self._change(row, 1)

    def remove(self, row: int) -> None:
        """Take a chosen candidate out."""
        self._change(row, -1)

    def _change(self, row: int, by: int) -> None:
        self.chosen[row] = by > 0
        self.left -= by
        if len(self.counts):
            self.counts[self.bounds.rules_of(row)] += by
        if len(self.spent):
            self.spent += by * self.bounds.shares[:, row]

    @property
    def unmet(self) -> I64:
        """Numbers of the rules whose minimum is not reached."""
        return np.flatnonzero(self.counts < self.bounds.low)

    @property
    def affordable(self) -> bool:
        """Whether budget and knapsacks are kept."""
        return self.left >= 0 and bool((self.spent <= 1 + TOLERANCE).all())

    def fitting(self, rows: I64) -> Bool:
        """Which of the rows break no maximum, each taken alone."""
        bounds = self.bounds
        if self.left <= 0:
            return np.zeros(len(rows), np.bool_)
        fits = ~self.chosen[rows]
        full = np.zeros(bounds.n, np.bool_)
        for rule in np.flatnonzero(self.counts >= bounds.high):
            full[bounds.rules[rule].rows] = True
        fits &= ~full[rows]
        for spent, shares in zip(self.spent, bounds.shares, strict=True):
            fits &= spent + shares[rows] <= 1 + TOLERANCE
        if bounds.spacing is not None:
            fits &= ~bounds.spacing.beside(rows, self.chosen)
        return fits

    def fill(self, open_: Bool) -> I64:
        """Choose until all minima are met, or nothing fits that would help.

        The greedy multicover (Dobson, "Worst-case analysis of greedy heuristics for integer
        programming with nonnegative data", Mathematics of Operations Research 7, 1982): always a
        candidate that counts for most of what is unmet; among equals the cheapest, then the
        earliest. With maxima and gaps beside the minima it may end in a corner, which is what
        :func:`framesel.selection.limits.feasible.complete` is for.

        Args:
            open_: (n,) bool, what may be chosen.

        Returns:
            What was chosen.
        """
        unmet = self.unmet
        if not len(unmet):
            return unmet
        rows = self.bounds.members(unmet)
        rows = rows[open_[rows]]
        rows = rows[self.fitting(rows)]
        rows = rows[np.lexsort((self._places(rows), *self.bounds.shares[:, rows]))]
        return _Cover(self, rows, unmet).run()

    def _places(self, rows: I64) -> I64:
        return rows if self.bounds.spacing is None else self.bounds.spacing.place[rows]


class _Cover:
    """The loop of :meth:`Tally.fill`."""

    def __init__(self, tally: Tally, rows: I64, unmet: I64) -> None:
        """Count for how many unmet rules each of the rows, in order of preference, counts."""
        self.tally, self.rows = tally, rows
        self.at: I64 = np.full(tally.bounds.n, len(rows), np.int64)
        self.at[rows] = np.arange(len(rows))
        # One entry more than rows: what happens to candidates outside goes there.
        self.helps: I32 = np.zeros(len(rows) + 1, np.int32)
        for rule in unmet:
            self.helps[self.at[tally.bounds.rules[rule].rows]] += 1
        self.out: Bool = np.zeros(len(rows) + 1, np.bool_)
        self.out[-1] = True
        self.shares = tally.bounds.shares[:, rows]
        self.dearest = self.shares.max(axis=1, initial=0.0)

    def run(self) -> I64:
        """Choose; returns the rows."""
        added = []
        while self.tally.left > 0:
            self.helps[self.out] = 0
            best = int(np.argmax(self.helps))
            if self.helps[best] <= 0:
                break
            row = int(self.rows[best])
            self.tally.add(row)
            added.append(row)
            self.out[best] = True
            self._count(row)
        return np.array(added, np.int64)

    def _count(self, row: int) -> None:
        """Note what the choice of a row met and used up."""
        tally, bounds = self.tally, self.tally.bounds
        for rule in bounds.rules_of(row):
            members = self.at[bounds.rules[rule].rows]
            if tally.counts[rule] == bounds.low[rule]:
                self.helps[members] -= 1
            if tally.counts[rule] >= bounds.high[rule]:
                self.out[members] = True
        if bounds.spacing is not None:
            self.out[self.at[bounds.spacing.around(row)]] = True
        for spent, shares, dearest in zip(tally.spent, self.shares, self.dearest, strict=True):
            if spent + dearest > 1 + TOLERANCE:
                self.out[:-1] |= spent + shares > 1 + TOLERANCE
