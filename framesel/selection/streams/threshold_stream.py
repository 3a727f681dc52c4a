"""A stream that buys at once what is useful enough, at a rate that it controls."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import ArrayLike
from pydantic import Field

from framesel.selection.streams.streaming import StreamModel, checked_offer
from framesel.selection.vectors.arrays import F32, I64, Bool
from framesel.selection.vectors.bank import Bank
from framesel.selection.vectors.dot import dot_rows, kernel


class Threshold(StreamModel):
    """Take what is useful enough and new; how useful that is follows from what was spent.

    A frame is refused if its cosine to anything taken or known is ``tau_cos`` or more. Of the
    others it is taken if its utility is above 0 and at least theta. Then theta moves by
    ``theta *= 1 + step * (taken - rate)``, taken being 0 or 1 and the rate what is left of the
    budget over what is left of ``length``: a variable threshold with a controlled rate, as in
    Zliobaite, Bifet, Pfahringer & Holmes, "Active learning with drifting streaming data", IEEE
    Transactions on Neural Networks and Learning Systems 25, 2014. Theta begins at the first
    utility, whatever its scale, and follows drift. It stands still while nothing new comes, so
    that a night without events does not lower it.

    Decisions are final. Guarantees: at most the budget is spent; no two picks are within
    ``tau_cos``; and since theta stays between the smallest and the largest utility, give or take a
    step, picks lag or lead the rate by no more than about log(largest / smallest) / step. With
    equal utilities it takes new frames at even intervals. After ``length`` frames what is left is
    spent on anything new. Memory: the vectors of the picks.
    """

    name: Literal["threshold"] = "threshold"
    length: Annotated[int, Field(gt=0)] = Field(description="frames expected in all")
    tau_cos: float = Field(0.95, gt=-1.0, le=1.0, description="from this cosine on, known")
    step: float = Field(0.2, gt=0.0, lt=1.0, description="how far theta moves")

    def begin(self, budget: int, already: F32, rng: np.random.Generator) -> ThresholdStream:
        """See :class:`framesel.selection.streams.streaming.StreamModel`. Uses no chance."""
        return ThresholdStream(self, budget, already)


class ThresholdStream:
    """See :class:`framesel.selection.streams.streaming.Stream` and :class:`Threshold`."""

    def __init__(self, settings: Threshold, budget: int, already: F32) -> None:
        """Begin with what is known."""
        self._settings, self._budget = settings, budget
        self._known = Bank(already)
        self._theta: float | None = None
        self._seen = 0
        self._picks: list[int] = []

    def offer(self, vectors: ArrayLike, utility: ArrayLike | None = None) -> Bool:
        """See :class:`framesel.selection.streams.streaming.Stream`."""
        rows, useful = checked_offer(vectors, utility, self._known.dim)
        decisions = [self._take(rows, at, float(useful[at])) for at in range(len(rows))]
        return np.array(decisions, np.bool_)

    @property
    def held(self) -> I64:
        """See :class:`framesel.selection.streams.streaming.Stream`: what was taken."""
        return self.picks

    @property
    def picks(self) -> I64:
        """See :class:`framesel.selection.streams.streaming.Stream`."""
        return np.array(self._picks, np.int64)

    def _take(self, rows: F32, at: int, useful: float) -> bool:
        """Decide on the next frame."""
        number, self._seen = self._seen, self._seen + 1
        left = self._budget - len(self._picks)
        known = self._known.rows
        if left == 0 or (len(known) and largest_cosine(rows, at, known) >= self._settings.tau_cos):
            return False
        if self._theta is None and useful > 0.0:
            self._theta = useful
        if self._theta is None:
            return False
        rate = min(1.0, left / max(1, self._settings.length - number))
        taken = useful > 0.0 and (useful >= self._theta or rate == 1.0)
        self._theta *= 1.0 + self._settings.step * (taken - rate)
        if taken:
            self._picks.append(number)
            self._known.add(rows[at])
        return taken


@kernel
def largest_cosine(rows: F32, at: int, others: F32) -> np.float32:
    """Largest cosine of a row to one other row or more."""
    most = np.float32(-np.inf)
    for other in range(len(others)):
        most = max(most, dot_rows(rows, at, others, other))
    return most
