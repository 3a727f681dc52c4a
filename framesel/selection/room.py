"""Which candidates may still be picked: the budget and all limits, kept up pick by pick."""

from __future__ import annotations

import numpy as np

from framesel.selection.arrays import I32, I64, Bool
from framesel.selection.candidates import Candidates
from framesel.selection.limits import Limits


class Room:
    """What the budget and the limits leave open.

    Attributes:
        budget: Frames at most.
        open: (n,) bool, whether each candidate may still be picked.
        refused_by: (n,) int32, position in ``texts`` of the limit that closed a candidate; -1 for
            those that are open or picked.
        texts: What the limits say, for people.
    """

    def __init__(self, candidates: Candidates, budget: int, limits: Limits) -> None:
        self.budget = min(budget, len(candidates))
        self.open: Bool = np.ones(len(candidates), np.bool_)
        self.refused_by: I32 = np.full(len(candidates), -1, np.int32)
        self.texts: tuple[str, ...] = ()
        self._taken = 0

    def about(self) -> int:
        """How many frames will be picked, as well as that can be told beforehand."""
        return self.budget

    def wanting(self) -> bool:
        """Whether another frame may be picked."""
        return self._taken < self.budget

    def take(self, row: int) -> bool:
        """Pick a candidate if that is allowed; if not, it is closed from now on."""
        if not self.open[row]:
            return False
        self.open[row] = False
        self._taken += 1
        return True

    def closed_with(self, row: int) -> I64:
        """The refused candidate and those that are closed for the same reason."""
        return np.array([row], np.int64)
