"""The rows that are most like each row, of more rows than memory holds, in near linear time.

Centres of a sample cut space into cells (the coarse quantizer of an inverted file: Jégou, Douze &
Schmid, "Product quantization for nearest neighbor search", PAMI 33, 2011). A row is compared with
those of its own cell and of the cells with the nearest centres. Who is compared with whom follows
from the rows alone, and inner products are the package's own: the answer is equal everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from framesel.selection.coverage.neighbours import nearest_rows
from framesel.selection.engines.k_means import assign, k_means
from framesel.selection.vectors.arrays import F32, I64, Rows

ROOM: Final = 1_024
"""Rows of a cell, about."""
PROBED: Final = 8
"""Cells that a row is compared with."""
_SAMPLED: Final = 16
"""Rows of the sample for each centre."""
_ROUNDS: Final = 4
_ROWS_AT_ONCE: Final = 65_536


class Alike(NamedTuple):
    """Some rows, and those that are like them.

    Attributes:
        rows: (r,) int64.
        near: (r, k) int64 rows that are most like each, the most similar first; itself is none.
        cosine: (r, k) float32.
    """

    rows: I64
    near: I64
    cosine: F32


@dataclass(frozen=True, eq=False)
class Cells:
    """Rows by cells.

    Attributes:
        order: (n,) int64 rows, cell by cell, those of a cell rising.
        ends: (c + 1,) int64 where in ``order`` each cell begins, and where the last ends.
        near: (c, p) int64 cells with the nearest centres, for each cell.
    """

    order: I64
    ends: I64
    near: I64


def all_alike(vectors: F32, k: int) -> Iterator[Alike]:
    """Each row with the ``k`` that are most like it, exactly: all are compared with all.

    Args:
        vectors: (n, d) float32 unit rows.
        k: At least 1; where there are fewer other rows, so many.

    Yields:
        All rows, some at a time.
    """
    everything = np.arange(len(vectors))
    for low in range(0, len(vectors), _ROWS_AT_ONCE):
        yield _compared(everything[low : low + _ROWS_AT_ONCE], everything, vectors, k)


def cut(vectors: Rows, seed: int = 0) -> Cells:
    """Puts rows into cells of about ``ROOM``, or of √(n / PROBED) where that is more.

    Time: about n √(n PROBED) inner products for very many rows, n²/ROOM for fewer.

    Args:
        vectors: They are read twice, in order.
        seed: Of the draw of the first centres.
    """
    n = len(vectors)
    wanted = max(1, round(n / max(ROOM, (n / PROBED) ** 0.5)))
    sample = vectors[np.arange(0, n, max(1, n // (_SAMPLED * wanted)))]
    drawn = np.random.default_rng(seed)
    centres = k_means(sample, wanted, drawn, rounds=_ROUNDS).centres
    home = np.empty(n, np.int64)
    for low in range(0, n, _ROWS_AT_ONCE):
        part = slice(low, min(low + _ROWS_AT_ONCE, n))
        home[part] = assign(vectors[part], centres).cell_of
    ends = np.concatenate([[0], np.cumsum(np.bincount(home, minlength=len(centres)))])
    near = nearest_rows(centres, centres, min(PROBED, len(centres)))[0].astype(np.int64)
    return Cells(np.argsort(home, kind="stable"), ends, near)


def alike_in_cells(cells: Cells, ordered: Rows, k: int) -> Iterator[Alike]:
    """Each row with the ``k`` that are most like it, of those in its cell and in cells beside it.

    Where a cell holds more than ``ROOM`` rows by far, as that of ten thousand black pictures does,
    so many of it are compared, evenly spread, and those that come before and after the row.

    Args:
        cells: Of ``cut``.
        ordered: The same rows in the order of the cells.
        k: At least 1; a row that has fewer to compare with gets fewer.

    Yields:
        All rows, some at a time; memory for ``PROBED`` cells is taken.
    """
    room = 2 * max(ROOM, len(ordered) // max(1, len(cells.near)))
    for cell, near in enumerate(cells.near.tolist()):
        spread = [_spread(cells.ends[one], cells.ends[one + 1], room) for one in near]
        beside = np.concatenate(spread)
        for low in range(cells.ends[cell], cells.ends[cell + 1], room):
            mine = np.arange(low, min(low + room, cells.ends[cell + 1]))
            bank = np.union1d(mine, beside)
            found = _compared(np.searchsorted(bank, mine), bank, ordered[bank], k)
            yield Alike(cells.order[found.rows], cells.order[found.near], found.cosine)


def _spread(low: int, high: int, most: int) -> I64:
    """So many numbers of a range at most, evenly spread."""
    return np.unique(np.linspace(low, high, min(high - low, most), False).astype(np.int64))


def _compared(places: I64, names: I64, bank: F32, k: int) -> Alike:
    """Some rows of a bank with those that are most like them, by the names of its rows."""
    wanted = min(k + 1, len(bank))
    near, cosine = nearest_rows(bank[places], bank, wanted)
    own = near == places[:, None]
    own[~own.any(axis=1), -1] = True  # it has so many copies that it is not among the first itself
    others = (len(places), wanted - 1)
    return Alike(names[places], names[near[~own].reshape(others)], cosine[~own].reshape(others))
