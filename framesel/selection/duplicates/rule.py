"""The leader rule for some frames: all of them, or each group of them by itself."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np

from framesel.selection.duplicates.leader import SMALL, lead
from framesel.selection.duplicates.tiles import Tiles
from framesel.selection.vectors.arrays import F32, F64, I64


@dataclass(frozen=True, eq=False)
class Rule:
    """What counts as the same, and who is visited first."""

    vectors: F32
    quality: F64
    tau_cos: float
    unit_error: float
    tiles: Tiles

    def order(self, rows: I64) -> I64:
        """Positions in ``rows`` by falling quality, ties by rising position."""
        order: I64 = np.argsort(-self.quality[rows], kind="stable")
        return order

    def lead(self, rows: I64, order: I64, settled: int = 0) -> tuple[I64, F32]:
        """Keeper (a row) and cosine of each of ``rows``; see :func:`leader.lead`."""
        found = lead(self.vectors, rows, order, self.tau_cos, settled, self.unit_error, self.tiles)
        return rows[found.keeper], found.cosine

    def within(self, group: I64, rows: I64, keeper: I64, cosine: F32) -> None:
        """Put some rows to the rule, each group by itself; keepers and cosines, in place."""

        def one(rows: I64) -> None:
            keeper[rows], cosine[rows] = self.lead(rows, self.order(rows))

        _each(group, rows, one)

    def together(self, group: I64, rows: I64, keeper: I64, cosine: F32) -> None:
        """Put rows that were decided in smaller groups to the rule, each group by itself, in place.

        First those that are kept, then those whose keeper lost its place: these join who is kept,
        or are kept themselves.
        """

        def one(rows: I64) -> None:
            kept = rows[keeper[rows] == rows]
            keeper[kept], cosine[kept] = self.lead(kept, self.order(kept))
            final = keeper[rows] == rows
            lost = ~final & (keeper[keeper[rows]] != keeper[rows])
            open_ = rows[final | lost]
            order = self.order(open_)
            settled = keeper[open_[order]] == open_[order]
            order = np.concatenate([order[settled], order[~settled]])
            keeper[open_], cosine[open_] = self.lead(open_, order, int(settled.sum()))

        _each(group, rows, one)


def _each(group: I64, rows: I64, one: Callable[[I64], None]) -> None:
    """Do something with the rows of each group."""
    ordered = rows[np.argsort(group[rows], kind="stable")]
    groups = np.split(ordered, np.flatnonzero(np.diff(group[ordered])) + 1)
    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        for _ in pool.map(one, [rows for rows in groups if len(rows) <= SMALL]):
            pass
    for rows in groups:
        if len(rows) > SMALL:  # uses all threads by itself
            one(rows)
