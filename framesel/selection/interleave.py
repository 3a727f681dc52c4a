"""A budget in slices: several proposers take turns, so that every prefix keeps the proportions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from framesel.selection.greedy import NONE_LEFT, Proposer
from framesel.selection.picks import FIXED
from framesel.selection.vectors.arrays import I64

_DIGITS = 9


class Interleave:
    """Proposes what the slice that is furthest behind its share would like next.

    After t picks a slice of share p that has n of them lags by ``p (t + 1) - n``; the largest lag
    is next, ties go to the slice that is named first. So no slice is ever a whole pick ahead. A
    slice with nothing left passes its turn on. Every proposer is told of every pick, whoever made
    it: what one slice bought is covered for the others. What is picked without having been proposed
    counts for no slice, and has the gains of the one that is named first.

    Attributes:
        sources: The slice of each pick so far.
    """

    def __init__(self, slices: Sequence[tuple[str, float, Proposer]]) -> None:
        """Name the slices.

        Args:
            slices: Name, share of the budget and proposer of each.
        """
        self._names = [name for name, _, _ in slices]
        self._shares = [share for _, share, _ in slices]
        self._proposers = [proposer for _, _, proposer in slices]
        self._bought = [0] * len(slices)
        self._turn: int | None = None
        self.sources: list[str] = []

    def best(self) -> int:
        """See :class:`framesel.selection.greedy.Proposer`."""
        step = sum(self._bought) + 1
        # Rounded, so that 2 * 0.7 - 1 and 2 * 0.2 are the tie that they should be.
        lag = [
            round(share * step - bought, _DIGITS)
            for share, bought in zip(self._shares, self._bought, strict=True)
        ]
        for turn in sorted(range(len(lag)), key=lambda slice_: -lag[slice_]):
            row = self._proposers[turn].best()
            if row != NONE_LEFT:
                self._turn = turn
                return row
        return NONE_LEFT

    def take(self, row: int) -> Mapping[str, float]:
        """See :class:`framesel.selection.greedy.Proposer`. The gains are those of the payer."""
        gains = [proposer.take(row) for proposer in self._proposers]
        turn, self._turn = self._turn, None
        if turn is None:
            self.sources.append(FIXED)
            return gains[0]
        self.sources.append(self._names[turn])
        self._bought[turn] += 1
        return gains[turn]

    def close(self, rows: I64) -> None:
        """See :class:`framesel.selection.greedy.Proposer`."""
        for proposer in self._proposers:
            proposer.close(rows)
