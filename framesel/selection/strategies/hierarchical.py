"""Hierarchical k-means: the budget goes to the whole space, not to where most frames are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import greedy
from framesel.selection.last import Last
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, copies_of, request
from framesel.selection.vectors.arrays import F32, I64

if TYPE_CHECKING:
    from framesel.selection.engines.k_means import Cells


class Hierarchical(StrategyModel):
    """Balanced picks from a tree of k-means cells.

    Vo et al., "Automatic data curation for self-supervised learning: a clustering-based approach",
    2024, arXiv 2405.15613. Frames are clustered, then the centres of these cells, and so on:
    each level is spread more evenly over the space than the one below, as centres repeat where
    footage repeats but less so. Of n frames, level t of T has ``n ** ((T + 1 - t) / (T + 1))``
    cells. On each level the cells are made anew ``resamplings`` times, from the half of each cell
    that is closest to its centre, which evens them out further.

    Picks go down the tree: on each level the cell that has given fewest gives next, as long as it
    has frames left, so that each prefix shares the budget out evenly (the paper's binary search for
    equal shares, one pick at a time). A cell of the lowest level gives the frame closest to its
    centre. Rows of ``already`` count as given by the cells that they fall into; copies of them come
    last. Masses only decide between cells that have given as many. No guarantee. Nested. Time about
    ``20 * (resamplings + 1) * n ** ((2 T + 1) / (T + 1))`` inner products.
    """

    name: Literal["hierarchical"] = "hierarchical"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset()
    levels: int = Field(default=2, ge=1, le=4)
    resamplings: int = Field(default=1, ge=0, le=10)

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
        vectors = candidates.vectors
        trees = grow(vectors, seeds, self.levels, self.resamplings, rng)
        order = np.argsort(-trees[0].cos, kind="stable")
        turns = Turns(
            [tree.cell_of for tree in reversed(trees)],
            order,
            candidates.mass.astype(np.float64),
            [tree.given for tree in reversed(trees)],
        )
        chosen = greedy(Last(turns, copies_of(vectors, seeds)), room)
        lowest, highest = (trees[at].cell_of[chosen.rows] for at in (0, -1))
        sizes = np.bincount(trees[0].cell_of, minlength=len(trees[0].given))[lowest]
        return make_picks(
            vectors,
            seeds,
            chosen,
            lambda rank, gain: (
                f"part {highest[rank]} of the footage: a cell of {sizes[rank]} frames"
            ),
        )


@dataclass(frozen=True, eq=False)
class Level:
    """One level of the tree.

    Attributes:
        cell_of: (n,) int64 cell of each frame.
        cos: Cosine to that cell's centre, of the frames on the lowest level, else of the centres of
            the level below.
        given: (k,) int64 rows of ``already`` in each cell.
    """

    cell_of: I64
    cos: F32
    given: I64


def grow(
    vectors: F32, already: F32, levels: int, resamplings: int, rng: np.random.Generator
) -> list[Level]:
    """The tree of cells, the lowest level first; see :class:`Hierarchical`."""
    from framesel.selection.engines.k_means import assign

    n, points = len(vectors), vectors
    already = already if n else already[:0]
    frames, chosen = np.arange(n), np.arange(len(already))
    tree = []
    for level in range(1, levels + 1):
        k = round(n ** ((levels + 1 - level) / (levels + 1)))
        cells = balanced(points, k, rng, resamplings)
        into = assign(already, cells.centres).cell_of if level == 1 else cells.cell_of
        frames, chosen = cells.cell_of[frames], into[chosen]
        given = np.bincount(chosen, minlength=len(cells.centres))
        tree.append(Level(frames, cells.cos, given))
        points = cells.centres
    return tree


def balanced(points: F32, k: int, rng: np.random.Generator, resamplings: int) -> Cells:
    """Cells of k-means, made anew from the half of each that is closest to its centre.

    Args:
        points: (n, d) float32 unit rows.
        k: How many cells; fewer where there are fewer different points.
        rng: Draws the starts.
        resamplings: How many times.
    """
    from framesel.selection.engines.k_means import assign, k_means

    cells = k_means(points, k, rng)
    for _ in range(resamplings):
        part = closest_of_each(cells.cell_of, cells.cos, max(1, len(points) // (2 * max(1, k))))
        cells = assign(points, k_means(points[part], k, rng).centres)
    return cells


def closest_of_each(cell_of: I64, cos: F32, most: int) -> I64:
    """The rows of each cell that are closest to its centre, ``most`` of each, in rising order."""
    order = np.lexsort((np.arange(len(cos)), -cos, cell_of))
    starts = np.flatnonzero(np.diff(cell_of[order], prepend=-1))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    rows: I64 = np.sort(order[rank < most]).astype(np.int64)
    return rows
