"""k-center with outliers: a pick nearby for every frame but a share that may be junk."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.engines.central import most_central
from framesel.selection.greedy import Ranked, greedy
from framesel.selection.in_order import InOrder
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Certificate, Picks, make_picks
from framesel.selection.strategy import Parts, StrategyModel, copies_of, request, with_fixed
from framesel.selection.vectors.arrays import F32, F64, I64, Bool, chord

SMALLEST_CORE = 1_024
"""Candidates that are all looked at pair by pair; of more, so many or two for each pick are."""


class KCenterOutliers(StrategyModel):
    """k-center that may leave a share of the frames without a pick: black, broken, one of a kind.

    Frames are replaced by a core of max(1024, 2 k) of them, found by farthest-first traversal; each
    counts what is nearest to it, by mass. On the core, disks are placed greedily, the heaviest
    first (:mod:`framesel.selection.engines.disks`), until no more than the share is left; the picks
    are their middles. What the disks do not need of the budget goes to the farthest frames that are
    no outliers; these come last, nearest first, and copies of ``already`` after them. The gain is
    the mass of the group that a pick stands for.

    Guarantee, without limits: all but the share is within 3 r + 7 s of a pick or of ``already``,
    where r is the best possible for that many picks and s the largest distance of a frame to the
    core: 0 up to 1024 candidates, which gives the factor 3 (Charikar et al., SODA 2001; a core that
    stands for the rest: Ceccarello, Pietracaprina & Pucci, PVLDB 12(7), 2019). Picking at random
    among the farthest (Ding, Yu & Wang, ESA 2019) has factor 2, but with a probability that falls
    with every pick, and buys outliers on the way. The certificate gives the factor for the case at
    hand, also under limits; there is none where the core is too coarse to tell.

    Utility does not matter. Not nested: the size of the disks depends on the budget.
    """

    name: Literal["k_center_outliers"] = "k_center_outliers"
    share: Annotated[float, Field(ge=0.0, lt=1.0)] = Field(
        0.01, description="of all frames, by mass, that may be without a pick nearby"
    )
    nested: ClassVar[bool] = False
    parts: ClassVar[Parts] = "videos"
    heeds_utility: ClassVar[bool] = False
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
        # Loaded late: settings are read without numba.
        from framesel.selection.engines.farthest_first import FarthestFirst

        seeds, room = request(self, candidates, budget, already, limits)
        vectors, n, k = candidates.vectors, len(candidates), room.coming()
        known = with_fixed(candidates, seeds)
        order, frames, bound = np.empty(0, np.int64), np.zeros(n, np.float64), 0.0
        if n and k:
            order, frames, bound = self._disks(candidates, known, k)
        distance = _distances(vectors, np.concatenate([known, vectors[order]]))
        outlier = _farthest(distance, candidates.mass, self.share)
        copies = copies_of(vectors, seeds)
        far = FarthestFirst(vectors, np.concatenate([known, vectors[order]]))
        far.close(np.flatnonzero(outlier | copies))
        last = np.lexsort((distance, copies))
        chosen = greedy(InOrder([Ranked(order, {"mass": frames}), far, Ranked(last)]), room)
        certificate = None
        # With frames that are fixed the bound would be one on choices that hold them.
        if bound > 0.0 and 0 < len(chosen.rows) <= k and not chosen.fixed:
            radius = _distances(vectors, np.concatenate([seeds, vectors[chosen.rows]]))
            inside = ~_farthest(radius, candidates.mass, self.share)
            achieved = float(radius[inside].max(initial=0.0))
            certificate = Certificate("radius", achieved, min(bound, achieved))
        return make_picks(vectors, seeds, chosen, _reason, certificate=certificate)

    def _disks(self, candidates: Candidates, seeds: F32, k: int) -> tuple[I64, F64, float]:
        """Centres as rows of the candidates, (n,) mass of their groups, the bound."""
        from framesel.selection.coverage.neighbours import nearest_rows
        from framesel.selection.engines.disks import cover_by_disks
        from framesel.selection.engines.farthest_first import FarthestFirst

        vectors, n = candidates.vectors, len(candidates)
        core, spread = np.arange(n), 0.0
        mass = candidates.mass.astype(np.float64)
        if n > max(SMALLEST_CORE, 2 * k):
            core = core[: max(SMALLEST_CORE, 2 * k)]
            traversal = FarthestFirst(vectors, seeds[:0], most_central(candidates))
            for at in range(len(core)):
                core[at] = traversal.best()
                traversal.take(int(core[at]))
            spread = traversal.left()[1]
            nearest, _ = nearest_rows(vectors, vectors[core], 1)
            mass = np.bincount(nearest[:, 0], mass, len(core)).astype(np.float64)
        near = np.full(len(core), -2.0, np.float32)
        if len(seeds):
            near = nearest_rows(vectors[core], seeds, 1)[1][:, 0]
        ignored = self.share * float(candidates.mass.sum(dtype=np.float64))
        disks = cover_by_disks(vectors[core], mass, near, min(k, len(core)), ignored)
        frames = np.zeros(n, np.float64)
        frames[core[disks.centres]] = disks.frames
        return core[disks.centres], frames, disks.bound - 2.0 * spread


def _distances(vectors: F32, chosen: F32) -> F64:
    """(n,) chord distance of each row to the nearest of what is chosen, 2 where nothing is."""
    from framesel.selection.coverage.neighbours import nearest_rows

    if not len(chosen) or not len(vectors):
        return np.full(len(vectors), 2.0)
    return chord(nearest_rows(vectors, np.ascontiguousarray(chosen), 1)[1][:, 0])


def _farthest(distance: F64, mass: F32, share: float) -> Bool:
    """(n,) bool, the farthest rows that hold a share of the mass between them at most."""
    order = np.argsort(-distance, kind="stable")
    outlier = np.zeros(len(distance), np.bool_)
    held = np.cumsum(mass[order], dtype=np.float64)
    outlier[order[held <= share * float(mass.sum(dtype=np.float64))]] = True
    return outlier


def _reason(rank: int, gain: float) -> str:
    """Text for a pick of this strategy."""
    if gain > 0:
        return f"middle of a group of {gain:g} frames"
    return "farthest from all chosen before, outliers aside"
