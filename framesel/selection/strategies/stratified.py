"""Uniform picks within every video: the baseline that is hard to beat."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import Ranked, greedy
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategies.uniform import stride_positions, then_between
from framesel.selection.strategy import StrategyModel, fresh_and_copies, request
from framesel.selection.vectors.arrays import F32, F64, I32, I64


class Stratified(StrategyModel):
    """The budget is split over the groups (videos), and each group is strode through uniformly.

    A group of s frames gets a share proportional to ``s ** power``: 0 gives every video the same, 1
    is plain proportional allocation, 0.5 lies between the two, so that an hour-long video neither
    drowns nor is drowned by short clips (power allocation: Bankier, "Power allocations", The
    American Statistician 42, 1988). A group never gets more than it has; what is left over goes to
    the others. While the budget allows, every group gets at least one; below that no group gets
    more than one. Fractions are rounded by systematic sampling from a random start, so each group
    gets its share rounded down or up, and no group is favoured by its place in the list.

    Mass and utility are ignored. Candidates whose vector equals an already chosen one bit for bit
    are left out, unless the budget cannot be met without them. Picks are ranked along the time
    line. Not nested: another budget has other strides.
    """

    name: Literal["stratified"] = "stratified"
    nested: ClassVar[bool] = False
    heeds_utility: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset()
    power: float = Field(default=0.5, ge=0.0, le=1.0)

    def select(
        self,
        candidates: Candidates,
        budget: int,
        already: F32,
        limits: Limits,
        rng: np.random.Generator,
    ) -> Picks:
        """Pick; see :class:`framesel.selection.strategy.Strategy`."""
        seeds, room = request(self, candidates, budget, already, limits)
        fresh, rest = fresh_and_copies(candidates, seeds)
        k, of = room.coming(), candidates.groups
        wanted = [
            stride_strata(fresh, of, min(k, len(fresh)), self.power, rng),
            stride_strata(rest, of, max(0, k - len(fresh)), self.power, rng),
        ]
        chosen = greedy(Ranked(then_between(wanted, [fresh, rest])), room)
        groups = candidates.groups[chosen.rows]
        counts = dict(zip(*np.unique(groups, return_counts=True), strict=True))
        return make_picks(
            candidates.vectors,
            seeds,
            chosen,
            lambda rank, gain: f"one of {counts[groups[rank]]} spread over group {groups[rank]}",
        )


def stride_strata(
    line: I64, strata: I32 | I64, k: int, power: float, rng: np.random.Generator
) -> I64:
    """Return k rows of a time line, each stratum strode through on its own.

    Args:
        line: Rows of candidates, stratum by stratum.
        strata: (n,) the stratum of each candidate.
        k: How many, at most ``len(line)``.
        power: See :func:`split_budget`.
        rng: Draws the rounding and where each stride begins.
    """
    if k == 0:
        return np.empty(0, np.int64)
    _, starts, sizes = np.unique(strata[line], return_index=True, return_counts=True)
    quotas = split_budget(sizes, k, power, float(rng.random()))
    phases = rng.random(len(sizes))
    parts = [
        line[start : start + size][stride_positions(int(size), int(quota), float(phase))]
        for start, size, quota, phase in zip(starts, sizes, quotas, phases, strict=True)
    ]
    return np.concatenate(parts)


def split_budget(sizes: I64, budget: int, power: float, phase: float) -> I64:
    """Whole numbers that add up to the budget, one for each group.

    Args:
        sizes: (g,) frames of each group, >= 1.
        budget: Picks to hand out, at most ``sizes.sum()``.
        power: Shares are proportional to ``sizes ** power``.
        phase: Start of the systematic rounding, in [0, 1).

    Returns:
        (g,) int64, each between 0 and its group's size.
    """
    enough = budget >= len(sizes)
    low = np.full(len(sizes), 1.0 if enough else 0.0)
    high = sizes.astype(np.float64) if enough else np.ones(len(sizes))
    weights: F64 = sizes.astype(np.float64) ** power
    shares = _shares(weights, low, high, budget)
    whole = np.floor(shares)
    # Rounded, so that a group whose share is whole takes no part in the rounding of the others.
    ends = np.round(np.cumsum(shares - whole), 9)
    ends[-1] = budget - whole.sum()
    # So near to 1 that the sum would be rounded up, a phase would hand out one pick too many.
    extra = np.diff(np.floor(ends + min(phase, 1.0 - 1e-6)), prepend=0.0)
    quotas: I64 = (whole + extra).astype(np.int64)
    return quotas


def _shares(weights: F64, low: F64, high: F64, total: float) -> F64:
    """``clip(level * weights, low, high)``, with the level at which they add up to the total."""
    below, above = 0.0, float((high / weights).max())
    for _ in range(200):
        level = 0.5 * (below + above)
        if np.clip(level * weights, low, high).sum() < total:
            below = level
        else:
            above = level
    shares: F64 = np.clip(above * weights, low, high)
    whole = np.round(shares)
    return np.where(np.abs(shares - whole) < 1e-9, whole, shares)
