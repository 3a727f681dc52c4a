"""Log-determinant: the frames that tell most about all others."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import greedy
from framesel.selection.last import Last
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Certificate, Picks, make_picks
from framesel.selection.strategies.dpp import relative_weights
from framesel.selection.strategies.herding import Width, width_of
from framesel.selection.strategy import StrategyModel, copies_of, request
from framesel.selection.vectors.arrays import F32


class LogDet(StrategyModel):
    """Lazy greedy maximisation of F(S) = log det(I + gamma Q K Q) on the picks, exact.

    Q = diag(q), q_i^2 = ``mass ** alpha`` times the utility, where there is one, relative to the
    largest; K is the rational quadratic kernel of the chord distance with width ``sigma`` (see
    :mod:`framesel.selection.engines.determinant`). F is twice what labels of S, seen through noise
    of variance 1 / gamma, tell about a Gaussian process with covariance Q K Q (Srinivas et al.,
    "Gaussian process optimization in the bandit setting", ICML 2010). It is monotone and
    submodular: greedy picks reach at least 1 - 1/e of the best F for that many picks (Nemhauser,
    Wolsey & Fisher 1978), with ``already`` of what is added to F(already). No choice of as many
    frames, with limits or without, exceeds F and the largest gains that are left, nor the sum of
    the largest F of single frames: the smaller of the two is the certificate's bound.

    Copies of what is chosen come last, though a second look at them would tell a little. Nested.
    Ties go to the lowest row. Time at most about ``n * k * (d + k / 2)`` for k picks and labelled
    frames, memory ``8 * n * k`` bytes.
    """

    name: Literal["log_det"] = "log_det"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset()
    gamma: float = Field(default=10.0, gt=0.0, le=1e6)
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
        weights = self.gamma * relative_weights(candidates, self.alpha)
        information = Determinant(
            candidates.vectors,
            np.sqrt(weights),
            seeds,
            width=width_of(self.sigma, candidates.vectors, seeds),
            ridge=1.0,
            picks=room.about(),
        )
        chosen = greedy(Last(information, copies_of(candidates.vectors, seeds)), room)
        achieved = float(sum(gains.sum() for gains in chosen.terms.values()))
        alone = np.sort(np.log1p(weights))[::-1][: len(chosen.rows)].sum()
        bound = min(float(alone), achieved + information.most_more(len(chosen.rows)))
        bound = max(bound, achieved)  # Of frames that have nothing in common, up to rounding.
        return make_picks(
            candidates.vectors,
            seeds,
            chosen,
            lambda rank, gain: f"adds {gain:.3g} to the log-determinant",
            certificate=Certificate("log-determinant", achieved, bound),
        )
