"""Some frames after all others, whatever a strategy says."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from framesel.selection.greedy import NONE_LEFT, Proposer, Ranked
from framesel.selection.vectors.arrays import I64, Bool


class Last:
    """Proposes what another proposer does, less some frames; these in the end, lowest row first."""

    def __init__(self, proposer: Proposer, last: Bool) -> None:
        """Take the proposer, which is told of every pick, and which (n,) frames come last."""
        rows = np.flatnonzero(last)
        self._proposer, self._rest = proposer, Ranked(rows)
        proposer.close(rows)

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        row = self._proposer.best()
        return row if row != NONE_LEFT else self._rest.best()

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. The gain is the other proposer's."""
        self._rest.take(row)
        return self._proposer.take(row)

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        self._rest.close(rows)
        self._proposer.close(rows)
