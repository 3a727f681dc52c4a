"""From what a model says to a distribution over classes and background.

C independent yes-or-no answers with probabilities p_c, given that at most one of them is yes, make
the distribution ``q_c = o_c / (1 + sum o)`` with the odds ``o_c = p_c / (1 - p_c)`` and
``q_background = 1 / (1 + sum o)``. With logits that is ``softmax([z_1 … z_C, 0])``: exact, without
a parameter, and ``(p, 1 - p)`` for a single class. Background stands last.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logit

from framesel.errors import UsageError

Array = NDArray[Any]

_FAR = 1e30
"""Stands for an infinite logit: differences of two of them are finite in float32."""

_SUM_TOLERANCE = 1e-2
"""How far from one a distribution may sum: float16 over a thousand classes is off by that."""


def with_background(logits: ArrayLike) -> Array:
    """Distribution over the classes and background.

    Args:
        logits: (..., C) class logits relative to background. Infinite ones are the limit: classes
            at plus infinity share everything.

    Returns:
        (..., C + 1) that sums to one over the last axis; float64 for float64, else float32.

    Raises:
        UsageError: A logit is nan, or there is no class.
    """
    z = _floats(logits, "logits")
    if np.isnan(z).any():
        raise UsageError("logits hold nan; the detector's weights are broken, give others")
    z = np.clip(z, -_FAR, _FAR)
    top = np.maximum(z.max(axis=-1, keepdims=True), 0.0)
    odds = np.concatenate([np.exp(z - top), np.exp(-top)], axis=-1)
    q: Array = odds / odds.sum(axis=-1, keepdims=True)
    return q


def from_scores(scores: ArrayLike) -> Array:
    """Distribution over the classes and background from independent class scores.

    Args:
        scores: (..., C) probabilities of independent yes-or-no answers, 0 and 1 included.

    Returns:
        (..., C + 1) that sums to one over the last axis; float64 for float64, else float32.

    Raises:
        UsageError: A score lies outside [0, 1] or is nan, or there is no class.
    """
    return with_background(logit(checked_scores(scores)))


def checked_scores(scores: ArrayLike) -> Array:
    """The scores as floats, after a check that each is a probability.

    Args:
        scores: (..., C), each in [0, 1].

    Returns:
        The same values; float64 for float64, else float32.

    Raises:
        UsageError: A score lies outside [0, 1] or is nan, or there is no class.
    """
    p = _floats(scores, "scores")
    if p.size and not (p.min() >= 0.0 and p.max() <= 1.0):
        raise UsageError(
            f"scores must lie in [0, 1], these reach from {p.min():.6g} to {p.max():.6g}; "
            "for logits use framesel.uncertainty.with_background"
        )
    return p


def checked_distribution(q: ArrayLike) -> Array:
    """The distributions as floats, after a check that they are some.

    Args:
        q: (..., C), each in [0, 1], summing to one over the last axis.

    Returns:
        The same values; float64 for float64, else float32.

    Raises:
        UsageError: Something is nan, negative, or does not sum to one.
    """
    p = checked_scores(q)
    sums = p.sum(axis=-1)
    off = float(np.abs(sums - 1.0).max()) if sums.size else 0.0
    if off > _SUM_TOLERANCE:
        raise UsageError(
            f"distributions must sum to one over the last axis, one is off by {off:.3g}; "
            "independent scores become distributions with framesel.uncertainty.from_scores"
        )
    return p


def _floats(values: ArrayLike, name: str) -> Array:
    """float64 stays, everything else becomes float32; the last axis must hold a class."""
    given = np.asarray(values)
    if given.ndim == 0 or given.shape[-1] == 0:
        raise UsageError(f"{name} must have the classes on the last axis, got shape {given.shape}")
    return given.astype(np.float64 if given.dtype == np.float64 else np.float32, copy=False)
