"""CLUE: cells around what is uncertain, and the frame nearest to the middle of each."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import greedy
from framesel.selection.last import Last
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, copies_of, request, with_fixed
from framesel.selection.vectors.arrays import F32

_LEAST_WEIGHT = 1e-6


class Clue(StrategyModel):
    """k-means weighted by uncertainty, and of each cell the frame nearest to its centre.

    Prabhu, Chandrasekaran, Saenko & Hoffman, "Active domain adaptation via clustering
    uncertainty-weighted embeddings", ICCV 2021: minimises the sum over all frames of mass ** alpha
    times utility times the squared distance to the nearest centre, so that cells are small where
    frames are uncertain. (Theirs is alpha 1 on all footage.) What is chosen already keeps cells of
    its own that ask for no picks. Without utility all count alike. k-means ends in a local optimum
    (see :mod:`framesel.selection.engines.k_means`): no guarantee.

    Heavier cells come first; where a limit refuses a frame, its cell gives the next nearest. Copies
    of what is chosen come last. Not nested: another budget has other cells.
    """

    name: Literal["clue"] = "clue"
    nested: ClassVar[bool] = False
    heeds_utility: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset()
    alpha: float = Field(default=0.5, ge=0.0, le=1.0, description="what the mass counts")

    def select(
        self,
        candidates: Candidates,
        budget: int,
        already: F32,
        limits: Limits,
        rng: np.random.Generator,
    ) -> Picks:
        """Pick; see :class:`framesel.selection.strategy.Strategy`."""
        # Loaded late: settings are read without numba.
        from framesel.selection.engines.k_means import k_means
        from framesel.selection.engines.turns import Turns

        seeds, room = request(self, candidates, budget, already, limits)
        weights = candidates.mass.astype(np.float64) ** self.alpha
        if candidates.utility is not None:
            most = max(float(candidates.utility.max(initial=0.0)), 1e-30)
            weights = weights * np.maximum(candidates.utility / most, _LEAST_WEIGHT)
        known = with_fixed(candidates, seeds)
        k = max(1, room.coming())
        cells = k_means(candidates.vectors, k, rng, weights=weights, fixed=known)
        given = np.zeros(len(cells.centres), np.int64)
        given[: len(seeds)] = 1
        order = np.argsort(-cells.cos, kind="stable").astype(np.int64)
        turns = Turns([cells.cell_of], order, weights, [given])
        chosen = greedy(Last(turns, copies_of(candidates.vectors, seeds)), room)
        held = np.bincount(cells.cell_of, weights=weights, minlength=len(given))
        shares = held / max(float(weights.sum()), 1e-30)

        def reason(rank: int, gain: float) -> str:
            cell = cells.cell_of[chosen.rows[rank]]
            return f"near the middle of a cell with {shares[cell]:.2%} of the uncertainty"

        return make_picks(candidates.vectors, seeds, chosen, reason)
