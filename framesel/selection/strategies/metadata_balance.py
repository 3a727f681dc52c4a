"""Metadata balance: as many frames of each camera, hour, site or whatever a column says."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import greedy
from framesel.selection.limits.settings import Limits
from framesel.selection.names import unknown
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, copies_of, request
from framesel.selection.vectors.arrays import F32, I64


class MetadataBalance(StrategyModel):
    """Even shares for all values of a column, and farthest-first within them, exact.

    Greedy maximisation of ``sum_v sqrt(n_v(S))``, n_v the picks with value v: each pick goes to a
    value that has fewest so far and frames left, which is the best choice for each number of picks
    (the sum of equal concave functions is greatest at even shares). Of its frames, and of those of
    other values with as few, the one farthest from ``already`` and all earlier picks is taken, at a
    cold start the most central. An empty text is a value like any other. What ``already`` holds is
    not known; copies of it come last. Mass matters to the cold start only, utility not at all.
    Gains never grow, and the certificate says what the limits cost. Nested.
    """

    name: Literal["metadata_balance"] = "metadata_balance"
    nested: ClassVar[bool] = True
    heeds_utility: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset({"metadata"})
    column: str = Field(
        "video",
        min_length=1,
        description="column of the sidecar table: camera, hour, ...; `video` is the file",
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
        # Loaded late: settings are read without numba and scipy.
        from scipy.sparse import csr_matrix

        from framesel.selection.engines.balance import Balance

        seeds, room = request(self, candidates, budget, already, limits)
        if self.column not in candidates.metadata:
            known = tuple(candidates.metadata)
            raise unknown("selection.strategy.column", "metadata column", self.column, known)
        texts = candidates.metadata[self.column]
        values, of_row = np.unique(texts, return_inverse=True)
        n = len(candidates)
        one_each = csr_matrix((np.ones(n), of_row, np.arange(n + 1)), shape=(n, len(values)))
        balance = Balance(candidates, seeds, one_each, np.ones(len(values)))
        chosen = greedy(balance, room)

        def reason(rank: int, gain: float) -> str:
            text = str(texts[chosen.rows[rank]])
            before = int((texts[chosen.rows[:rank]] == text).sum())
            return f"number {before + 1} with {self.column} {text or 'not given'!r}"

        fresh = of_row[~copies_of(candidates.vectors, seeds)]
        best = _best(np.bincount(fresh, minlength=len(values)), len(chosen.rows))
        certificate = replace(balance.certificate(len(chosen.rows)), bound=best)
        return make_picks(candidates.vectors, seeds, chosen, reason, certificate=certificate)


def _best(counts: I64, k: int) -> float:
    """The largest sum of roots that k frames can reach, of so many with each value."""
    steps = [np.diff(np.sqrt(np.arange(min(count, k) + 1.0))) for count in counts]
    largest = np.sort(np.concatenate([*steps, np.zeros(0)]))[::-1]
    return float(largest[:k].sum())
