"""What the strategies that cover footage share: weights, the engine, the certificate."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import Chosen, Proposer, greedy
from framesel.selection.limits.room import Room
from framesel.selection.picks import Certificate, Picks, make_picks
from framesel.selection.replay import Objective
from framesel.selection.strategy import StrategyModel
from framesel.selection.vectors.arrays import F32, F64

if TYPE_CHECKING:
    from framesel.selection.coverage.kernels import Kernel


class CoverageState(Proposer, Objective, Protocol):
    """What a greedy coverage is asked beside its proposals."""

    achieved: float
    """What all picks together have added to the objective."""

    def most_more(self, k: int) -> float:
        """No k further candidates can add more than this."""
        ...


class CoverageModel(StrategyModel):
    """Settings of strategies whose objective is a weighted sum over frames.

    alpha = 0.5 because forgetting the mass of frames that stand for duplicates (0) loses to uniform
    picks on footage with long dwells, and full mass (1) spends the budget on the longest dwell.
    """

    alpha: float = Field(
        default=0.5, ge=0.0, le=1.0, description="power of the mass in a frame's weight"
    )
    exact_below: int = Field(
        default=20_000,
        ge=0,
        description="candidates up to which all pairs count; above, those of near neighbours",
    )

    def weights(self, candidates: Candidates) -> F64:
        """(n,) float64 weight of each candidate in the sum: mass ** alpha times utility."""
        weights: F64 = candidates.mass.astype("f8") ** self.alpha
        if candidates.utility is not None:
            weights = weights * candidates.utility
        return weights

    def coverage(
        self, candidates: Candidates, already: F32, shape: Kernel, prices: F64
    ) -> CoverageState:
        """The objective on the candidates' own vectors; see :func:`coverage`."""
        weights = self.weights(candidates)
        limit = self.exact_below
        return coverage(candidates.vectors, weights, already, shape, prices, exact_below=limit)


def coverage(
    vectors: F32,
    weights: F64,
    already: F32,
    shape: Kernel,
    prices: F64,
    *,
    counts: F32 | None = None,
    class_share: float = 0.0,
    exact_below: int,
) -> CoverageState:
    """The objective with what covers from the start, by the engine that fits the size.

    Args:
        vectors: (n, d) float32 unit rows of what may be picked and is to be covered.
        weights: (n,) of them.
        already: (m, d) float32 unit rows that cover from the start.
        shape: What a cosine is worth.
        prices: (n,) what gains are divided by before they compete; see :func:`fill`.
        counts: (n, C) float32 boxes of each class; None where they do not matter.
        class_share: What the term for classes can add, against the whole coverage.
        exact_below: Candidates up to which all pairs count.
    """
    # Loaded late: settings are read without numba.
    from framesel.selection.coverage.class_term import class_term
    from framesel.selection.coverage.greedy_coverage import Coverage
    from framesel.selection.coverage.neighbour_coverage import neighbour_coverage

    n = len(vectors)
    classes = class_term(counts, n, class_share * float(weights.sum()))
    engine = Coverage if n <= exact_below or not n else neighbour_coverage
    return engine(vectors, weights, already, shape, classes, prices)


def cover_alone(
    candidates: Candidates,
    seeds: F32,
    room: Room,
    weights: F64,
    begin: Callable[[Candidates, F32, F64], CoverageState],
) -> Picks:
    """The picks of a strategy that does nothing but cover.

    Args:
        candidates: What there is to choose from.
        seeds: (m, d) float32 unit rows of what is chosen already.
        room: What is allowed.
        weights: (n,) of the frames.
        begin: The objective, from candidates, seeds, and prices.
    """
    total = max(float(weights.sum()), 1e-30)

    def build(prices: F64) -> tuple[CoverageState, CoverageState]:
        state = begin(candidates, seeds, prices)
        return state, state

    state, _, chosen = fill(room, build)
    return make_picks(
        candidates.vectors,
        seeds,
        chosen,
        lambda rank, gain: f"adds {100.0 * gain / total:.3g} % coverage",
        certificate=certificate(state, room.budget),
    )


_P = TypeVar("_P", bound=Proposer)

_CHEAPEST = 1e-6
"""Share of a knapsack that a candidate costs at least, so that gain by cost is a number."""


def fill(
    room: Room, build: Callable[[F64], tuple[CoverageState, _P]]
) -> tuple[CoverageState, _P, Chosen]:
    """Let a greedy fill a room; under a knapsack twice, of which the better one counts.

    One takes the largest gain, the other the largest gain by cost. Each alone can be arbitrarily
    bad where costs differ, the better of the two is at least (1 - 1/e) / 2 of the best choice that
    the knapsack holds (Leskovec et al., "Cost-effective outbreak detection in networks", KDD 2007).

    Args:
        room: What is allowed.
        build: Objective and proposer from the (n,) prices that gains are divided by.

    Returns:
        Objective, proposer and picks.
    """
    costs = room.costs()
    rooms = [(np.ones(len(room.open)), room)]
    if costs is not None:
        rooms.append((np.maximum(costs, _CHEAPEST), room.fresh()))
    runs = []
    for prices, space in rooms:
        state, proposer = build(prices)
        runs.append((state, proposer, greedy(proposer, space)))
    return max(runs, key=lambda run: run[0].achieved)


def certificate(coverage: CoverageState, budget: int) -> Certificate:
    """How far the picks can be from the best ones, by the largest gains that are left.

    For any set of k frames, F is at most F(picks) plus what each of them would still add
    (submodularity; Nemhauser, Wolsey & Fisher 1978), hence plus the k largest such gains. This
    holds whatever chose the picks, so it holds under limits too: they only take choices away. F
    counts what is added to ``already``.

    Args:
        coverage: State after the last pick.
        budget: Frames that the best choice may have.
    """
    return Certificate(
        "coverage", coverage.achieved, coverage.achieved + coverage.most_more(budget)
    )
