"""Which candidates may still be picked: the budget and all limits, kept up pick by pick."""

from __future__ import annotations

from typing import Self

import numpy as np

from framesel.selection.candidates import Candidates
from framesel.selection.limits.around_fixed import around_fixed
from framesel.selection.limits.compile_limits import compile_limits
from framesel.selection.limits.rules import gap_text
from framesel.selection.limits.settings import Limits
from framesel.selection.limits.tally import TOLERANCE, Tally
from framesel.selection.vectors.arrays import F64, I32, I64, Bool


class Room:
    """What the budget and the limits leave open.

    Maxima, gaps and knapsacks close candidates as soon as a pick makes them impossible, so a
    refused candidate breaks a limit for good, and what a proposer that offers everything picks is
    maximal: nothing more fits. Where there are minima, a pick is refused if the rest of the budget
    could not meet them after it; see :class:`framesel.selection.limits.witness.Witness`. A proposer
    that offers every open candidate therefore meets every minimum.

    What greedy picks are worth within limits, for a monotone submodular objective that a strategy
    takes the best open candidate of: at least 1/2 of the best choice under maxima whose members do
    not overlap, as of each video (a partition matroid); 1/(p + 1) where p of them hold at once (the
    intersection of p matroids, or a p-system); 1/3 under a gap, since one pick rules out at most
    two of any choice that keeps it (Fisher, Nemhauser & Wolsey, "An analysis of approximations for
    maximizing submodular set functions II", Mathematical Programming Study 8, 1978). None of these
    holds for minima. For knapsacks see the strategies that ask for :meth:`costs`.

    What is fixed beforehand stays, whatever the limits say, and counts in all of them: what it
    takes beyond a maximum, a gap or the budget is granted to it alone, and minima that cannot be
    met beside it are lowered (:mod:`framesel.selection.limits.around_fixed`).

    Attributes:
        budget: Frames at most.
        fixed: (f,) int64 candidates that are picked already.
        lowered: Minima that cannot be met beside them, in words.
        open: (n,) bool, whether each candidate may still be picked.
        refused_by: (n,) int32, position in ``texts`` of the limit that closed a candidate; -1 for
            those that are open or picked.
    """

    def __init__(self, candidates: Candidates, budget: int, limits: Limits) -> None:
        """Close what no choice could hold.

        Raises:
            SelectionError: A limit on something that no candidate has, or limits that no choice
                keeps; the message names the fewest that conflict.
        """
        n = len(candidates)
        self._request = candidates, budget, limits
        self.fixed = candidates.fixed
        bounds = compile_limits(candidates, min(budget, n), limits)
        bounds, self.lowered = around_fixed(bounds, self.fixed)
        self._bounds = bounds
        self.budget = bounds.budget
        self.open: Bool = np.ones(n, np.bool_)
        self.refused_by: I32 = np.full(n, -1, np.int32)
        self._text_no: dict[str, int] = {}
        self._untold: dict[int, list[I64]] = {}
        self._tally = Tally.holding(bounds, self.fixed)
        self._dearest: list[I64] = [
            np.argsort(-shares, kind="stable").astype(np.int64) for shares in bounds.shares
        ]
        self._hold_fixed()
        self._witness = None
        if bounds.low.any():
            # Loaded late: settings of strategies are read without a solver.
            from framesel.selection.limits.witness import Witness

            self._witness = Witness(bounds, self._tally)

    @property
    def texts(self) -> tuple[str, ...]:
        """What the limits that closed a candidate say, for people."""
        return tuple(self._text_no)

    def fresh(self) -> Self:
        """The same room with nothing picked but what is fixed."""
        return type(self)(*self._request)

    def costs(self) -> F64 | None:
        """(n,) share of what is allowed in all that each candidate costs, None without knapsack.

        Of several knapsacks, the one that it takes the largest share of.
        """
        return self._bounds.shares.max(axis=0) if len(self._bounds.knapsacks) else None

    def about(self) -> int:
        """How many frames will be picked, as well as that can be told beforehand."""
        return len(self.fixed) + self.coming()

    def coming(self) -> int:
        """How many of them are not fixed.

        Budget, gaps and what each knapsack holds of candidates of average cost; maxima by video.
        """
        bounds, wanted = self._bounds, self.budget - len(self.fixed)
        most = wanted
        rows = np.flatnonzero(self.open)
        if bounds.spacing is not None:
            most = min(most, bounds.spacing.most(rows))
        for shares in bounds.shares:
            if (mean := float(shares[rows].mean()) if len(rows) else 0.0) > 0:
                most = min(most, int((1 - float(shares[self.fixed].sum())) / mean))
        excess: dict[str, int] = {}
        held = np.zeros(len(self.open), np.bool_)
        held[self.fixed] = True
        for rule in bounds.rules:
            within = rule.high - int(np.count_nonzero(held[rule.rows]))
            over = int(np.count_nonzero(self.open[rule.rows])) - within
            excess[rule.clause] = excess.get(rule.clause, 0) + max(0, over)
        most = min(most, len(rows) - max(excess.values(), default=0))
        return max(most, int(bool(wanted and len(rows))))

    def wanting(self) -> bool:
        """Whether another frame may be picked."""
        return self._tally.left > 0

    def take(self, row: int) -> bool:
        """Pick a candidate if that is allowed; if not, it is closed from now on."""
        if not self.open[row]:
            return False
        if self._witness is not None:
            refused = self._witness.refuses(row, self.open)
            if len(refused):
                self._close(refused, self._kept_free())
                return False
        self.open[row] = False
        self._tally.add(row)
        counted = self._bounds.rules_of(row)
        self._close_full(counted[self._tally.counts[counted] >= self._bounds.high[counted]])
        self._close_near(row)
        self._close_dear()
        return True

    def _hold_fixed(self) -> None:
        """Close what no choice could hold beside what is fixed."""
        self.open[self.fixed] = False
        self._close_full(np.flatnonzero(self._tally.counts >= self._bounds.high))
        for row in self.fixed.tolist():
            self._close_near(row)
        self._close_dear()

    def closed_with(self, row: int) -> I64:
        """The refused candidate and those that the same limit closed since it was last asked for.

        A full video is told of once.
        """
        untold = self._untold.pop(int(self.refused_by[row]), [])
        return np.unique(np.concatenate([np.array([row], np.int64), *untold]))

    def _close(self, rows: I64, text: str) -> None:
        """Refuse those of the rows that are still open."""
        rows = rows[self.open[rows]]
        if len(rows):
            number = self._text_no.setdefault(text, len(self._text_no))
            self.open[rows] = False
            self.refused_by[rows] = number
            self._untold.setdefault(number, []).append(rows)

    def _close_full(self, rules: I64) -> None:
        """Refuse what is left of rules that have all picks they may have."""
        for rule in rules:
            self._close(self._bounds.rules[rule].rows, self._bounds.rules[rule].text)

    def _close_near(self, row: int) -> None:
        """Refuse what is too near in time to a pick."""
        if (spacing := self._bounds.spacing) is not None:
            self._close(spacing.around(row), gap_text(spacing.gap_s))

    def _close_dear(self) -> None:
        """Refuse what costs more than is left."""
        for number, knapsack in enumerate(self._bounds.knapsacks):
            shares, order = self._bounds.shares[number], self._dearest[number]
            limit = 1 + TOLERANCE - self._tally.spent[number]
            closed = int(np.searchsorted(-shares[order], -limit, side="left"))
            self._close(order[:closed], knapsack.text)
            self._dearest[number] = order[closed:]

    def _kept_free(self) -> str:
        """Why a pick is refused that breaks no maximum."""
        bounds, unmet = self._bounds, self._tally.unmet
        names = dict.fromkeys(bounds.rules[rule].clause for rule in unmet)
        return f"kept free for {' and '.join(names)}"
