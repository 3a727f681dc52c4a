"""The leader rule for groups of frames, each by itself, a bounded number of vectors at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from framesel import threads
from framesel.selection.duplicates.frames import Frames
from framesel.selection.duplicates.leader import SMALL, lead
from framesel.selection.duplicates.tiles import Tiles
from framesel.selection.vectors.arrays import F32, F64, I64, Bool

ROOM: Final = 2**18
"""Frames whose vectors are in memory at once."""


@dataclass(frozen=True)
class Rule:
    """What counts as the same.

    Attributes:
        tau_cos: Inner product from which two frames do, if their tiles are alike.
        unit_error: Largest deviation of a row's norm from one.
        room: Frames whose vectors may be in memory at once, beside those that a group keeps.
    """

    tau_cos: float
    unit_error: float
    room: int = ROOM

    def lead(
        self, frames: Frames, rows: I64, group: I64, quality: F64, settled: Bool | None = None
    ) -> tuple[I64, F32]:
        """Puts frames to the rule, each group by itself.

        Args:
            frames: Of which the vectors are had.
            rows: (r,) int64 which of them, rising.
            group: (r,) int64.
            quality: (r,) The better, the earlier visited; ties by row.
            settled: (r,) bool; those are kept, and come first; None: no such.

        Returns:
            (r,) int64 row that stands for each, (r,) float32 inner product with it.
        """
        keeper, cosine = rows.copy(), np.ones(len(rows), np.float32)
        first = np.zeros(len(rows), np.bool_) if settled is None else settled
        visit = _Visit(self, frames, rows, np.lexsort((rows, -quality, ~first)), first)
        for groups in _batches(group, self.room):
            places = np.sort(np.concatenate(groups))
            if len(places) > self.room:
                keeper[places], cosine[places] = visit.in_parts(places)
            else:
                keeper[places], cosine[places] = visit.at_once(places, groups)
        return keeper, cosine


class _Visit:
    """Frames in the order in which they are visited.

    Args:
        rule: What counts as the same.
        frames: Of which the vectors are had.
        rows: (r,) which of them, rising.
        order: (r,) places among the rows in the order of visiting, settled ones first.
        settled: (r,) bool; are kept whatever is near.
    """

    def __init__(self, rule: Rule, frames: Frames, rows: I64, order: I64, settled: Bool) -> None:
        self.rule, self.frames, self.rows, self.settled = rule, frames, rows, settled
        self.rank = np.empty(len(order), np.int64)
        self.rank[order] = np.arange(len(order))

    def at_once(self, places: I64, groups: list[I64]) -> tuple[I64, F32]:
        """Keepers (rows) and cosines of the frames of some groups, by place."""
        keeper, cosine = np.empty(len(places), np.int64), np.empty(len(places), np.float32)
        vectors, tiles = self._taken(places)

        def one(group: I64) -> None:
            at = np.searchsorted(places, group)
            order = np.argsort(self.rank[group])
            fixed = int(self.settled[group].sum())
            found = lead(vectors, at, order, self.rule.tau_cos, fixed, self.rule.unit_error, tiles)
            keeper[at], cosine[at] = self.rows[group[found.keeper]], found.cosine

        with ThreadPoolExecutor(threads.count()) as pool:
            for _ in pool.map(one, [group for group in groups if len(group) <= SMALL]):
                pass
        for group in groups:
            if len(group) > SMALL:  # uses all threads by itself
                one(group)
        return keeper, cosine

    def in_parts(self, places: I64) -> tuple[I64, F32]:
        """The same for one group that is too large to be in memory at once.

        A part is visited with all that is kept before it: the answer is that of one visit.
        """
        keeper, cosine = np.empty(len(places), np.int64), np.empty(len(places), np.float32)
        visited = places[np.argsort(self.rank[places])]
        kept = visited[:0]
        for low in range(0, len(visited), self.rule.room):
            part = visited[low : low + self.rule.room]
            here = np.concatenate([kept, part])
            footage = np.sort(here)  # in its order there is more to prune
            fixed = len(kept) + int(self.settled[part].sum())
            vectors, tiles = self._taken(footage)
            found = lead(
                vectors,
                np.arange(len(here)),
                np.searchsorted(footage, here),
                self.rule.tau_cos,
                fixed,
                self.rule.unit_error,
                tiles,
            )
            mine, at = np.searchsorted(footage, part), np.searchsorted(places, part)
            keeper[at] = self.rows[footage[found.keeper[mine]]]
            cosine[at] = found.cosine[mine]
            kept = here[
                found.keeper[np.searchsorted(footage, here)] == np.searchsorted(footage, here)
            ]
        return keeper, cosine

    def _taken(self, places: I64) -> tuple[F32, Tiles]:
        rows = self.rows[places]
        return self.frames.vectors(rows), self.frames.tiles(rows)


def _batches(group: I64, room: int) -> Iterator[list[I64]]:
    """The places of each group of more than one, so many groups together as there is room for."""
    order = np.argsort(group, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(group[order])) + 1, len(order))
    starts = np.concatenate([[0], ends[:-1]])
    several = ends - starts > 1
    batch: list[I64] = []
    total = 0
    for start, end in zip(starts[several].tolist(), ends[several].tolist(), strict=True):
        if batch and total + end - start > room:
            yield batch
            batch, total = [], 0
        batch.append(order[start:end])
        total += end - start
    if batch:
        yield batch
