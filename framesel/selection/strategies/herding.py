"""Coverage herding: a pick speaks for what lies around it, and for nothing far away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

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

if TYPE_CHECKING:
    from framesel.selection.coverage.kernels import Kernel

Width = Literal["auto"] | Annotated[float, Field(gt=0.0, le=2.0)]
"""A chord distance, or what the footage says
(:func:`framesel.selection.coverage.widths.natural_width`)."""


class Herding(CoverageModel):
    """Lazy greedy maximisation of kernel coverage, exact.

    F(S) = sum_i w_i max over s in S and ``already`` of k(i, s), with w_i = mass_i ** alpha times
    the utility where there is one. With the Gaussian kernel of width sigma this is MaxHerding (Bae
    et al., "Generalized coverage for more robust low-budget active learning", ECCV 2024), with a
    utility the uncertainty coverage of UHerding (Bae et al., ICLR 2025, arXiv:2412.20644); with the
    top hat, 1 within sigma and 0 beyond, it is ProbCover (Yehuda et al., "Active learning through a
    covering lens", NeurIPS 2022). ``sigma: auto`` is the median distance to the tenth nearest
    frame, or to the nearest labelled one where that is less.

    F is monotone and submodular: at least 1 - 1/e of the best F for that many picks (Nemhauser,
    Wolsey & Fisher 1978), beyond F(already). Lazy (Minoux 1978), with the picks and gains of the
    plain greedy; ties go to the lowest row. Above ``exact_below`` candidates all of this holds for
    F on near neighbours (:mod:`framesel.selection.coverage.neighbour_coverage`). Nested.
    """

    name: Literal["herding"] = "herding"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset()
    kernel: Literal["gaussian", "top_hat"] = "gaussian"
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
        seeds, room = request(self, candidates, budget, already, limits)
        return cover_alone(candidates, seeds, room, self.weights(candidates), self._state)

    def objective(self, candidates: Candidates, already: F32) -> CoverageState:
        """See :class:`framesel.selection.replay.HasObjective`."""
        return self._state(candidates, already, np.ones(len(candidates)))

    def _state(self, candidates: Candidates, already: F32, prices: F64) -> CoverageState:
        """F with what covers from the start."""
        shape = _shape(self.kernel, width_of(self.sigma, candidates.vectors, already))
        return self.coverage(candidates, already, shape, prices)


def width_of(sigma: Width, vectors: F32, already: F32) -> float:
    """The width as a number; 1 where there is nothing to measure it on."""
    # Loaded late: settings are read without numba.
    from framesel.selection.coverage.widths import natural_width

    if sigma != "auto":
        return sigma
    return natural_width(vectors, already) if len(vectors) else 1.0


def _shape(name: str, width: float) -> Kernel:
    """The kernel of a name."""
    from framesel.selection.coverage.kernels import gaussian_kernel, top_hat_kernel

    return {"gaussian": gaussian_kernel, "top_hat": top_hat_kernel}[name](width)
