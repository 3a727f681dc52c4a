"""What the strategies that cover footage share: weights, the engine, the certificate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from framesel.selection.arrays import F64
from framesel.selection.candidates import Candidates
from framesel.selection.picks import Certificate
from framesel.selection.strategy import StrategyModel

if TYPE_CHECKING:
    from framesel.selection.coverage import Coverage


class CoverageModel(StrategyModel):
    """Settings of strategies whose objective is a weighted sum over frames.

    alpha = 0.5 because forgetting the mass of frames that stand for duplicates (0) loses to uniform
    picks on footage with long dwells, and full mass (1) spends the budget on the longest dwell.
    """

    alpha: float = Field(
        default=0.5, ge=0.0, le=1.0, description="power of the mass in a frame's weight"
    )

    def weights(self, candidates: Candidates) -> F64:
        """(n,) float64 weight of each candidate in the sum: mass ** alpha times utility."""
        weights: F64 = candidates.mass.astype("f8") ** self.alpha
        if candidates.utility is not None:
            weights = weights * candidates.utility
        return weights


def certificate(coverage: Coverage, budget: int) -> Certificate:
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
