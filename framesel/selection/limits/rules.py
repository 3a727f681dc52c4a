"""Limits in the form in which they are counted: rules, knapsacks and spacing."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from framesel.selection.limits.spacing import Spacing
from framesel.selection.vectors.arrays import F64, I64


@dataclass(frozen=True, eq=False)
class Rule:
    """Between ``low`` and ``high`` picks out of some candidates.

    Attributes:
        text: What it says, for people: "at most 5 of video 3".
        clause: The limit that it comes from: "at most 5 of each of 40 videos".
        rows: (m,) rising candidates that it counts.
        low: Picks at least.
        high: Picks at most.
    """

    text: str
    clause: str
    rows: I64
    low: int
    high: int


@dataclass(frozen=True, eq=False)
class Knapsack:
    """What all picks together may cost.

    Attributes:
        text: What it says, for people: "at most 500 boxes".
        unit: "boxes", "s of labelling".
        cost: (n,) cost of each candidate, >= 0.
        most: What the picks may cost, > 0.
    """

    text: str
    unit: str
    cost: F64
    most: float


@dataclass(frozen=True, eq=False)
class Bounds:
    """All limits on a choice among n candidates.

    Attributes:
        n: Candidates.
        budget: Picks at most.
        rules: Those that can be broken at all.
        knapsacks: What picks cost.
        spacing: Which candidates exclude each other by time; None without a gap.
    """

    n: int
    budget: int
    rules: tuple[Rule, ...] = ()
    knapsacks: tuple[Knapsack, ...] = ()
    spacing: Spacing | None = None

    @cached_property
    def low(self) -> I64:
        """Picks at least, by rule."""
        return np.array([rule.low for rule in self.rules], np.int64)

    @cached_property
    def high(self) -> I64:
        """Picks at most, by rule."""
        return np.array([rule.high for rule in self.rules], np.int64)

    @cached_property
    def shares(self) -> F64:
        """(knapsacks, n) cost of each candidate over what is allowed in all."""
        shares = [knapsack.cost / knapsack.most for knapsack in self.knapsacks]
        return np.array(shares, np.float64).reshape(len(shares), self.n)

    @cached_property
    def _counted_by(self) -> tuple[I64, I64]:
        """First position of each candidate in the list of its rules, and that list."""
        empty = [np.empty(0, np.int64)]
        rows = np.concatenate([rule.rows for rule in self.rules] or empty)
        numbers = np.repeat(np.arange(len(self.rules)), [len(rule.rows) for rule in self.rules])
        order = np.argsort(rows, kind="stable")
        offsets = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=self.n))])
        return offsets.astype(np.int64), numbers[order].astype(np.int64)

    def rules_of(self, row: int) -> I64:
        """Numbers of the rules that count a candidate."""
        offsets, numbers = self._counted_by
        return numbers[offsets[row] : offsets[row + 1]]

    def rules_of_each(self, rows: I64) -> tuple[I64, I64]:
        """The same for many: first position of each in the list of all their rules, and it."""
        offsets, numbers = self._counted_by
        lengths = offsets[rows + 1] - offsets[rows]
        firsts = np.cumsum(lengths) - lengths
        within = np.arange(lengths.sum()) - np.repeat(firsts, lengths)
        return firsts, numbers[np.repeat(offsets[rows], lengths) + within]

    def members(self, rules: I64) -> I64:
        """Candidates that one of these rules counts, in rising order."""
        mask = np.zeros(self.n, np.bool_)
        for rule in rules:
            mask[self.rules[rule].rows] = True
        return np.flatnonzero(mask)

    @property
    def clauses(self) -> tuple[str, ...]:
        """The limits as a person wrote them, minima first."""
        minima = [rule.clause for rule in self.rules if rule.low]
        maxima = [rule.clause for rule in self.rules if not rule.low]
        gap = [gap_text(self.spacing.gap_s)] if self.spacing else []
        costs = [knapsack.text for knapsack in self.knapsacks]
        return tuple(dict.fromkeys([*minima, *maxima, *gap, *costs, budget_text(self.budget)]))

    def only(self, clauses: Collection[str]) -> Bounds:
        """Nothing but some of the limits."""
        return replace(
            self,
            budget=self.budget if budget_text(self.budget) in clauses else self.n,
            rules=tuple(rule for rule in self.rules if rule.clause in clauses),
            knapsacks=tuple(knapsack for knapsack in self.knapsacks if knapsack.text in clauses),
            spacing=self.spacing
            if self.spacing and gap_text(self.spacing.gap_s) in clauses
            else None,
        )


def gap_text(gap_s: float) -> str:
    """What a gap says, for people."""
    return f"{gap_s:g} s between picks of a video"


def budget_text(budget: int) -> str:
    """What a budget says, for people."""
    return f"a budget of {budget} frames"
