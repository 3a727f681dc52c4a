"""k-center: every frame shall have a pick nearby, however rare it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np

from framesel.selection.candidates import Candidates
from framesel.selection.engines.central import most_central
from framesel.selection.greedy import greedy
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import Parts, StrategyModel, request
from framesel.selection.vectors.arrays import F32

if TYPE_CHECKING:
    from framesel.selection.engines.farthest_first import FarthestFirst

WHOLE_SPHERE = 2.0
"""Gain of the first pick of a cold start: the largest distance between two unit vectors."""


class KCenter(StrategyModel):
    """Farthest-first traversal under the chord distance ``sqrt(2 - 2 cos)``, exact.

    Each pick is the candidate farthest from ``already`` and all earlier picks; its gain is that
    distance, which never grows. A cold start takes the candidate closest to the mass-weighted mean.
    Ties go to the lowest row. Guarantee: the largest distance from a candidate to its nearest pick
    is at most twice the best possible for that many picks (Gonzalez, "Clustering to minimize the
    maximum intercluster distance", Theoretical Computer Science 38, 1985; no better factor in
    polynomial time unless P = NP: Hochbaum & Shmoys 1985). With ``already`` the bound holds against
    the best additional picks. The certificate gives the factor for the case at hand; under limits,
    where no factor is known, it still bounds the best choice of as many frames. Core-set use: Sener
    & Savarese, ICLR 2018. Mass matters to the cold start only, utility not at all. Nested. It seeks
    outliers: gate bad frames out before, or take ``k_center_outliers``.
    """

    name: Literal["k_center"] = "k_center"
    nested: ClassVar[bool] = True
    parts: ClassVar[Parts] = "videos"
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
        """Pick; see :class:`framesel.selection.strategy.Strategy`. Uses no chance."""
        # Loaded late: settings are read without numba.
        from framesel.selection.engines.radius import certify

        seeds, room = request(self, candidates, budget, already, limits)
        traversal = self.objective(candidates, seeds)
        chosen = greedy(traversal, room)
        certificate = certify(candidates.vectors, seeds, chosen.rows, traversal)
        return make_picks(candidates.vectors, seeds, chosen, _reason, certificate=certificate)

    def objective(self, candidates: Candidates, already: F32) -> FarthestFirst:
        """See :class:`framesel.selection.replay.HasObjective`."""
        from framesel.selection.engines.farthest_first import FarthestFirst

        start = most_central(candidates) if len(candidates) and not len(already) else None
        return FarthestFirst(candidates.vectors, already, start)


def _reason(rank: int, gain: float) -> str:
    """Text for a pick of this strategy."""
    if rank == 0 and gain == WHOLE_SPHERE:
        return "most central frame"
    return f"farthest from all chosen before: distance {gain:.3f}"
