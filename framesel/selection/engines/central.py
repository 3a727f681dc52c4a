"""The frame in the middle: where a cold start begins."""

from __future__ import annotations

import numpy as np

from framesel.selection.candidates import Candidates


def most_central(candidates: Candidates) -> int:
    """The candidate closest to the mass-weighted mean, ties to the lowest row."""
    # Loaded late: settings of strategies are read without numba.
    from framesel.selection.vectors.row_sums import closest, weighted_sum

    mean = weighted_sum(candidates.vectors, candidates.mass.astype(np.float64))
    direction = (mean / max(float(np.linalg.norm(mean)), 1e-30)).astype(np.float32)
    return closest(candidates.vectors, direction)
