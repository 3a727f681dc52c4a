"""Principal axes of the frames of both sides, blind to which side a frame is of."""

from __future__ import annotations

import numpy as np

from framesel.drift.footage import F32, F64

MOST = 32
"""Axes at most."""

_SHARE = 0.95
_LEAST_RATIO = 1e-6


def principal(vectors: F32, weights: F64, most: int = MOST) -> F64:
    """Coordinates on the axes along which the frames differ most, each of variance 1.

    Axes are taken until they hold 95 % of the variance. Signs are settled, so that equal input
    gives equal output.

    Args:
        vectors: (n, d).
        weights: (n,) how much each frame counts.
        most: Axes at most.

    Returns:
        (n, c) float64, 1 <= c <= most; the axis of most variance first. Frames that are all the
        same have one axis, on which all are at 0.
    """
    share = weights / weights.sum()
    centred = vectors.astype(np.float64)
    centred -= share @ centred
    values, axes = np.linalg.eigh((centred * share[:, None]).T @ centred)
    values, axes = np.maximum(values[::-1], 0.0), axes[:, ::-1]
    if values[0] <= 0.0:
        return np.zeros((len(vectors), 1))
    held = np.cumsum(values) / values.sum()
    count = min(int(np.searchsorted(held, _SHARE)) + 1, most)
    count = min(count, int((values > _LEAST_RATIO * values[0]).sum()))
    largest = axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])]
    turned = axes * np.where(largest < 0, -1.0, 1.0)
    found: F64 = centred @ turned[:, :count] / np.sqrt(values[:count])
    return found
