"""Facility location: every frame shall be well represented, by its weight."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from framesel.selection.candidates import Candidates
from framesel.selection.coverage.coverage_model import (
    CoverageModel,
    CoverageState,
    cover_alone,
)
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks
from framesel.selection.strategy import request
from framesel.selection.vectors.arrays import F32, F64


class FacilityLocation(CoverageModel):
    """Lazy greedy maximisation of mass-weighted coverage, exact.

    F(S) = sum_i w_i max(0, max over s in S and ``already`` of cos(i, s)), with w_i = mass_i **
    alpha times the utility where there is one. F is monotone and submodular, so greedy picks reach
    at least 1 - 1/e of the best possible F for that many picks (Nemhauser, Wolsey & Fisher,
    Mathematical Programming 14, 1978); with ``already`` the bound holds for what is added to
    F(already). Evaluated lazily (Minoux, "Accelerated greedy algorithms", 1978), with the picks and
    gains of the plain greedy. The gain of a pick is what it added to F; gains never grow. Ties go
    to the lowest row.

    Time: up to n * n / 2 inner products before the first pick, less where footage hardly changes;
    memory: a few numbers for each frame, and those pairs that still matter once they fit. Above
    ``exact_below`` candidates all of this holds for F on near neighbours
    (:mod:`framesel.selection.coverage.neighbour_coverage`). Nested.
    """

    name: Literal["facility_location"] = "facility_location"
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
        seeds, room = request(self, candidates, budget, already, limits)
        return cover_alone(candidates, seeds, room, self.weights(candidates), self._state)

    def objective(self, candidates: Candidates, already: F32) -> CoverageState:
        """See :class:`framesel.selection.replay.HasObjective`."""
        return self._state(candidates, already, np.ones(len(candidates)))

    def _state(self, candidates: Candidates, already: F32, prices: F64) -> CoverageState:
        """F with what covers from the start."""
        # Loaded late: settings are read without numba.
        from framesel.selection.coverage.kernels import cosine_kernel

        return self.coverage(candidates, already, cosine_kernel(), prices)
