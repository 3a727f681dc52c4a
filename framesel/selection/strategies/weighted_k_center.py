"""Weighted k-center: the more a label would teach, the nearer a pick shall be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.engines.central import most_central
from framesel.selection.greedy import greedy
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import Parts, StrategyModel, request
from framesel.selection.vectors.arrays import F32, F64

if TYPE_CHECKING:
    from framesel.selection.engines.farthest_first import FarthestFirst


class WeightedKCenter(StrategyModel):
    """Farthest-first traversal under ``utility ** gamma`` times the chord distance, exact.

    Each pick is the candidate for which that product to ``already`` and all earlier picks is
    largest; it is the gain, and never grows. A cold start takes the candidate of largest utility.
    Ties go to the smaller cosine, then to the lowest row; candidates of utility 0 come last.

    Guarantee: the largest product that is left is at most min(3, 1 + a) times the best possible for
    that many picks, where a is the largest weight over the smallest (Dyer & Frieze, "A simple
    heuristic for the p-centre problem", Operations Research Letters 3, 1985; the proof carries over
    to ``already``). A factor of 2 takes another algorithm, which is not nested (Plesnik 1987).
    The certificate gives the factor for the case at hand, also under limits.

    Mass is left out on purpose: what is rare has little of it. Without utilities, or with ``gamma``
    0, this is ``k_center``. Nested.
    """

    name: Literal["weighted_k_center"] = "weighted_k_center"
    gamma: Annotated[float, Field(ge=0.0, le=3.0)] = Field(
        1.0, description="how much utility counts: 0 not at all, 1 as much as distance"
    )
    nested: ClassVar[bool] = True
    parts: ClassVar[Parts] = "videos"
    uses: ClassVar[frozenset[str]] = frozenset()

    @property
    def heeds_utility(self) -> bool:
        """Unless it is told that utility does not count."""
        return self.gamma > 0

    def select(
        self,
        candidates: Candidates,
        budget: int,
        already: F32,
        limits: Limits,
        rng: np.random.Generator,
    ) -> Picks:
        """Pick; see :class:`framesel.selection.strategy.Strategy`. Uses no chance."""
        # Loaded late: settings are read without numba.
        from framesel.selection.engines.radius import certify

        seeds, room = request(self, candidates, budget, already, limits)
        traversal = self.objective(candidates, seeds)
        chosen = greedy(traversal, room)
        certificate = certify(
            candidates.vectors, seeds, chosen.rows, traversal, self._weights(candidates)
        )
        return make_picks(candidates.vectors, seeds, chosen, _reason, certificate=certificate)

    def objective(self, candidates: Candidates, already: F32) -> FarthestFirst:
        """See :class:`framesel.selection.replay.HasObjective`."""
        from framesel.selection.engines.farthest_first import FarthestFirst

        weights, start = self._weights(candidates), None
        if weights is None and len(candidates) and not len(already):
            start = most_central(candidates)
        return FarthestFirst(candidates.vectors, already, start, weights=weights)

    def _weights(self, candidates: Candidates) -> F64 | None:
        """(n,) what distances are multiplied by; None where all are equal."""
        if candidates.utility is None or self.gamma == 0:
            return None
        weights: F64 = candidates.utility.astype(np.float64) ** self.gamma
        return weights


def _reason(rank: int, gain: float) -> str:
    """Text for a pick of this strategy."""
    return f"far from all chosen before and worth a label: utility times distance {gain:.3g}"
