"""What a frame is among the others: typical, in the thick of them, or unlike all that is labelled.

Whether dense or sparse regions should come first is disputed. Settles and Craven (2008) prefer the
dense ones, since what is learnt there serves many frames; rare events, which some texts prefer, lie
in the sparse ones. The sign of ``beta`` decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.uncertainty.neighbours import check_vectors, nearest

Array = NDArray[Any]
F32 = NDArray[np.float32]
FARTHEST = 2.0  # the longest distance between unit vectors
_CLOSEST = 1e-5  # as in TypiClust's code; keeps exact duplicates finite


def density(vectors: Array, *, beta: float = 1.0, mass: Array | None = None) -> F32:
    """Information density: ((1 + mean cosine to all frames) / 2) ** beta.

    For unit vectors the mean of the cosines is the cosine with the mean, so this is exact in
    O(n d). To be multiplied with an informativeness (Settles and Craven, 2008, equation 13).

    Args:
        vectors: (n, d) unit rows.
        beta: Over 0 dense regions score high, under 0 sparse ones; 0 is 1 everywhere.
        mass: (n,) frames that each stands for, itself included; left out: 1 each.

    Returns:
        (n,) float32: in [0, 1] for ``beta`` >= 0, at least 1 for ``beta`` < 0.

    Raises:
        UsageError: The masses are not (n,) and positive.
    """
    rows = check_vectors(vectors)
    if not len(rows):
        return np.zeros(0, np.float32)
    weights = np.ones(len(rows)) if mass is None else np.asarray(mass, np.float64)
    if weights.shape != (len(rows),) or not (weights > 0).all() or np.isinf(weights).any():
        raise UsageError(f"density: mass must be {len(rows)} positive numbers, one for each vector")
    return density_about((weights / weights.sum()) @ rows.astype(np.float64), rows, beta=beta)


def density_about(mean: Array, vectors: Array, *, beta: float = 1.0) -> F32:
    """``density`` of frames where the mean of all is known.

    Args:
        mean: (d,) of all unit rows.
        vectors: (n, d) unit rows: all of them, or some.
        beta: See ``density``.
    """
    # Away from 0, so that a negative exponent stays finite.
    thickness = np.clip((1.0 + vectors @ mean) / 2.0, 1e-6, 1.0)
    dense: F32 = (thickness**beta).astype(np.float32)
    return dense


def typicality(vectors: Array, k: int = 20) -> F32:
    """Typicality: 1 / mean distance to the k nearest frames (TypiClust: Hacohen et al., 2022).

    Args:
        vectors: (n, d) unit rows.
        k: Neighbours; all others where there are fewer.

    Returns:
        (n,) float32, over 0; nan for a single frame.

    Raises:
        UsageError: ``k`` is under 1.
    """
    if k < 1:
        raise UsageError(f"typicality: k must be at least 1, not {k}")
    return typical(nearest(vectors, k)[1])


def typical(cosine: Array) -> F32:
    """``typicality`` of frames whose nearest are known.

    Args:
        cosine: (n, k) with each of the nearest.

    Returns:
        (n,) float32, over 0; nan where k is 0.
    """
    if not cosine.shape[1]:
        return np.full(len(cosine), np.nan, np.float32)
    found: F32 = (1.0 / (_distance(cosine).mean(axis=1) + _CLOSEST)).astype(np.float32)
    return found


def novelty(vectors: Array, labelled: Array) -> F32:
    """Distance to the nearest labelled frame: sqrt(2 - 2 cos) (core-set: Sener and Savarese, 2018).

    Args:
        vectors: (n, d) unit rows.
        labelled: (l, d) unit rows; none: everything is as new as can be.

    Returns:
        (n,) float32 in [0, 2].
    """
    if not len(labelled):
        return np.full(len(vectors), FARTHEST, np.float32)
    _, cosine = nearest(vectors, 1, labelled)
    return _distance(cosine)[:, 0]


def _distance(cosine: Array) -> F32:
    # Rounding may bring the cosine of copies over 1.
    away: F32 = np.sqrt(np.maximum(2.0 - 2.0 * cosine, 0.0))
    return away
