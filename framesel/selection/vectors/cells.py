"""Space cut into cells so that all that is near a row is found in the cell of the row: exact.

A cell is what lies nearest to one of some centres (the coarse quantizer of an inverted file: Sivic
& Zisserman, ICCV 2003). A row is at home in one cell and reaches into others: all whose border
comes within a distance of it. Put the rows of a bank wherever they reach, ask for a row where it is
at home, and no near pair is missed, wherever the centres are: for y at home in cell b and x in cell
a, ``(x - y).(a - b) >= x.a - x.b``, so that y is near x only if ``x.a - x.b <= |x - y| |a - b|``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from framesel.selection.vectors.arrays import F32, I64
from framesel.selection.vectors.dot import kernel

ROUNDS: Final = 8
"""Of k-means: borders need not be the best ones."""
_SLACK: Final = 1e-4
"""More than float32 can err in a difference of two inner products."""
_NUMBERS_AT_ONCE: Final = 2**23


@dataclass(frozen=True, eq=False)
class Cells:
    """Centres of cells.

    Attributes:
        centres: (k, d) float32 unit rows.
        apart: (k, k) float32 distances between them.
    """

    centres: F32
    apart: F32

    def __len__(self) -> int:
        return len(self.centres)

    def home(self, vectors: F32) -> I64:
        """(n,) int64 cell that each of (n, d) unit rows is at home in."""
        found = [near.argmax(axis=1) for near in self._products(vectors)]
        return np.concatenate([np.empty(0, np.int64), *found])

    def reached(self, vectors: F32, reach: float) -> tuple[I64, I64]:
        """The cells that come within a distance of each row, its home among them.

        Args:
            vectors: (n, d) float32 unit rows.
            reach: Distance between unit vectors (a chord).

        Returns:
            (m,) int64 rows, rising, and (m,) int64 cells.
        """
        rows, cells, low = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
        for near in self._products(vectors):
            mask = np.empty(near.shape, np.bool_)
            _reached(near, self.apart, np.float32(reach), np.float32(_SLACK), mask)
            row, cell = np.nonzero(mask)
            rows.append(low + row)
            cells.append(cell)
            low += len(near)
        return np.concatenate(rows), np.concatenate(cells)

    def _products(self, vectors: F32) -> Iterator[F32]:
        step = max(1, _NUMBERS_AT_ONCE // len(self))
        for low in range(0, len(vectors), step):
            yield vectors[low : low + step] @ self.centres.T


def find_cells(sample: F32, wanted: int, reach: float) -> Cells:
    """Cells that make looking for near rows cheap.

    As many as wanted, or a quarter of that, and so on: where rows reach into very many cells, fewer
    are better.

    Args:
        sample: (s, d) float32 unit rows, about evenly drawn from the bank.
        wanted: How many cells, at most.
        reach: Distance that rows reach.
    """
    best, least = _alone(sample), 1.0
    count = min(wanted, len(sample) // 8)
    while count > 1:
        cells = _trained(sample, count)
        home = np.bincount(cells.home(sample), minlength=len(cells)) / len(sample)
        there = np.bincount(cells.reached(sample, reach)[1], minlength=len(cells)) / len(sample)
        cost = float(home @ there)
        if cost < least:
            best, least = cells, cost
        if least < 4.0 / count:
            break
        count //= 4
    return best


def _alone(sample: F32) -> Cells:
    """One cell."""
    centre = np.zeros((1, sample.shape[1]), np.float32)
    centre[0, 0] = 1.0
    return Cells(centre, np.zeros((1, 1), np.float32))


def _trained(sample: F32, count: int) -> Cells:
    import faiss

    means = faiss.Kmeans(
        sample.shape[1], count, niter=ROUNDS, seed=1, spherical=True, min_points_per_centroid=1
    )
    means.train(sample)
    centres = np.ascontiguousarray(means.centroids, dtype=np.float32)
    squares = np.einsum("ij,ij->i", centres, centres, dtype=np.float64)
    between = squares[:, None] + squares[None] - 2.0 * (centres @ centres.T).astype(np.float64)
    return Cells(centres, np.sqrt(np.maximum(between, 0.0)).astype(np.float32))


@kernel
def _reached(near: F32, apart: F32, reach: np.float32, slack: np.float32, mask: np.ndarray) -> None:
    """Mark the cells whose border with the home of a row is within reach of it."""
    for row in range(len(near)):
        home = np.argmax(near[row])
        best = near[row, home]
        for cell in range(near.shape[1]):
            mask[row, cell] = best - near[row, cell] <= reach * apart[home, cell] + slack
