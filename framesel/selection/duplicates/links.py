"""Which groups of frames show copies of one another: exact, without a list of all pairs.

Frames are compared with those of a bank, by products of short projections that bound the cosine
(:mod:`framesel.selection.vectors.projection`), in the cells of space that they can be near
(:mod:`framesel.selection.vectors.cells`). Groups that are known to hang together are not
compared any further: ten thousand clips of one wall cost one chain of links, not all pairs of them.
Vectors are taken cell by cell, so they may lie on disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from framesel import threads
from framesel.selection.duplicates.frames import Frames
from framesel.selection.duplicates.tiles import alike
from framesel.selection.vectors.arrays import F32, I64, chord
from framesel.selection.vectors.cells import Cells, find_cells
from framesel.selection.vectors.dot import dot_rows, kernel, rounding_margin
from framesel.selection.vectors.projection import find_projection

ROOM: Final = 4_096
"""Frames of the bank in a cell, about."""
_NUMBERS_AT_ONCE: Final = 2**22
_SAMPLE_EACH: Final = 64
_SAMPLE_LEAST: Final = 8_192
_ROWS_AT_ONCE: Final = 65_536


@dataclass(frozen=True, eq=False)
class Side:
    """Frames of one side of a comparison: (r,) int64 rows of some frames, and (r,) their groups."""

    frames: Frames
    rows: I64
    group: I64

    def among(self, places: I64) -> Side:
        """Some of them."""
        return Side(self.frames, self.rows[places], self.group[places])


class Bank:
    """Frames that others are compared with.

    Args:
        side: Which.
        tau_cos: Inner product from which two frames of different groups are copies, if their tiles
            are alike.
        unit_error: Largest deviation of a row's norm from one, here and in what is asked.
    """

    def __init__(self, side: Side, tau_cos: float, unit_error: float) -> None:
        total, reach = len(side.rows), float(chord(tau_cos)) + 4.0 * unit_error
        self._tau, self._unit_error, self._side = np.float32(tau_cos), unit_error, side
        wanted = -(-total // ROOM)
        some = max(_SAMPLE_LEAST, _SAMPLE_EACH * wanted)
        sample = side.frames.vectors(side.rows[:: max(1, -(-total // some))])
        self._cells = find_cells(sample, wanted, reach)
        reached = []
        for low in range(0, total, _ROWS_AT_ONCE):
            part = slice(low, low + _ROWS_AT_ONCE)
            places, cells = self._cells.reached(side.frames.vectors(side.rows[part]), reach)
            reached.append((low + places, cells))
        places, cells = (np.concatenate(column) for column in zip(*reached, strict=True))
        self._places = _grouped(places, cells, len(self._cells))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All of it but vectors."""
        return {
            "rows": self._side.rows,
            "group": self._side.group,
            "centres": self._cells.centres,
            "apart": self._cells.apart,
            "places": np.concatenate(self._places),
            "ends": np.cumsum([len(places) for places in self._places]),
            "how": np.array([self._tau, self._unit_error], np.float64),
        }

    @classmethod
    def restored(cls, arrays: Mapping[str, NDArray[Any]], frames: Frames) -> Bank:
        """What was put into arrays; ``frames`` have the vectors."""
        bank = cls.__new__(cls)
        bank._side = Side(frames, arrays["rows"], arrays["group"])
        bank._cells = Cells(arrays["centres"], arrays["apart"])
        bank._places = np.split(arrays["places"], arrays["ends"][:-1])
        bank._tau, bank._unit_error = np.float32(arrays["how"][0]), float(arrays["how"][1])
        return bank

    def links(self, asked: Side) -> I64:
        """Links between groups: enough to connect all whose frames are copies of the bank's.

        Args:
            asked: Frames that may be copies.

        Returns:
            (l, 2) int64 groups. Those that are connected by links are those that are connected by
            copies, whatever cells, blocks and threads there are.
        """
        home = np.empty(len(asked.rows), np.int64)
        for low in range(0, len(home), _ROWS_AT_ONCE):
            part = slice(low, low + _ROWS_AT_ONCE)
            home[part] = self._cells.home(asked.frames.vectors(asked.rows[part]))
        places = _grouped(np.arange(len(home)), home, len(self._cells))
        pairs = [
            (asked.among(mine), self._side.among(theirs))
            for mine, theirs in zip(places, self._places, strict=True)
            if len(mine) and len(theirs)
        ]
        with ThreadPoolExecutor(threads.count()) as pool:
            found = [np.empty((0, 2), np.int64), *pool.map(self._compare, pairs)]
        return np.concatenate(found)

    def _compare(self, sides: tuple[Side, Side]) -> I64:
        """Links between what is asked and a part of the bank, each frame with each."""
        asked, bank = sides
        names = np.unique(np.concatenate([asked.group, bank.group]))
        groups = np.searchsorted(names, asked.group), np.searchsorted(names, bank.group)
        theirs, their_tiles = bank.frames.vectors(bank.rows), bank.frames.tiles(bank.rows)
        margin = rounding_margin(theirs.shape[1], self._unit_error)
        projection = find_projection(theirs, np.arange(len(theirs)))
        short = projection.shorten(theirs)
        parent, links, count = np.arange(len(names)), np.empty((len(names), 2), np.int64), 0
        step = max(1, _NUMBERS_AT_ONCE // len(theirs))
        for low in range(0, len(asked.rows), step):
            rows = asked.rows[low : low + step]
            mine, my_tiles = asked.frames.vectors(rows), asked.frames.tiles(rows)
            count = _join(
                projection.shorten(mine) @ short.T,
                np.float32(self._tau - margin),
                self._tau,
                mine,
                groups[0][low : low + step],
                theirs,
                groups[1],
                my_tiles.vectors,
                their_tiles.vectors,
                their_tiles.each,
                their_tiles.tau,
                parent,
                links,
                count,
            )
        return names[links[:count]]


def find_links(asked: Side, bank: Side, tau_cos: float, unit_error: float) -> I64:
    """See :meth:`Bank.links`, for a bank that is asked once."""
    if not len(bank.rows):
        return np.empty((0, 2), np.int64)
    return Bank(bank, tau_cos, unit_error).links(asked)


def _grouped(rows: I64, keys: I64, count: int) -> list[I64]:
    """The rows of each key from 0 on, in their order."""
    order = np.argsort(keys, kind="stable")
    return np.split(rows[order], np.searchsorted(keys[order], np.arange(1, count)))


@kernel
def _root(parent: I64, node: int) -> int:
    while parent[node] != node:
        parent[node] = parent[parent[node]]
        node = parent[node]
    return node


@kernel
def _join(
    bound: F32,
    least: np.float32,
    tau: np.float32,
    mine: F32,
    my_group: I64,
    theirs: F32,
    their_group: I64,
    my_tiles: F32,
    their_tiles: F32,
    each: int,
    tau_tile: np.float32,
    parent: I64,
    links: I64,
    count: int,
) -> int:
    """Link groups whose frames are copies and which do not hang together yet."""
    wide = 64
    for at in range(len(mine)):
        for low in range(0, len(theirs), wide):
            high = min(low + wide, len(theirs))
            near = 0
            for other in range(low, high):  # without a branch, so that it is done by vectors
                near += bound[at, other] >= least
            if near == 0:
                continue
            for other in range(low, high):
                if bound[at, other] < least:
                    continue
                one, two = _root(parent, my_group[at]), _root(parent, their_group[other])
                if one == two or dot_rows(mine, at, theirs, other) < tau:
                    continue
                if alike(my_tiles, at, their_tiles, other, each, tau_tile):
                    parent[max(one, two)] = min(one, two)
                    links[count, 0], links[count, 1] = my_group[at], their_group[other]
                    count += 1
    return count
