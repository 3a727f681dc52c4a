"""Ranked batch mode: novelty first, and the more is labelled the more the utility."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from framesel.selection.candidates import Candidates
from framesel.selection.engines.central import most_central
from framesel.selection.greedy import greedy
from framesel.selection.last import Last
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, copies_of, request
from framesel.selection.vectors.arrays import F32, F64


class RankedBatch(StrategyModel):
    """The best blend of novelty and utility, one pick after the other, exact.

    Each pick maximises ``a (1 - 1 / (1 + d)) + (1 - a) u``: d is the chord distance to the nearest
    of ``already`` and all earlier picks, u the utility as a share of the largest, and
    a = |U| / (|U| + |L|) the share of frames that are not labelled, counted anew for each pick
    (Cardoso et al., "Ranked batch-mode active learning", Information Sciences 379, 2017). So a
    small labelled set asks for novelty, a large one for utility. A cold start takes the candidate
    closest to the mass-weighted mean. Without utility all count alike, and it is k-center. Ties go
    to the lowest row, copies of ``already`` come last. Mass matters to the cold start only. No
    guarantee is known. Nested.
    """

    name: Literal["ranked_batch"] = "ranked_batch"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = True
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
        from framesel.selection.engines.novelty import Blend

        seeds, room = request(self, candidates, budget, already, limits)
        n, m = len(candidates), len(seeds)

        def share(taken: int) -> float:
            return (n - taken) / (n + m)

        start = most_central(candidates) if n and not m else None
        useful = _share_of_largest(candidates)
        blend = Blend(candidates.vectors, seeds, useful, share, start)
        chosen = greedy(Last(blend, copies_of(candidates.vectors, seeds)), room)

        def reason(rank: int, gain: float) -> str:
            most = f"{useful[chosen.rows[rank]]:.0%} of the largest utility"
            return f"{most}; novelty counts {share(rank):.0%}"

        return make_picks(candidates.vectors, seeds, chosen, reason)


def _share_of_largest(candidates: Candidates) -> F64:
    """(n,) utility divided by the largest; 1 for all where there is none."""
    if candidates.utility is None or not candidates.utility.any():
        return np.ones(len(candidates))
    useful: F64 = candidates.utility / np.float64(candidates.utility.max())
    return useful
