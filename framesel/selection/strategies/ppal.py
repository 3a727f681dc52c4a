"""PPAL: the most useful frames, and of those some that show different things."""

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
from framesel.selection.vectors.arrays import F32, F64, I64


class PPAL(StrategyModel):
    """Two stages: ``multiple`` times the budget by utility, then k-medoids by what frames show.

    Yang, Huang & Crowley, "Plug and play active learning for object detection", CVPR 2024. Their
    first stage weights uncertainty by how hard classes are; here the utility is what the scores
    say. The second stage compares frames object by object within classes
    (:mod:`framesel.selection.engines.unlikeness`); without ``objects`` it compares the vectors. The
    medoids start farthest-first from the most useful frame. No guarantee is known.

    Medoids of heavier cells (by mass) come first; where a limit refuses one, its cell gives the
    frame that shows nearly the same. Frames of the first stage only come after those, by utility,
    ties to the lowest row. The objects of ``already`` are not known; copies of it come last.
    Memory: 4 (multiple budget)² bytes. Not nested: another budget has another first stage.
    """

    name: Literal["ppal"] = "ppal"
    nested: ClassVar[bool] = False
    heeds_utility: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset({"utility"})
    multiple: float = Field(
        4.0, ge=1.0, le=100.0, description="frames of the first stage, in budgets"
    )

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
        from framesel.selection.engines.turns import Turns

        seeds, room = request(self, candidates, budget, already, limits)
        utility = np.asarray(candidates.utility)
        last = copies_of(candidates.vectors, seeds)
        useful = np.lexsort((np.arange(len(utility)), -utility, last)).astype(np.int64)
        first = useful[: int(np.ceil(self.multiple * room.about()))]
        cell_of, apart = self._cells(candidates, first[~last[first]], room.about())
        cells = int(cell_of.max(initial=0)) + 1
        # The frames without a cell share one that seems to have given more than any other can.
        given = np.zeros(cells + 1, np.int64)
        given[cells] = len(candidates)
        cell_of[cell_of < 0] = cells
        order = useful[np.argsort(apart[useful], kind="stable")]
        mass = candidates.mass.astype(np.float64)
        chosen = greedy(Last(Turns([cell_of], order, mass, [given]), last), room)
        sizes = np.bincount(cell_of, minlength=cells + 1)

        def reason(rank: int, gain: float) -> str:
            row = chosen.rows[rank]
            if cell_of[row] == cells:
                return f"utility {utility[row]:.3g}, beyond the first stage"
            return f"utility {utility[row]:.3g}, stands for {sizes[cell_of[row]]} that show alike"

        return make_picks(candidates.vectors, seeds, chosen, reason)

    def _cells(self, candidates: Candidates, first: I64, k: int) -> tuple[I64, F64]:
        """Group the frames of the first stage.

        Args:
            candidates: All.
            first: Rows of the first stage, the most useful one first.
            k: How many cells.

        Returns:
            (n,) cell of each candidate, -1 beyond the first stage, and (n,) distance to the medoid
            of its cell: -1 for the medoid itself, infinite beyond the first stage.
        """
        from framesel.selection.engines.medoids import medoids_of
        from framesel.selection.engines.unlikeness import unlikeness

        cell_of, apart = np.full(len(candidates), -1), np.full(len(candidates), np.inf)
        if len(first) and k:
            objects = None if candidates.objects is None else candidates.objects.subset(first)
            distances = unlikeness(candidates.vectors[first], objects)
            medoids, cells = medoids_of(distances, k, 0)
            cell_of[first] = cells
            apart[first] = distances[np.arange(len(first)), medoids[cells]]
            apart[first[medoids]] = -1.0
        return cell_of, apart
