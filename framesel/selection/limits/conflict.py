"""Why no choice keeps all limits: the fewest of them that conflict, in words and numbers."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from framesel.selection.limits.feasible import complete, enough
from framesel.selection.limits.rules import Bounds, budget_text
from framesel.selection.limits.tally import Tally
from framesel.selection.vectors.arrays import F64

TRIED = 300
"""Sets of limits that are tried in search of the smallest; beyond, one that cannot shrink."""

SMALL = 20_000
"""Candidates above which not all sets of up to three limits are tried."""


def explain(bounds: Bounds) -> str:
    """What to tell a person whose limits cannot be kept.

    Args:
        bounds: Limits that no choice keeps.
    """
    clauses = smallest_conflict(bounds)
    part = bounds.only(clauses)
    if len(clauses) == 1:
        rule = next(rule for rule in part.rules if rule.low > len(rule.rows))
        return (
            f"{rule.text}: there are only {len(rule.rows)} such candidates. "
            "Lower that minimum, or add footage that shows more"
        )
    return (
        f"no choice of frames keeps these limits together: {'; '.join(clauses)}{_need(part)}. "
        "Loosen one of them"
    )


def smallest_conflict(bounds: Bounds) -> tuple[str, ...]:
    """The fewest limits that no choice keeps; without any of them there is one.

    Sets of one, two and three limits are tried first where that is cheap. Otherwise limits are
    taken out one by one as long as the conflict stays (the deletion filter of Chinneck & Dravnieks,
    "Locating minimal infeasible constraint sets in linear programs", ORSA Journal on Computing 3,
    1991): what is left cannot shrink, though another set might be smaller.
    """
    clauses = bounds.clauses
    minima = {rule.clause for rule in bounds.rules if rule.low}
    tried = 0
    for size in (1, 2, 3):
        sets = [part for part in combinations(clauses, size) if minima.intersection(part)]
        tried += len(sets)
        if size > 1 and (tried > TRIED or bounds.n > SMALL):
            break
        for part in sets:
            if _impossible(bounds.only(part)):
                return part
    for clause in clauses:
        fewer = tuple(other for other in clauses if other != clause)
        if _impossible(bounds.only(fewer)):
            clauses = fewer
    return clauses


def _impossible(bounds: Bounds) -> bool:
    """Whether it is proven that no choice keeps these limits."""
    everything = np.ones(bounds.n, np.bool_)
    tally = Tally(bounds)
    tally.fill(everything)
    if not len(tally.unmet):
        return False
    if not enough(Tally(bounds), everything):
        return True
    answer = complete(Tally(bounds), tally.unmet, everything)
    if answer.rows is not None:
        answer = complete(Tally(bounds), np.flatnonzero(bounds.low > 0), everything)
    return answer.rows is None and answer.decided


def _need(part: Bounds) -> str:
    """What a conflict asks for that is not there, in numbers; "" where that is not one number."""
    if budget_text(part.budget) in part.clauses and part.budget < part.n:
        others = [clause for clause in part.clauses if clause != budget_text(part.budget)]
        if least := _least(part.only(others), np.ones(part.n)):
            return f" (they take at least {least:.0f} frames)"
    for knapsack in part.knapsacks:
        others = [clause for clause in part.clauses if clause != knapsack.text]
        if least := _least(part.only(others), knapsack.cost):
            return f" (they take at least {least:g} {knapsack.unit})"
    return ""


def _least(bounds: Bounds, cost: F64) -> float | None:
    """The lowest cost of a choice that keeps all limits; None where that was not found out."""
    everything = np.ones(bounds.n, np.bool_)
    answer = complete(Tally(bounds), np.flatnonzero(bounds.low > 0), everything, cost)
    if answer.rows is None or not answer.decided:
        return None
    return float(cost[answer.rows].sum())
