"""Uniform picks within every shot: what people do who have a shot detector."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.engines.cuts import LEAST_DROP, SHARPNESS, cuts
from framesel.selection.greedy import Ranked, greedy
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategies.stratified import stride_strata
from framesel.selection.strategies.uniform import then_between
from framesel.selection.strategy import StrategyModel, fresh_and_copies, request
from framesel.selection.vectors.arrays import F32, I64, Bool


class ShotCut(StrategyModel):
    """Videos are cut into shots, the budget is split over these, each is strode through uniformly.

    Shots are cut by :func:`framesel.selection.engines.cuts.cuts`.

    Shots share the budget as the videos do in ``stratified``: in proportion to ``frames ** power``,
    one at least while the budget allows, never more than they have (water-filling). Mass and
    utility are ignored. Candidates whose vector equals an already chosen one bit for bit are left
    out, unless the budget cannot be met without them. Picks are ranked along the time line. Not
    nested.
    """

    name: Literal["shot_cut"] = "shot_cut"
    nested: ClassVar[bool] = False
    heeds_utility: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset()
    sharpness: float = Field(default=SHARPNESS, gt=1.0)
    least_drop: float = Field(default=LEAST_DROP, gt=0.0, le=2.0)
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
        line = candidates.timeline()
        shots = np.empty(len(line), np.int64)
        shots[line] = np.cumsum(self.cuts(candidates, line))
        fresh, rest = fresh_and_copies(candidates, seeds)
        k = room.coming()
        wanted = [
            stride_strata(fresh, shots, min(k, len(fresh)), self.power, rng),
            stride_strata(rest, shots, max(0, k - len(fresh)), self.power, rng),
        ]
        chosen = greedy(Ranked(then_between(wanted, [fresh, rest])), room)
        sizes = np.bincount(shots)[shots[chosen.rows]] if len(shots) else shots
        return make_picks(
            candidates.vectors,
            seeds,
            chosen,
            lambda rank, gain: f"from a shot of {sizes[rank]} frames",
        )

    def cuts(self, candidates: Candidates, line: I64) -> Bool:
        """Where on the time line a new shot begins; always where a group does.

        Args:
            candidates: What there is.
            line: (n,) its rows in (group, time) order.

        Returns:
            (n,) bool; the first is true.
        """
        groups = candidates.groups[line].astype(np.int64)
        return cuts(candidates.vectors, line, groups, self.sharpness, self.least_drop)
