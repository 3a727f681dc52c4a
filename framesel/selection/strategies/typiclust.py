"""TypiClust: for small budgets, the most typical frames of what is not covered yet."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import greedy
from framesel.selection.last import Last
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, copies_of, request
from framesel.selection.vectors.arrays import F32

_AFTER_ALL_OTHERS = 1_000_000_000


class TypiClust(StrategyModel):
    """The most typical frame of the largest cluster that has no label yet, again and again.

    Hacohen, Dekel & Weinshall, "Active learning on a budget: opposite strategies suit high and low
    budgets", ICML 2022. Candidates and what is chosen already are clustered together, with one
    cluster for each chosen row and each frame of the budget, ``clusters_most`` at most (500 in the
    paper, as neighbours within smaller cells say little). The cluster with the fewest rows of
    ``already`` and picks gives next, of equals the heaviest (by ``mass ** alpha``); it gives its
    most typical frame, see :mod:`framesel.selection.engines.typicality`. Clusters of ``too_small``
    frames or fewer come after all others (the paper leaves them out).

    The paper goes round its clusters in one order; here a cluster with labels waits until the
    others have as many. No guarantee. Copies of what is chosen come last. Not nested. Spherical
    k-means; time as for ``clusters`` with ``typical``.
    """

    name: Literal["typiclust"] = "typiclust"
    nested: ClassVar[bool] = False
    heeds_utility: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset()
    clusters_most: int = Field(default=500, ge=1)
    too_small: int = Field(default=5, ge=0)
    alpha: float = Field(default=0.5, ge=0.0, le=1.0)

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
        from framesel.selection.engines.typicality import typicality

        seeds, room = request(self, candidates, budget, already, limits)
        n, weights = len(candidates), candidates.mass.astype(np.float64) ** self.alpha
        cells = k_means(
            np.concatenate([candidates.vectors, seeds]),
            min(len(seeds) + max(1, room.about()), self.clusters_most),
            rng,
            weights=np.concatenate([weights, np.ones(len(seeds))]),
        )
        cell_of = cells.cell_of[:n]
        sizes = np.bincount(cell_of, minlength=len(cells.centres))
        given = np.bincount(cells.cell_of[n:], minlength=len(cells.centres))
        given[sizes <= self.too_small] += _AFTER_ALL_OTHERS
        order = np.argsort(-typicality(candidates.vectors, cell_of), kind="stable")
        turns = Turns([cell_of], order, weights, [given])
        chosen = greedy(Last(turns, copies_of(candidates.vectors, seeds)), room)
        mine = sizes[cell_of[chosen.rows]]
        return make_picks(
            candidates.vectors,
            seeds,
            chosen,
            lambda rank, gain: f"typical of a cluster of {mine[rank]} frames",
        )
