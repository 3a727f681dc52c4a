"""Class balance: as much of each class as the detector lets one hope for, rare ones first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import greedy
from framesel.selection.limits.settings import Limits
from framesel.selection.names import unknown
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, request
from framesel.selection.vectors.arrays import F32, F64


class ClassBalance(StrategyModel):
    """Greedy maximisation of ``sum_c g_c sqrt(n_c(S))`` over the predicted boxes n_c, exact.

    The first boxes of a class count most, so that a pick with a rare class gains more than another
    street full of cars. At least 1 - 1/e of the best for that many picks; the certificate says how
    much is proven (:mod:`framesel.selection.engines.balance`). Among frames that gain alike, the
    farthest from ``already`` and all earlier picks is taken, at a cold start the most central. It
    buys crowded frames and trusts the detector: for a mixture with coverage see ``cover``. What
    ``already`` holds is not known; copies of it come last. Mass matters to the cold start only,
    utility not at all. Gains never grow. Nested.
    """

    name: Literal["class_balance"] = "class_balance"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset({"class_counts"})
    weights: Mapping[str, Annotated[float, Field(ge=0.0)]] = Field(
        {}, description="g of single classes: {dog: 3}; 1 for those that are not named"
    )

    def select(
        self,
        candidates: Candidates,
        budget: int,
        already: F32,
        limits: Limits,
        rng: np.random.Generator,
    ) -> Picks:
        """Pick; see :class:`framesel.selection.strategy.Strategy`. Uses no chance."""
        # Loaded late: settings are read without numba and scipy.
        from scipy.sparse import csr_matrix

        from framesel.selection.engines.balance import Balance

        seeds, room = request(self, candidates, budget, already, limits)
        counts = np.asarray(candidates.class_counts, np.float64)
        balance = Balance(candidates, seeds, csr_matrix(counts), self._weights(candidates.classes))
        chosen = greedy(balance, room)

        def reason(rank: int, gain: float) -> str:
            held = counts[chosen.rows[rank]]
            seen = [f"{held[c]:.3g} {candidates.classes[c]}" for c in np.flatnonzero(held)]
            return f"adds {gain:.3g} by {', '.join(seen)}" if gain > 0.0 else "nothing left to add"

        certificate = balance.certificate(len(chosen.rows))
        return make_picks(candidates.vectors, seeds, chosen, reason, certificate=certificate)

    def _weights(self, classes: tuple[str, ...]) -> F64:
        """(C,) g of each class."""
        for name in self.weights:
            if name not in classes:
                raise unknown("selection.strategy.weights", "class", name, classes)
        return np.array([self.weights.get(name, 1.0) for name in classes], np.float64)
