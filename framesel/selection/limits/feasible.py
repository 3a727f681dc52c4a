"""Whether a choice can be completed so that it keeps all limits: exact, by integer programming."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import Bounds as Box
from scipy.optimize import LinearConstraint, milp
from scipy.sparse import csr_array

from framesel.selection.limits.rules import Bounds
from framesel.selection.limits.tally import TOLERANCE, Tally
from framesel.selection.vectors.arrays import F64, I64, Bool

NODES = 2_000
"""Branches that the solver may look at: a bound on its work that is the same on any machine."""

ENTRIES = 5_000_000
"""Numbers in a program's matrix above which it is not tried: it would not fit into memory."""

KINDS = 1_000
"""Kinds of candidates above which :func:`enough` tells fewer apart."""

_OPTIMAL, _INFEASIBLE = 0, 2


@dataclass(frozen=True, eq=False)
class Answer:
    """What the solver found.

    Attributes:
        rows: A completion; None where there is none or none was found.
        decided: Whether that is proven.
    """

    rows: I64 | None
    decided: bool


UNDECIDED = Answer(None, decided=False)
PROVEN_NONE = Answer(None, decided=True)


def complete(tally: Tally, rules: I64, open_: Bool, weights: F64 | None = None) -> Answer:
    """Candidates that lift some rules to their minima and break no maximum.

    Only members of those rules are looked at, and no more are needed: what counts for no minimum
    can be taken out of any choice that keeps all limits.

    Args:
        tally: What is chosen already, and stays.
        rules: Numbers of the rules whose minima count.
        open_: (n,) bool, what may be chosen.
        weights: (n,) what the completion should have least of in sum; None for any completion.
    """
    bounds = tally.bounds
    rows = bounds.members(rules)
    rows = rows[open_[rows]]
    rows = rows[tally.fitting(rows)]
    if (bounds.low[rules] - tally.counts[rules] > _had(bounds, rules, rows)).any():
        return PROVEN_NONE
    if not len(rows):
        return Answer(rows, decided=True)
    program = _Program(bounds.n, rows)
    for rule in rules:
        wanted = bounds.low[rule] - tally.counts[rule]
        program.add(bounds.rules[rule].rows, low=float(wanted))
    for rule in np.flatnonzero(bounds.high - tally.counts < _lengths(bounds)):
        program.add(bounds.rules[rule].rows, high=float(bounds.high[rule] - tally.counts[rule]))
    program.add(rows, high=float(tally.left))
    for spent, shares in zip(tally.spent, bounds.shares, strict=True):
        program.add(rows, shares[rows], high=float(1 + TOLERANCE - spent))
    if bounds.spacing is not None:
        order, firsts, ends = bounds.spacing.windows(rows)
        if int((ends - firsts).sum()) > ENTRIES:
            return UNDECIDED
        for first, end in zip(firsts, ends, strict=True):
            program.add(order[first:end], high=1.0)
    return program.solve(None if weights is None else weights[rows])


def enough(tally: Tally, open_: Bool) -> bool:
    """Whether numbers and costs alone leave a way to all minima; gaps and maxima are not asked.

    Where this says no, there is none. Candidates that count for the same unmet rules and cost the
    same are one variable, so that this stays small with many candidates. Where it says yes there
    need not be one.
    """
    bounds, unmet = tally.bounds, tally.unmet
    if not len(unmet):
        return tally.affordable
    rows = bounds.members(unmet)
    rows = rows[open_[rows] & ~tally.chosen[rows]]
    kinds, counts = _kinds(bounds, unmet, rows)
    wanted = bounds.low[unmet] - tally.counts[unmet]
    if (wanted > _had(bounds, unmet, rows)).any() or tally.left < wanted.max():
        return False
    program = _Program(bounds.n, kinds, counts)
    for rule, least in zip(unmet, wanted, strict=True):
        program.add(bounds.rules[rule].rows, low=float(least))
    program.add(kinds, high=float(tally.left))
    for spent, shares in zip(tally.spent, bounds.shares, strict=True):
        program.add(kinds, shares[kinds], high=float(1 + TOLERANCE - spent))
    answer = program.solve(None)
    return answer.rows is not None or not answer.decided


def _had(bounds: Bounds, rules: I64, rows: I64) -> I64:
    """How many of the rows each rule counts."""
    mask = np.zeros(bounds.n, np.bool_)
    mask[rows] = True
    return np.array([np.count_nonzero(mask[bounds.rules[rule].rows]) for rule in rules], np.int64)


def _lengths(bounds: Bounds) -> I64:
    return np.array([len(rule.rows) for rule in bounds.rules], np.int64)


def _kinds(bounds: Bounds, rules: I64, rows: I64) -> tuple[I64, I64]:
    """One candidate of each kind, and how many there are of it.

    Where there are more than ``KINDS``, costs make no difference and the cheapest stands for all.
    """
    # The rules of a candidate as one number: the sum of a random one for each.
    marks = np.random.default_rng(0).integers(1, 2**62, len(rules)).astype(np.uint64)
    sums = np.zeros(bounds.n, np.uint64)
    for rule, mark in zip(rules, marks, strict=True):
        sums[bounds.rules[rule].rows] += mark
    columns = (*bounds.shares[:, rows], sums[rows])
    order = np.lexsort(columns)
    for compared in (columns, columns[-1:]):
        differs = np.ones(len(rows), np.bool_)
        differs[1:] = np.any([column[order][1:] != column[order][:-1] for column in compared], 0)
        firsts = np.flatnonzero(differs)
        if len(firsts) <= KINDS:
            break
    return rows[order[firsts]], np.diff(np.append(firsts, len(rows)))


class _Program:
    """An integer program over some candidates, row by row."""

    def __init__(self, n: int, rows: I64, copies: I64 | None = None) -> None:
        """Begin with a variable for each of the rows, from 0 to its copies (1)."""
        self._rows = rows
        self._copies = np.ones(len(rows)) if copies is None else copies.astype(np.float64)
        self._at: I64 = np.full(n, -1, np.int64)
        self._at[rows] = np.arange(len(rows))
        self._columns: list[I64] = []
        self._factors: list[F64] = []
        self._low: list[float] = []
        self._high: list[float] = []

    def add(
        self,
        members: I64,
        factors: F64 | None = None,
        *,
        low: float = -np.inf,
        high: float = np.inf,
    ) -> None:
        """Bound the sum over some candidates; those without a variable are left out."""
        at = self._at[members]
        values = np.ones(len(members)) if factors is None else factors
        self._columns.append(at[at >= 0])
        self._factors.append(values[at >= 0])
        self._low.append(low)
        self._high.append(high)

    def solve(self, weights: F64 | None) -> Answer:
        """Ask HiGHS (Huangfu & Hall, Mathematical Programming Computation 10, 2018)."""
        starts = np.cumsum([0, *map(len, self._columns)])
        matrix = csr_array(
            (np.concatenate(self._factors), np.concatenate(self._columns), starts),
            shape=(len(self._columns), len(self._rows)),
        )
        result = milp(
            np.ones(len(self._rows)) if weights is None else weights,
            integrality=np.ones(len(self._rows)),
            bounds=Box(0.0, self._copies),
            constraints=LinearConstraint(matrix, self._low, self._high),
            # Without weights the first answer that it comes upon is as good as any.
            options={"node_limit": NODES, "mip_rel_gap": 1e9 if weights is None else 0.0},
        )
        if result.x is None:
            return Answer(None, decided=result.status == _INFEASIBLE)
        return Answer(self._rows[np.rint(result.x) > 0], decided=result.status == _OPTIMAL)
