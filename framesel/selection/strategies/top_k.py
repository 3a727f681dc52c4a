"""The frames with the highest utility: what most people mean by active learning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import NONE_LEFT, Proposer, Ranked, greedy
from framesel.selection.limits.settings import Limits
from framesel.selection.limits.spacing import Spacing
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, copies_of, request
from framesel.selection.vectors.arrays import F32, I64


class TopK(StrategyModel):
    """By utility, highest first, ties to the lowest row; on request not twice in ``gap_s`` seconds.

    Uncertainty sampling (Lewis & Gale, "A sequential algorithm for training text classifiers",
    SIGIR 1994). It has the largest sum of utilities, and in video buys the same moment many times.
    With ``gap_s`` a frame within that many seconds of an earlier pick of its video waits until all
    others are picked: a wish, where the limit of that name is a must.

    Mass and vectors are ignored, except that candidates whose vector equals an already chosen one
    bit for bit come last, at a gain of 0. The gain is the utility. Nested.
    """

    name: Literal["top_k"] = "top_k"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = True
    uses: ClassVar[frozenset[str]] = frozenset({"utility"})
    gap_s: float = Field(default=0.0, ge=0.0)

    def select(
        self,
        candidates: Candidates,
        budget: int,
        already: F32,
        limits: Limits,
        rng: np.random.Generator,
    ) -> Picks:
        """Pick; see :class:`framesel.selection.strategy.Strategy`. Uses no chance."""
        seeds, room = request(self, candidates, budget, already, limits)
        assert candidates.utility is not None
        copies = copies_of(candidates.vectors, seeds)
        worth = np.where(copies, 0.0, candidates.utility.astype(np.float64))
        order = np.lexsort((np.arange(len(worth)), -worth, copies))
        proposer: Proposer = Ranked(order, {"utility": worth})
        if self.gap_s > 0:
            spacing = Spacing(candidates.video_no, candidates.pts_s, self.gap_s)
            proposer = Apart(Ranked(order[~copies[order]]), proposer, spacing)
        return make_picks(
            candidates.vectors,
            seeds,
            greedy(proposer, room),
            lambda rank, gain: f"utility {gain:.3g}",
        )


class Apart:
    """Proposes along a list, as long as it has a frame that is not too close in time to a pick."""

    def __init__(self, apart: Ranked, all_of_them: Proposer, spacing: Spacing) -> None:
        """Take the list, what proposes when it is through, and what is too close to what."""
        self._apart, self._all, self._spacing = apart, all_of_them, spacing

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        row = self._apart.best()
        return row if row != NONE_LEFT else self._all.best()

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._apart.close(self._spacing.around(row))
        return self._all.take(row)

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._apart.close(rows)
        self._all.close(rows)
