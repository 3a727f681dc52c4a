"""Every n-th frame of the whole footage: the baseline that costs nothing."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np

from framesel.selection.arrays import F32, I64
from framesel.selection.candidates import Candidates
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, checked_request, copies_of


class Uniform(StrategyModel):
    """A stride over the concatenated time line, in (group, time) order, from a random start.

    Systematic sampling (Madow & Madow, "On the theory of systematic sampling", Annals of
    Mathematical Statistics 15, 1944): with n candidates and k picks the stride is n / k, and every
    candidate has the same chance k / n. Mass and utility are ignored. Candidates whose vector
    equals an already chosen one bit for bit are left out of the line, unless the budget cannot be
    met without them. Picks are ranked along the time line. Not nested: another budget has another
    stride.
    """

    name: Literal["uniform"] = "uniform"
    nested: ClassVar[bool] = False

    def select(
        self, candidates: Candidates, budget: int, already: F32, rng: np.random.Generator
    ) -> Picks:
        """Pick; see :class:`framesel.selection.strategy.Strategy`."""
        k, seeds = checked_request(candidates, budget, already)
        line = candidates.timeline()
        copies = copies_of(candidates.vectors, seeds)[line]
        fresh, rest = line[~copies], line[copies]
        phase = float(rng.random())
        rows = np.concatenate(
            [
                fresh[stride_positions(len(fresh), min(k, len(fresh)), phase)],
                rest[stride_positions(len(rest), max(0, k - len(fresh)), phase)],
            ]
        )
        step = len(fresh) / max(1, min(k, len(fresh)))
        return make_picks(
            candidates.vectors, seeds, rows, None, lambda rank, gain: f"every {step:.1f}th frame"
        )


def stride_positions(n: int, k: int, phase: float) -> I64:
    """Return k different positions out of n, evenly spaced.

    Args:
        n: Length of the line.
        k: How many, 0 <= k <= n.
        phase: Start within the first stride, in [0, 1).

    Returns:
        (k,) int64 rising positions in [0, n).
    """
    if k == 0:
        return np.empty(0, np.int64)
    positions: I64 = (np.arange(k, dtype=np.int64) * n + int(phase * n)) // k
    return positions
