"""Uniformly random picks: the control that every other strategy is measured against."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import Ranked, greedy
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, copies_of, request
from framesel.selection.vectors.arrays import F32


class RandomChoice(StrategyModel):
    """Every candidate with the same chance, whatever its mass, utility or neighbours.

    Candidates whose vector equals an already chosen one bit for bit come last; apart from that the
    draw ignores ``already``, which is what makes it a control. Nested: a permutation of all
    candidates is drawn first, and the budget only cuts it off.
    """

    name: Literal["random"] = "random"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset()

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
        order = rng.permutation(len(candidates))
        copies = copies_of(candidates.vectors, seeds)
        order = np.concatenate([order[~copies[order]], order[copies[order]]])
        chosen = greedy(Ranked(order), room)
        return make_picks(candidates.vectors, seeds, chosen, lambda rank, gain: "drawn at random")
