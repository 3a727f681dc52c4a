"""Kinds of pictures that are more frequent in new footage than in known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from framesel.drift.compare import Compared
from framesel.drift.footage import F64, Both
from framesel.drift.histograms import rates
from framesel.selection.engines.k_means import k_means

MOST = 20
"""Kinds that frames of both sides together are grouped into, at most: the square root of the number
of pieces, so that several share a kind."""

_EPS = 1e-9


@dataclass(frozen=True)
class Region:
    """Frames that look alike, and come more often than before.

    Attributes:
        new: Share of the new footage.
        known: Share of the known footage.
        videos: New videos that have such frames.
        p_adjusted: That chance alone brings such a difference to any region.
        example: Name of a new video, and the second of the frame that stands for them.
    """

    new: float
    known: float
    videos: int
    p_adjusted: float
    example: tuple[str, float]

    def json(self) -> dict[str, Any]:
        """For the report."""
        name, second = self.example
        return {**vars(self), "example": {"video": name, "t_s": second}}


def regions(both: Both, compared: Compared, seed: int) -> tuple[Region, ...]:
    """The regions that hold more of the new footage than chance explains, the most grown first.

    Frames of both sides are grouped by spherical k-means, blind to their sides; what is compared
    is the share of each piece, under the arrangements of the tests. The largest difference over
    all regions is what chance is asked for, in units of each region's spread (Westfall & Young's
    max-T), so that many regions do not make one of them remarkable.

    Args:
        both: Both sides.
        compared: How they were compared.
        seed: Of the grouping.
    """
    some = compared.sample
    kinds = min(MOST, max(2, round(len(some.is_new) ** 0.5)))
    cells = k_means(some.vectors, kinds, np.random.default_rng(seed), weights=some.weights)
    shares = rates(cells.cell_of, some.of, some.size, len(cells.centres))
    side = compared.arrangements.side
    new = side @ shares / side[0].sum()
    known = (1.0 - side) @ shares / (1.0 - side[0]).sum()
    growth = _standard(new - known)
    largest = np.sort(growth.max(axis=1))
    found = []
    for cell in np.flatnonzero(new[0] > known[0]).tolist():
        as_large = len(largest) - int(np.searchsorted(largest, growth[0, cell] - _EPS))
        adjusted = as_large / len(largest)
        if adjusted <= compared.alpha:
            mine = np.flatnonzero((cells.cell_of == cell) & some.is_new[some.of])
            rows = some.rows[mine]
            best = rows[np.argmax(cells.cos[mine])]
            found.append(
                Region(
                    float(new[0, cell]),
                    float(known[0, cell]),
                    len(np.unique(both.video[rows])),
                    adjusted,
                    (both.names[both.video[best]], float(both.t_s[best])),
                )
            )
    return tuple(sorted(found, key=lambda one: one.known - one.new))


def _standard(growth: F64) -> F64:
    """(a, k) each column in units of its spread over the arrangements."""
    spread = growth.std(axis=0)
    found: F64 = np.where(spread > _EPS, growth / np.where(spread > _EPS, spread, 1.0), 0.0)
    return found
