"""BADGE: frames whose labels would move the model far, each in another direction."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import greedy
from framesel.selection.last import Last
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, copies_of, request
from framesel.selection.vectors.arrays import F32


class Badge(StrategyModel):
    """k-means++ draws on the gradients that each frame's own guess would cause.

    The first pick has the longest gradient; each further one is drawn with a chance in proportion
    to mass ** alpha times the squared distance of its gradient to the nearest of all earlier picks
    (Ash, Zhang, Krishnamurthy, Langford & Agarwal, "Deep batch active learning by diverse,
    uncertain gradient lower bounds", ICLR 2020). A gradient is long where the model is unsure, so
    that uncertainty and diversity need no weights. In expectation the sum of squared distances left
    is within a factor 8 (ln k + 2) of the best for k picks (Arthur & Vassilvitskii, "k-means++",
    SODA 2007; for draws that begin at random). With alpha 1 it is BADGE on the footage before
    near-duplicates were removed, with 0 on what was kept. Utility is ignored: the length says it.
    The gradients of ``already`` are not known; copies of it come last. Nested.
    """

    name: Literal["badge"] = "badge"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset({"gradients"})
    alpha: float = Field(default=0.5, ge=0.0, le=1.0, description="what the mass counts")

    def select(
        self,
        candidates: Candidates,
        budget: int,
        already: F32,
        limits: Limits,
        rng: np.random.Generator,
    ) -> Picks:
        """Pick; see :class:`framesel.selection.strategy.Strategy`."""
        # Loaded late: settings are read without numba.
        from framesel.selection.engines.spread_draws import SpreadDraws

        seeds, room = request(self, candidates, budget, already, limits)
        weights = candidates.mass.astype(np.float64) ** self.alpha
        rows = np.asarray(candidates.gradients, np.float32)
        draws = SpreadDraws(rows, weights, rng)
        chosen = greedy(Last(draws, copies_of(candidates.vectors, seeds)), room)
        return make_picks(candidates.vectors, seeds, chosen, lambda rank, gain: draws.why[rank])
