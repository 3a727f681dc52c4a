"""How wide a kernel should be: as wide as footage is dense, narrower once much is labelled."""

from __future__ import annotations

import numpy as np

from framesel.selection.coverage.neighbours import nearest_rows
from framesel.selection.vectors.arrays import F32, chord

NEIGHBOUR = 10
"""The width is the median distance to the neighbour of this rank."""

SAMPLE = 2_048
"""Frames that are asked for their neighbours: all, or so many, evenly spaced."""


def natural_width(vectors: F32, already: F32) -> float:
    """Median chord distance to the tenth nearest frame, or to the nearest labelled one if less.

    The second part is the shrinking of UHerding (Bae et al., "Uncertainty herding", ICLR 2025): the
    more is labelled, the finer are the differences that are left to cover. Up to ``SAMPLE`` frames
    it is exact, above it is that of an evenly spaced sample, against all frames.

    Args:
        vectors: (n, d) float32 unit rows, n >= 1.
        already: (m, d) float32 unit rows.
    """
    n = len(vectors)
    count = min(n, SAMPLE)
    sample = np.ascontiguousarray(vectors[np.arange(count) * n // count])
    # The first neighbour of a frame is itself, or a copy.
    rank = min(NEIGHBOUR + 1, n)
    width = _median_distance(nearest_rows(sample, vectors, rank)[1])
    if not len(already):
        return width
    return min(width, _median_distance(nearest_rows(sample, already, 1)[1]))


def _median_distance(cosines: F32) -> float:
    """Median over rows of the distance in the last column."""
    return float(np.median(chord(cosines[:, -1])))
