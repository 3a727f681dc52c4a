"""Proof, kept up pick by pick, that all minima can still be met."""

from __future__ import annotations

import numpy as np

from framesel.errors import SelectionError
from framesel.selection.limits.conflict import explain
from framesel.selection.limits.feasible import PROVEN_NONE, complete, enough
from framesel.selection.limits.rules import Bounds
from framesel.selection.limits.tally import Tally
from framesel.selection.vectors.arrays import I64, Bool

WORK = 60_000
"""Variables of all integer programs that one selection may solve while it picks."""

LARGE = 2_000
"""Variables above which a greedy plan takes the place of a program while picking."""

_FIXED_WORK = 200
"""What a program costs however small it is, in the same measure."""

_GREEDY_WORK = 3_000
"""What a greedy plan from nothing costs where a program would be too large."""

_NOTHING = np.empty(0, np.int64)


class Witness:
    """Open candidates that complete the picks to all minima, within everything else.

    As long as there is such a set, no minimum is lost: its members stay open, and each may be
    picked. A pick from outside is allowed if the set can be changed so that it completes that pick
    too. First the set is mended around the pick; failing that it is planned anew by integer
    programming, whose answer is final either way, or, above ``LARGE`` variables, by greedy
    multicover. All of that may take ``WORK`` in one selection; beyond it a candidate is refused,
    with those like it, if mending does not do, perhaps for nothing. The limits hold in any case.
    """

    def __init__(self, bounds: Bounds, taken: Tally) -> None:
        """Find a first set.

        Args:
            bounds: The limits.
            taken: What is picked. The owner adds to it after :meth:`refuses` agreed.

        Raises:
            SelectionError: No choice keeps all limits. The message names the fewest that conflict.
        """
        self._bounds, self._taken, self._work = bounds, taken, WORK
        everything = np.ones(bounds.n, np.bool_)
        self._kept: Bool = np.zeros(bounds.n, np.bool_)
        self._planned = taken.copy()
        if self._replan(_NOTHING, _NOTHING, _NOTHING, everything):
            return
        answer = PROVEN_NONE
        if enough(taken, everything):
            answer = complete(taken, taken.unmet, everything)
        if answer.rows is None or not self._replan(_NOTHING, _NOTHING, answer.rows, everything):
            if answer.decided and answer.rows is None:
                raise SelectionError(explain(bounds))
            raise SelectionError(
                "no choice was found that keeps all of these limits, and none could be ruled out: "
                f"{'; '.join(bounds.clauses)}. Loosen one of them"
            )

    def refuses(self, row: int, open_: Bool) -> I64:
        """Make room for a pick.

        Args:
            row: An open candidate that breaks no maximum.
            open_: (n,) bool, what may be picked.

        Returns:
            Nothing if it may be picked; if not, it and others that need not be asked for.
        """
        if self._kept[row]:
            self._kept[row] = False
            return _NOTHING
        pick = np.array([row], np.int64)
        if self._replan(pick, self._in_the_way(row), _NOTHING, open_):
            return _NOTHING
        with_it = self._taken.copy()
        with_it.add(row)
        if self._work <= 0:
            return self._alike(row, open_)
        self._work -= _FIXED_WORK
        if not enough(with_it, open_):
            return self._alike(row, open_)
        return _NOTHING if self._solved(row, with_it, open_) else pick

    def _solved(self, row: int, with_it: Tally, open_: Bool) -> bool:
        """Whether a set for a pick is found: first for the minima that it upsets, then for all."""
        pick, kept = np.array([row], np.int64), np.flatnonzero(self._kept)
        unmet = with_it.unmet
        lost = unmet[np.isin(unmet, self._lost_by(row))]
        for rules in (lost, unmet) if 0 < len(lost) < len(unmet) else (unmet,):
            members = self._bounds.members(rules)
            size = int(np.count_nonzero(open_[members]))
            if size > LARGE:
                self._work -= _GREEDY_WORK
                return self._replan(pick, kept, _NOTHING, open_)
            self._work -= _FIXED_WORK + size
            answer = complete(with_it, rules, open_)
            if answer.rows is None:
                return False
            freed = np.intersect1d(kept, members) if rules is lost else kept
            drop = np.union1d(freed, self._in_the_way(row))
            if self._replan(pick, drop, answer.rows, open_):
                return True
        return False

    def _lost_by(self, row: int) -> I64:
        """Minima that the set would miss if what is in the way of a pick were taken out."""
        without = self._planned.copy()
        without.add(row)
        for other in self._in_the_way(row):
            without.remove(other)
        return without.unmet

    def _in_the_way(self, row: int) -> I64:
        """Members of the set that a pick excludes."""
        drop: list[I64] = []
        if self._bounds.spacing is not None:
            near = self._bounds.spacing.around(row)
            drop.append(near[self._kept[near]])
        for rule in self._bounds.rules_of(row):
            if self._planned.counts[rule] >= self._bounds.high[rule]:
                members = self._bounds.rules[rule].rows
                drop.append(members[self._kept[members]][:1])
        return np.unique(np.concatenate(drop)) if drop else _NOTHING

    def _replan(self, pick: I64, drop: I64, insert: I64, open_: Bool) -> bool:
        """Change the set if that gives a valid one: drop, pick, insert, prune and fill up."""
        plan, kept = self._planned.copy(), self._kept.copy()
        for row in drop:
            plan.remove(row)
            kept[row] = False
        for row in pick:
            plan.add(row)
        for row in insert:
            if plan.fitting(np.array([row]))[0]:
                plan.add(row)
                kept[row] = True
        self._prune(plan, kept)
        still_open = open_.copy()
        still_open[pick] = False
        kept[plan.fill(still_open)] = True
        self._prune(plan, kept)
        if len(plan.unmet) or not plan.affordable:
            return False
        self._planned, self._kept = plan, kept
        return True

    def _prune(self, plan: Tally, kept: Bool) -> None:
        """Take out what no minimum needs."""
        rows = np.flatnonzero(kept)
        while len(rows):
            firsts, rules = self._bounds.rules_of_each(rows)
            spare = np.minimum.reduceat((plan.counts - self._bounds.low)[rules], firsts)
            superfluous = np.flatnonzero(spare > 0)
            if not len(superfluous):
                return
            plan.remove(rows[superfluous[0]])
            kept[rows[superfluous[0]]] = False
            rows = np.delete(rows, superfluous[0])

    def _alike(self, row: int, open_: Bool) -> I64:
        """Candidates that count for no unmet minimum that this one does not, and cost no less.

        None of them can be picked if this one cannot for want of budget or of a knapsack.
        """
        bounds = self._bounds
        unmet = self._taken.unmet
        beyond = np.setdiff1d(unmet, bounds.rules_of(row))
        alike = open_ & ~self._kept
        alike[bounds.members(beyond)] = False
        for shares in bounds.shares:
            alike &= shares >= shares[row]
        return np.flatnonzero(alike)
