"""The leader rule for some frames: all of them, or each group of them by itself."""

from __future__ import annotations

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

    def nearest(self, kept: I64) -> I64:
        """(n,) which of some rows is the same as each and the most similar; -1: none.

        The rows themselves are put to the rule, in its order: a row of them is its own, or that of
        one visited before it.
        """
        everything = np.arange(len(self.quality))
        others = np.delete(everything, kept)
        order = np.concatenate([kept[self.order(kept)], others])
        found = lead(
            self.vectors,
            everything,
            order,
            self.tau_cos,
            unit_error=self.unit_error,
            tiles=self.tiles,
            leading=len(kept),
        )
        return found.keeper

    def within(self, group: I64, rows: I64, keeper: I64, cosine: F32) -> None:
        """Put some rows to the rule, each group by itself; keepers and cosines, in place."""

        def one(rows: I64) -> None:
            keeper[rows], cosine[rows] = self.lead(rows, self.order(rows))

        ordered = rows[np.argsort(group[rows], kind="stable")]
        groups = np.split(ordered, np.flatnonzero(np.diff(group[ordered])) + 1)
        with ThreadPoolExecutor(numba.get_num_threads()) as pool:
            for _ in pool.map(one, [rows for rows in groups if len(rows) <= SMALL]):
                pass
        for rows in groups:
            if len(rows) > SMALL:  # uses all threads by itself
                one(rows)
