"""As many cells as the budget buys, and from each the frame that stands for it."""

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
from framesel.selection.vectors.arrays import F32, F64


class Clusters(StrategyModel):
    """k-means with a cell for each frame of the budget; each cell gives one frame, then another.

    Spherical k-means (:mod:`framesel.selection.engines.k_means`) on ``mass ** alpha``; what is
    chosen already keeps cells of its own, which do not count as empty, so that new cells form
    elsewhere. The frame that a cell gives is, by ``pick``:

    - ``medoid``: the one closest to all others of the cell (representative sampling: Xu et al.,
      "Representative sampling for text classification using support vector machines", ECIR 2003);
    - ``typical``: the one in its densest part, see :mod:`framesel.selection.engines.typicality`;
    - ``uncertain``: the one of the largest utility (Nguyen & Smeulders, "Active learning using
      pre-clustering", ICML 2004, in spirit); while there is no utility, the medoid.

    No guarantee: k-means ends in a local optimum. Heavier cells come first; where a limit refuses a
    frame, its cell gives the next best. Copies of what is chosen come last. Not nested: another
    budget has other cells. Time at most about ``20 * n * (budget + already)`` inner products,
    for ``typical`` plus the squares of the cells' sizes.
    """

    name: Literal["clusters"] = "clusters"
    nested: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset()
    pick: Literal["medoid", "typical", "uncertain"] = "medoid"
    alpha: float = Field(default=0.5, ge=0.0, le=1.0)

    @property
    def heeds_utility(self) -> bool:
        """Only where it picks what is uncertain."""
        return self.pick == "uncertain"

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
        from framesel.selection.engines.k_means import Cells, closeness, k_means, mean_directions
        from framesel.selection.engines.turns import Turns
        from framesel.selection.engines.typicality import typicality

        seeds, room = request(self, candidates, budget, already, limits)
        vectors, weights = candidates.vectors, candidates.mass.astype(np.float64) ** self.alpha

        def worth(cells: Cells) -> F32 | F64:
            if self.pick == "typical":
                return typicality(vectors, cells.cell_of)
            if self.pick == "uncertain" and candidates.utility is not None:
                return candidates.utility
            means = mean_directions(vectors, weights, cells)
            return closeness(vectors, means, cells.cell_of)

        known = with_fixed(candidates, seeds)
        cells = k_means(vectors, max(1, room.coming()), rng, weights=weights, fixed=known)
        given = np.zeros(len(cells.centres), np.int64)
        given[: len(seeds)] = 1
        order = np.argsort(-worth(cells), kind="stable")
        turns = Turns([cells.cell_of], order, weights, [given])
        chosen = greedy(Last(turns, copies_of(vectors, seeds)), room)
        sizes = np.bincount(cells.cell_of, minlength=len(given))[cells.cell_of[chosen.rows]]
        return make_picks(
            vectors,
            seeds,
            chosen,
            lambda rank, gain: f"{_WORDS[self.pick]} of a cell of {sizes[rank]} frames",
        )


_WORDS = {"medoid": "the middle", "typical": "most typical", "uncertain": "most useful"}
