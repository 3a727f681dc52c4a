"""The default: what is unsure and not yet covered, a control, a share for what is rare."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal, Self

import numpy as np
from pydantic import Field, model_validator

from framesel.selection.candidates import Candidates
from framesel.selection.coverage.control import control_order
from framesel.selection.coverage.coverage_model import (
    CoverageModel,
    CoverageState,
    certificate,
    coverage,
    fill,
)
from framesel.selection.engines.central import most_central
from framesel.selection.greedy import Proposer, Ranked
from framesel.selection.interleave import Interleave
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategies.herding import Width
from framesel.selection.strategy import copies_of, request
from framesel.selection.vectors.arrays import F32, F64, I64

if TYPE_CHECKING:
    from framesel.selection.coverage.occasions import Occasions

_REASONS = {
    "coverage": "adds {percent:.3g} % coverage{balance}",
    "rare": "rare: far from all chosen before",
    "control": "control: drawn at random",
}


CONTROL: Final = 0.1
"""Share of the control where a detector has looked and nothing else is asked for."""

LONER = 0.1
"""What the distance of a frame counts in the rare slice that is unlike all around it."""


class Cover(CoverageModel):
    """Uncertainty-weighted coverage, with a random control and, if wanted, a slice for the rare.

    The objective is F(S) = sum_i m_i^alpha u_i max over s in S and ``already`` of k_sigma(i, s)
    + g sum_c sqrt(n_c(S)): Gaussian kernel coverage (MaxHerding and UHerding: Bae et al., ECCV 2024
    and ICLR 2025, arXiv:2412.20644), weighted by mass and by utility where there is one, plus,
    where a detector has seen the frames, a term for each class that is concave in its predicted
    boxes n_c. g is such that picking all candidates would make the second term ``class_share`` of
    the largest possible first one.

    Where shots are told apart, likeness across them counts ``trust`` times as much, and the frames
    of a shot share its weight, m^alpha of its whole mass
    (:mod:`framesel.selection.coverage.occasions`); ``sigma: auto`` is then the natural width of one
    frame for each shot, otherwise that of all frames, as in ``herding``.

    Defaults are those that served a detector best on held-out clips of a drone data set
    (``docs/rounds.md``). A share for the rare is not among them: it helped a thinned-out class
    hardly and the others not, and found no more events on made footage.

    The budget goes to three slices that take turns, so that every prefix keeps their proportions:
    ``coverage``, the greedy maximisation of F (lazy, equal to the plain greedy); ``rare``, the
    candidate with the largest distance to everything chosen, times its utility where there is one,
    for what is too seldom to weigh in F, with little weight for frames that look like nothing
    around them and are probably faults (:mod:`framesel.selection.engines.loners`); ``control``,
    drawn at random in proportion to mass, whatever the other two do: where a detector has looked at
    the frames it is put to the test on them (``auto``), else it would only cost. Each knows what
    the others bought. The gain of a pick is by the measure of its slice: the terms ``coverage`` and
    ``classes`` of F, the ``distance``, or none. Ties go to the lowest row. Nested.

    Guarantees: F is monotone and submodular, so the coverage slice alone (``rare = control = 0``)
    reaches 1 - 1/e of the best F for as many picks (Nemhauser, Wolsey & Fisher 1978), beyond
    F(already); the rare slice alone leaves at most twice the best radius where utilities are equal
    and nothing looks like a fault (Gonzalez 1985). For the mixture the certificate holds: the best
    F for the whole budget is at most its bound. Above ``exact_below`` candidates F is that on near
    neighbours (:mod:`framesel.selection.coverage.neighbour_coverage`).
    """

    name: Literal["cover"] = "cover"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset()
    sigma: Width = "auto"
    alpha: float = Field(
        default=0.25, ge=0.0, le=1.0, description="power of the mass in the weight of a shot"
    )
    trust: float = Field(
        default=0.7, gt=0.0, le=1.0, description="what likeness counts between different shots"
    )
    class_share: float = Field(
        default=0.05, ge=0.0, description="weight of class balance against coverage"
    )
    rare: float = Field(default=0.0, ge=0.0, le=1.0, description="share of picks for rare events")
    control: Literal["auto"] | Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        default="auto",
        description="share of random picks; auto: a tenth where a detector has looked, else none",
    )

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        control = CONTROL if self.control == "auto" else self.control
        if self.rare + control > 1.0:
            raise ValueError(
                f"rare is {self.rare} and control {control}; together they may be 1 at most"
            )
        return self

    def select(
        self,
        candidates: Candidates,
        budget: int,
        already: F32,
        limits: Limits,
        rng: np.random.Generator,
    ) -> Picks:
        """Pick; see :class:`framesel.selection.strategy.Strategy`. Chance draws the control."""
        seeds, room = request(self, candidates, budget, already, limits)
        total = max(float(self.weights(candidates).sum()), 1e-30)
        lots = control_order(candidates, seeds, rng)
        space = self._space(candidates, seeds)

        def build(prices: F64) -> tuple[CoverageState, Interleave]:
            state = self._state(candidates, seeds, prices, space)
            return state, Interleave(self._slices(candidates, space, state, lots))

        state, mixture, chosen = fill(room, build)

        def reason(rank: int, gain: float) -> str:
            covered = chosen.terms["coverage"][rank] if "coverage" in chosen.terms else gain
            mostly_classes = covered < gain / 2
            balance = ", and most of its gain is balance between classes" if mostly_classes else ""
            return _REASONS[mixture.sources[rank]].format(
                percent=100.0 * covered / total, balance=balance
            )

        return make_picks(
            candidates.vectors,
            seeds,
            chosen,
            reason,
            source=mixture.sources,
            certificate=certificate(state, room.budget),
        )

    def objective(self, candidates: Candidates, already: F32) -> CoverageState:
        """See :class:`framesel.selection.replay.HasObjective`: F, one slice's."""
        space = self._space(candidates, already)
        return self._state(candidates, already, np.ones(len(candidates)), space)

    def weights(self, candidates: Candidates) -> F64:
        """(n,) float64 weight of each candidate: its share of its shot's, times utility."""
        # Loaded late: settings are read without numba.
        from framesel.selection.coverage.occasions import shared_mass

        weights = shared_mass(candidates, self.alpha)
        return weights if candidates.utility is None else weights * candidates.utility

    def _space(self, candidates: Candidates, seeds: F32) -> Occasions:
        """Where likeness is measured, and how wide the kernel is there."""
        from framesel.selection.coverage.occasions import occasions

        return occasions(
            candidates, seeds, self.trust, None if self.sigma == "auto" else self.sigma
        )

    def _state(
        self, candidates: Candidates, seeds: F32, prices: F64, space: Occasions
    ) -> CoverageState:
        """F with what covers from the start."""
        from framesel.selection.coverage.kernels import gaussian_kernel

        counts = candidates.class_counts
        if counts is not None:
            # The boxes of a frame that is labelled already are no reason to buy its copy.
            counts = np.where(copies_of(candidates.vectors, seeds)[:, None], np.float32(0), counts)
        return coverage(
            space.vectors,
            self.weights(candidates),
            space.already,
            gaussian_kernel(space.width),
            prices,
            counts=counts,
            class_share=self.class_share,
            exact_below=self.exact_below,
        )

    def _worth(self, candidates: Candidates) -> F64:
        """(n,) what distances count for in the rare slice: utility, little for what is a fault."""
        from framesel.selection.engines.loners import loners

        worth = np.where(loners(candidates), LONER, 1.0)
        return worth if candidates.utility is None else worth * candidates.utility

    def _control(self, candidates: Candidates) -> float:
        """Share of the control."""
        if self.control != "auto":
            return self.control
        looked = candidates.utility is not None or candidates.class_counts is not None
        return CONTROL if looked else 0.0

    def _slices(
        self, candidates: Candidates, space: Occasions, covering: CoverageState, lots: I64
    ) -> list[tuple[str, float, Proposer]]:
        """Name, share and proposer of each slice that gets anything."""
        from framesel.selection.engines.farthest_first import FarthestFirst

        control = self._control(candidates)
        slices: list[tuple[str, float, Proposer]] = [
            ("coverage", 1.0 - self.rare - control, covering)
        ]
        if self.rare:
            fresh = len(candidates) and not len(space.already)
            start = most_central(candidates) if fresh else None
            worth = self._worth(candidates)
            far = FarthestFirst(space.vectors, space.already, start, weights=worth)
            slices.append(("rare", self.rare, far))
        if control:
            slices.append(("control", control, Ranked(lots)))
        return slices
