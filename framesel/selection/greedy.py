"""One loop for all strategies: a proposer says which frame it would like next, the room decides.

Whatever the limits are, no strategy knows of them. A refused frame still counts as footage to be
represented; it cannot be picked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from framesel.selection.limits.room import Room
from framesel.selection.vectors.arrays import F64, I32, I64, Bool

NONE_LEFT = -1


class Proposer(Protocol):
    """The state of a strategy while it picks."""

    def best(self) -> int:
        """The frame it would like next, never a picked or closed one; ``NONE_LEFT`` for none.

        Asking twice gives the same answer.
        """
        ...

    def take(self, row: int) -> Mapping[str, float]:
        """A frame was picked, by this proposer or another: its gain by term, as it was just now.

        Empty where the strategy has no objective.
        """
        ...

    def close(self, rows: I64) -> None:
        """These frames can no longer be picked. Some may be picked or closed already."""
        ...


@dataclass(frozen=True, eq=False)
class Chosen:
    """What came out of the loop.

    Attributes:
        rows: (k,) int64 in the order of picking.
        terms: Name to (k,) float64 gain by term, nan where a pick has none.
        limit: For each pick, the limits that refused a frame which the strategy liked better.
        refused: (n,) int32 position in ``texts`` of the limit that closed a candidate, -1 for none.
        texts: What the limits say.
        fixed: How many of the first picks were fixed beforehand.
        lowered: Minima that cannot be met beside those, in words.
    """

    rows: I64
    terms: Mapping[str, F64]
    limit: tuple[tuple[str, ...], ...]
    refused: I32
    texts: tuple[str, ...]
    fixed: int = 0
    lowered: tuple[str, ...] = ()


def greedy(proposer: Proposer, room: Room) -> Chosen:
    """Let a proposer fill a room, after what is fixed in it."""
    rows: list[int] = room.fixed.tolist()
    gains: list[Mapping[str, float]] = [proposer.take(row) for row in rows]
    limits: list[tuple[str, ...]] = [()] * len(rows)
    refusals: dict[str, None] = {}
    while room.wanting() and (row := proposer.best()) != NONE_LEFT:
        if room.take(row):
            rows.append(row)
            gains.append(proposer.take(row))
            limits.append(tuple(refusals))
            refusals = {}
        else:
            refusals[room.texts[room.refused_by[row]]] = None
            proposer.close(room.closed_with(row))
    names = dict.fromkeys(name for gain in gains for name in gain)
    terms = {
        name: np.array([gain.get(name, np.nan) for gain in gains], np.float64) for name in names
    }
    return Chosen(
        np.array(rows, np.int64),
        terms,
        tuple(limits),
        room.refused_by.copy(),
        room.texts,
        len(room.fixed),
        room.lowered,
    )


class Ranked:
    """A proposer that goes along a list: for strategies that decide everything beforehand."""

    def __init__(self, order: I64, values: Mapping[str, F64] | None = None) -> None:
        """Take an order.

        Args:
            order: Candidates, most wanted first; those that are missing are never picked.
            values: Term to (n,) gain of each candidate.
        """
        self._order = order
        self._values = values or {}
        self._gone: Bool = np.zeros(int(order.max(initial=-1)) + 1, np.bool_)
        self._at = 0

    def best(self) -> int:
        """The first of the list that is neither picked nor closed."""
        while self._at < len(self._order) and self._gone[self._order[self._at]]:
            self._at += 1
        return int(self._order[self._at]) if self._at < len(self._order) else NONE_LEFT

    def take(self, row: int) -> Mapping[str, float]:
        """Strike it off the list."""
        if row < len(self._gone):
            self._gone[row] = True
        return {name: float(values[row]) for name, values in self._values.items()}

    def close(self, rows: I64) -> None:
        """Strike them off the list."""
        self._gone[rows[rows < len(self._gone)]] = True
