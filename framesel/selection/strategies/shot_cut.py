"""Uniform picks within every shot: what people do who have a shot detector."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import Ranked, greedy
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategies.stratified import stride_strata
from framesel.selection.strategies.uniform import then_between
from framesel.selection.strategy import StrategyModel, fresh_and_copies, request
from framesel.selection.vectors.arrays import F32, F64, I64, Bool

NEIGHBOURS = 2
"""Steps on either side that a step is compared with."""


class ShotCut(StrategyModel):
    """Videos are cut into shots, the budget is split over these, each is strode through uniformly.

    A step from one frame to the next, in the time of its video, is as long as the drop
    ``1 - cos``. There is a cut where it is at least ``least_drop`` and at least ``sharpness`` times
    the mean of the steps around it, two on either side: camera work makes many steps long, a cut
    only one. (The rule of PySceneDetect's AdaptiveDetector, on vectors instead of colours.)

    Shots share the budget as the videos do in ``stratified``: in proportion to ``frames ** power``,
    one at least while the budget allows, never more than they have (water-filling). Mass and
    utility are ignored. Candidates whose vector equals an already chosen one bit for bit are left
    out, unless the budget cannot be met without them. Picks are ranked along the time line. Not
    nested.
    """

    name: Literal["shot_cut"] = "shot_cut"
    nested: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset()
    sharpness: float = Field(default=3.0, gt=1.0)
    least_drop: float = Field(default=0.1, gt=0.0, le=2.0)
    power: float = Field(default=0.5, ge=0.0, le=1.0)

    def select(
        self,
        candidates: Candidates,
        budget: int,
        already: F32,
        limits: Limits,
        rng: np.random.Generator,
    ) -> Picks:
        """Pick; see :class:`framesel.selection.strategy.Strategy`."""
        seeds, room = request(self, candidates, budget, already, limits)
        line = candidates.timeline()
        shots = np.empty(len(line), np.int64)
        shots[line] = np.cumsum(self.cuts(candidates, line))
        fresh, rest = fresh_and_copies(candidates, seeds)
        k = room.coming()
        wanted = [
            stride_strata(fresh, shots, min(k, len(fresh)), self.power, rng),
            stride_strata(rest, shots, max(0, k - len(fresh)), self.power, rng),
        ]
        chosen = greedy(Ranked(then_between(wanted, [fresh, rest])), room)
        sizes = np.bincount(shots)[shots[chosen.rows]] if len(shots) else shots
        return make_picks(
            candidates.vectors,
            seeds,
            chosen,
            lambda rank, gain: f"from a shot of {sizes[rank]} frames",
        )

    def cuts(self, candidates: Candidates, line: I64) -> Bool:
        """Where on the time line a new shot begins; always where a group does.

        Args:
            candidates: What there is.
            line: (n,) its rows in (group, time) order.

        Returns:
            (n,) bool; the first is true.
        """
        cut: Bool = np.diff(candidates.groups[line], prepend=-1) != 0
        if len(line):
            cut[0] = True
        for part in np.split(np.arange(len(line)), np.flatnonzero(cut)[1:]):
            drops = _drops(candidates.vectors, line[part])
            cut[part[1:]] = (drops >= self.least_drop) & (drops >= self.sharpness * around(drops))
        return cut


def around(steps: F64) -> F64:
    """Mean of the two steps before and the two after each, as far as there are any.

    Args:
        steps: (m,) >= 0.

    Returns:
        (m,) float64; 0 for a step without neighbours.
    """
    m = len(steps)
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    at = np.arange(m)
    low, high = np.maximum(at - NEIGHBOURS, 0), np.minimum(at + NEIGHBOURS + 1, m)
    others = np.maximum(high - low - 1, 1)
    means: F64 = np.maximum(sums[high] - sums[low] - steps, 0.0) / others
    return means


def _drops(vectors: F32, rows: I64) -> F64:
    """``1 - cos`` of each row to the one before it, from the second on."""
    drops = np.empty(max(0, len(rows) - 1), np.float64)
    for low in range(0, len(drops), _ROWS_AT_ONCE):
        here = vectors[rows[low : low + _ROWS_AT_ONCE + 1]]
        products = np.einsum("ij,ij->i", here[1:], here[:-1], dtype=np.float64)
        drops[low : low + _ROWS_AT_ONCE] = 1.0 - products
    return drops


_ROWS_AT_ONCE = 65_536
