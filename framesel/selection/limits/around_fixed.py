"""Limits around what is fixed beforehand: it stays, and they hold for the rest.

A person who fixes a frame has seen it and knows better than a limit. Fixed frames count in every
limit like picks; where they alone take more than a limit allows, they are granted that much and
nothing else gets any. Minima hold too. Those that cannot be met beside what is fixed, though they
could without it, are lowered to what a greedy choice reaches, so that no decision of a person can
make a selection fail.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from framesel.errors import SelectionError
from framesel.selection.limits.rules import Bounds
from framesel.selection.limits.tally import Tally
from framesel.selection.vectors.arrays import I64


def around_fixed(bounds: Bounds, fixed: I64) -> tuple[Bounds, tuple[str, ...]]:
    """The limits as they hold beside some picks.

    Args:
        bounds: The limits as they stand in a recipe.
        fixed: (f,) candidates that are picked whatever the limits say.

    Returns:
        The limits, and those minima in words that had to be lowered.

    Raises:
        SelectionError: No choice keeps the limits, with the fixed frames or without them.
    """
    if not len(fixed):
        return bounds, ()
    wide = _widened(bounds, fixed)
    if not bounds.low.any() or _possible(wide, fixed):
        return wide, ()
    # Limits that conflict by themselves are an error as ever.
    _possible(bounds, fixed[:0], needed=True)
    plan = Tally.holding(wide, fixed)
    plan.fill(np.ones(bounds.n, np.bool_))
    lowered, texts = [], []
    for rule, count in zip(wide.rules, plan.counts.tolist(), strict=True):
        lowered.append(replace(rule, low=min(rule.low, count)))
        if count < rule.low:
            texts.append(f"{rule.text} cannot be had beside what is fixed; {count} can")
    return replace(wide, rules=tuple(lowered)), tuple(texts)


def _widened(bounds: Bounds, fixed: I64) -> Bounds:
    """Maxima, knapsacks and budget, raised to what is fixed where that is more."""
    held = np.zeros(bounds.n, np.bool_)
    held[fixed] = True
    return replace(
        bounds,
        budget=max(bounds.budget, len(fixed)),
        rules=tuple(
            replace(rule, high=max(rule.high, int(np.count_nonzero(held[rule.rows]))))
            for rule in bounds.rules
        ),
        knapsacks=tuple(
            replace(knapsack, most=max(knapsack.most, float(knapsack.cost[fixed].sum())))
            for knapsack in bounds.knapsacks
        ),
    )


def _possible(bounds: Bounds, fixed: I64, *, needed: bool = False) -> bool:
    """Whether a choice that meets all minima beside some picks is found.

    Raises:
        SelectionError: None is found, and one is needed.
    """
    # Loaded late: settings of strategies are read without a solver.
    from framesel.selection.limits.witness import Witness

    try:
        Witness(bounds, Tally.holding(bounds, fixed))
    except SelectionError:
        if needed:
            raise
        return False
    return True
