"""Determinantal point process: frames that are useful and unlike one another."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import greedy
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategies.herding import Width, width_of
from framesel.selection.strategy import StrategyModel, request
from framesel.selection.vectors.arrays import F32, F64

_LEAST_WEIGHT = 1e-6


class DPP(StrategyModel):
    """Greedy search for the likeliest set of a determinantal point process.

    The likelihood of a set S is det(L_S), the squared volume that its frames span, with L(i, j) =
    q_i q_j K(i, j): quality q_i = (``mass ** alpha`` times the utility, where there is one) ** 0.5,
    and K the rational quadratic kernel of the chord distance with width ``sigma`` (see
    :mod:`framesel.selection.engines.determinant`). So log det(L_S) = sum_i log q_i^2 + log
    det(K_S). Each pick is the frame that multiplies the determinant by most, given ``already`` and
    all picks; its gain is the logarithm of that factor and may be negative (Chen, Zhang & Zhou,
    "Fast greedy MAP inference for determinantal point process to improve recommendation diversity",
    NeurIPS 2018). log det is submodular but not monotone, so greedy carries no constant factor;
    finding the best set is NP-hard. ``log_det`` is the variant with a bound.

    Qualities are relative to the largest, and not below a millionth of it. Frames that repeat what
    is picked come last. Nested. Exact and lazy: picks of the plain greedy, ties to the lowest row.
    Time at most about ``n * k * (d + k / 2)`` for k picks and labelled frames, memory
    ``8 * n * k`` bytes.
    """

    name: Literal["dpp"] = "dpp"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset()
    alpha: float = Field(default=0.5, ge=0.0, le=1.0)
    sigma: Width = "auto"

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
        from framesel.selection.engines.determinant import Determinant

        seeds, room = request(self, candidates, budget, already, limits)
        volume = Determinant(
            candidates.vectors,
            np.sqrt(relative_weights(candidates, self.alpha)),
            seeds,
            width=width_of(self.sigma, candidates.vectors, seeds),
            ridge=0.0,
            picks=room.about(),
        )
        return make_picks(
            candidates.vectors,
            seeds,
            greedy(volume, room),
            lambda rank, gain: f"multiplies the volume squared by {np.exp(gain):.3g}",
        )


def relative_weights(candidates: Candidates, alpha: float) -> F64:
    """``mass ** alpha`` times utility, relative to the largest; at least a millionth of it.

    Returns:
        (n,) float64 in (0, 1].
    """
    weights: F64 = candidates.mass.astype(np.float64) ** alpha
    if candidates.utility is not None and candidates.utility.any():
        weights = weights * candidates.utility
    weights /= weights.max(initial=0.0) or 1.0
    return np.maximum(weights, _LEAST_WEIGHT)
