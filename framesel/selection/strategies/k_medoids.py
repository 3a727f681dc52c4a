"""k-medoids: the frames from which the others are, on average, least far."""

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
from framesel.selection.vectors.arrays import F32, F64, I64

ROUNDS = 30
"""Turns between cells and their medoids, at most."""


class KMedoids(StrategyModel):
    """k-medoids under the squared chord distance, by Voronoi iteration from k-means.

    Minimises the sum of ``mass ** alpha`` times the squared distance to the nearest medoid, a pick
    or a row of ``already``. Starts from the medoids of k-means cells; then by turns each frame
    joins its nearest medoid, and the medoid of each cell is found anew, until nothing changes
    (Park & Jun, "A simple and fast algorithm for K-medoids clustering", Expert Systems with
    Applications 36, 2009). For unit vectors the exact medoid of a cell takes one pass over it. The
    sum never grows from turn to turn; it ends in a local optimum without further guarantee. (The
    greedy ``facility_location`` works on the same sum, with one.)

    Medoids of heavier cells come first; where a limit refuses one, its cell gives the frame closest
    to it. Copies of what is chosen come last. Not nested. Time at most about
    ``50 * n * (budget + already)`` inner products.
    """

    name: Literal["k_medoids"] = "k_medoids"
    nested: ClassVar[bool] = False
    heeds_utility: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset()
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
        from framesel.selection.engines.turns import Turns

        seeds, room = request(self, candidates, budget, already, limits)
        vectors, weights = candidates.vectors, candidates.mass.astype(np.float64) ** self.alpha
        known = with_fixed(candidates, seeds)
        medoids, cell_of, cos = k_medoids(vectors, max(1, room.coming()), rng, weights, known)
        # A medoid may have a copy in front of it; it is the medoid that stands for the cell.
        cos[medoids] = np.inf
        given = np.zeros(len(known) + len(medoids), np.int64)
        given[: len(seeds)] = 1
        order = np.argsort(-cos, kind="stable")
        turns = Turns([cell_of], order, weights, [given])
        chosen = greedy(Last(turns, copies_of(vectors, seeds)), room)
        sizes = np.bincount(cell_of, minlength=len(given))[cell_of[chosen.rows]]
        return make_picks(
            vectors, seeds, chosen, lambda rank, gain: f"stands for a cell of {sizes[rank]} frames"
        )


def k_medoids(
    vectors: F32, k: int, rng: np.random.Generator, weights: F64, fixed: F32
) -> tuple[I64, I64, F32]:
    """Find medoids.

    Args:
        vectors: (n, d) float32 unit rows.
        k: How many, 1 or more.
        rng: Draws the start.
        weights: (n,) how much each row counts, > 0.
        fixed: (f, d) float32 unit rows that are medoids from the start.

    Returns:
        (k,) int64 rows, fewer where there are fewer different points; (n,) int64 the cell of each
        row, the f fixed ones first; (n,) float32 its cosine to the medoid of that cell.
    """
    from framesel.selection.engines.k_means import assign, closeness, k_means, mean_directions

    cells = k_means(vectors, k, rng, weights=weights, fixed=fixed)
    medoids = np.empty(0, np.int64)
    for _ in range(ROUNDS):
        means = mean_directions(vectors, weights, cells)
        found = _best_of_each(cells.cell_of, closeness(vectors, means, cells.cell_of))
        found = found[cells.cell_of[found] >= len(fixed)]
        if np.array_equal(found, medoids):
            break
        medoids = found
        cells = assign(vectors, np.concatenate([fixed, vectors[medoids]]))
    return medoids, cells.cell_of, cells.cos


def _best_of_each(cell_of: I64, worth: F32) -> I64:
    """The row of each cell that has the largest worth, by cell; ties to the lowest row."""
    order = np.lexsort((np.arange(len(worth)), -worth, cell_of))
    first = np.diff(cell_of[order], prepend=-1) > 0
    best: I64 = order[first].astype(np.int64)
    return best
