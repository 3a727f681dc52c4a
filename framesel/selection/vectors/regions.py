"""Space cut into regions so that all that is near a row is found in the region of the row.

A region is what planes across the leading directions leave (a k-d tree: Bentley, CACM 1975). A row
is at home in one region and reaches into others: all those that come within a distance of it. Put
the rows of a bank wherever they reach, ask for a row where it is at home, and no near pair is
missed, whatever the cuts are: they are made where few rows are, from a sample.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from framesel.selection.vectors.arrays import F32, I32, I64
from framesel.selection.vectors.dot import kernel

DIRECTIONS: Final = 16
QUANTILES: Final = np.linspace(0.3, 0.7, 9)
"""Where cuts are tried: neither side gets less than the first of these."""
MOST_SHARED: Final = 0.25
"""A cut that more of the rows reach across is not made."""
_SLACK: Final = 1e-4
"""More than float32 can err in a coordinate."""


@dataclass(frozen=True, eq=False)
class Regions:
    """A tree of cuts.

    Attributes:
        basis: (d, p) float32 orthonormal columns: the directions that cuts go across.
        axis: (m,) int32 direction that node i cuts; -1 for a region.
        at: (m,) float32 where; rows below go to the lower side.
        lower: (m,) int32 node of the lower side, or the region's number.
        upper: (m,) int32 node of the upper side.
        count: How many regions there are.
    """

    basis: F32
    axis: I32
    at: F32
    lower: I32
    upper: I32
    count: int

    def home(self, vectors: F32) -> I64:
        """(n,) int64 number of the region that each of (n, d) unit rows is at home in."""
        return self._descend(vectors, np.float32(0.0))[1]

    def reached(self, vectors: F32, reach: float) -> tuple[I64, I64]:
        """The regions that come within a distance of each row, its home among them.

        Args:
            vectors: (n, d) float32 unit rows.
            reach: Distance between unit vectors (a chord).

        Returns:
            (m,) int64 rows, rising, and (m,) int64 regions.
        """
        return self._descend(vectors, np.float32(reach + _SLACK))

    def _descend(self, vectors: F32, reach: np.float32) -> tuple[I64, I64]:
        along = vectors @ self.basis
        tree = (self.axis, self.at, self.lower, self.upper)
        limits = np.zeros(len(vectors) + 1, np.int64)
        _descend(*tree, along, reach, limits, np.empty(0, np.int64))
        np.cumsum(limits, out=limits)
        regions = np.empty(limits[-1], np.int64)
        _descend(*tree, along, reach, limits, regions)
        return np.repeat(np.arange(len(vectors)), np.diff(limits)), regions


def find_regions(sample: F32, total: int, room: int, reach: float) -> Regions:
    """Cut space until no region holds more rows than it has room for, as far as cuts are cheap.

    Args:
        sample: (s, d) float32 unit rows, about evenly drawn from all.
        total: How many there are of all.
        room: Rows that a region may hold.
        reach: Distance that rows reach.
    """
    basis = _leading(sample) if total > room else np.empty((sample.shape[1], 0), np.float32)
    nodes: list[tuple[int, float, int, int]] = []
    regions = 0
    least = room * len(sample) / max(1, total)
    open_ = [sample @ basis]
    # Breadth first: the node that a child will get is known when its parent is written.
    while len(nodes) < len(open_):
        here = open_[len(nodes)]
        axis, at = _best_cut(here, reach) if len(here) > least else (-1, 0.0)
        if axis < 0:
            nodes.append((-1, 0.0, regions, 0))
            regions += 1
            continue
        nodes.append((axis, at, len(open_), len(open_) + 1))
        low = here[:, axis] < np.float32(at)
        open_ += [here[low], here[~low]]
    axes, cuts, lower, upper = zip(*nodes, strict=True)
    ints = (np.array(column, np.int32) for column in (axes, lower, upper))
    axis_, lower_, upper_ = ints
    return Regions(basis, axis_, np.array(cuts, np.float32), lower_, upper_, regions)


def _leading(sample: F32) -> F32:
    """(d, p) the directions in which rows differ most."""
    beside = sample - sample.mean(axis=0)
    _, directions = np.linalg.eigh(beside.T @ beside)  # by rising variance
    return np.ascontiguousarray(directions[:, ::-1][:, :DIRECTIONS], dtype=np.float32)


def _best_cut(along: F32, reach: float) -> tuple[int, float]:
    """The cut that the fewest rows reach across; axis -1 where all cuts are too dear."""
    best = (-1, 0.0)
    fewest = MOST_SHARED
    for axis in range(along.shape[1]):
        for at in np.quantile(along[:, axis], QUANTILES).astype(np.float32).tolist():
            shared = float((np.abs(along[:, axis] - at) <= reach).mean())
            below = float((along[:, axis] < np.float32(at)).mean())
            if shared < fewest and QUANTILES[0] / 2 <= below <= 1 - QUANTILES[0] / 2:
                best, fewest = (axis, at), shared
    return best


@kernel
def _descend(
    axis: I32,
    at: F32,
    lower: I32,
    upper: I32,
    along: F32,
    reach: np.float32,
    limits: I64,
    regions: I64,
) -> None:
    """Count the regions of each row into ``limits[1:]``, or write them where there is space.

    Without a reach a row is at home on one side of each cut alone.
    """
    stack = np.empty(len(axis) + 1, np.int64)
    for row in range(len(along)):
        found = 0
        stack[0] = 0
        depth = 1
        while depth:
            depth -= 1
            node = stack[depth]
            if axis[node] < 0:
                if len(regions):
                    regions[limits[row] + found] = lower[node]
                found += 1
                continue
            beyond = along[row, axis[node]] - at[node]
            if reach <= np.float32(0.0):
                stack[depth] = lower[node] if beyond < np.float32(0.0) else upper[node]
                depth += 1
                continue
            if beyond >= -reach:
                stack[depth] = upper[node]
                depth += 1
            if beyond < reach:
                stack[depth] = lower[node]
                depth += 1
        if not len(regions):
            limits[row + 1] = found
