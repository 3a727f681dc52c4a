"""One proposer after another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from framesel.selection.greedy import NONE_LEFT, Proposer
from framesel.selection.vectors.arrays import I64


class InOrder:
    """Proposes what the first of several proposers does that has something left.

    All are told of every pick; the gain is that of the first.
    """

    def __init__(self, proposers: Sequence[Proposer]) -> None:
        """Take the proposers, at least one."""
        self._proposers = proposers

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        found = (proposer.best() for proposer in self._proposers)
        return next((row for row in found if row != NONE_LEFT), NONE_LEFT)

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`."""
        gains = [proposer.take(row) for proposer in self._proposers]
        return gains[0]

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        for proposer in self._proposers:
            proposer.close(rows)
