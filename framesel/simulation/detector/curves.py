"""What a detector knows against what was labelled: curves, their area, where they reach a level.

All functions take many curves at once: the samples of a bootstrap are rows beside the curve itself.
"""

from __future__ import annotations

import numpy as np

from framesel.selection.vectors.arrays import F64


def isotonic(values: F64) -> F64:
    """The nearest curves that never fall, by least squares (pool adjacent violators).

    Written out as max over i <= k of min over j >= k of the mean of values i to j (Barlow et al.,
    "Statistical Inference under Order Restrictions", 1972, theorem 1.4), which takes many curves at
    once; they have few points.

    Args:
        values: (..., k).

    Returns:
        The same shape; nan throughout a curve that has any.
    """
    count = values.shape[-1]
    before = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, axis=-1)], -1)
    fitted = np.empty(values.shape)
    for k in range(count):
        best = np.full(values.shape[:-1], -np.inf)
        for i in range(k + 1):
            lengths = np.arange(k, count) + 1 - i
            means = (before[..., k + 1 :] - before[..., i, None]) / lengths
            best = np.maximum(best, means.min(axis=-1))
        fitted[..., k] = best
    return fitted


def area(amounts: F64, values: F64) -> F64:
    """Mean height of curves over the logarithm of what was labelled, by the trapezoid rule.

    Args:
        amounts: (k,) rising, above 0.
        values: (..., k).

    Returns:
        (...,); with one point its value.
    """
    if len(amounts) == 1:
        return np.asarray(values[..., 0], np.float64)
    logs = np.log(amounts)
    whole = np.trapezoid(values, logs, axis=-1) / (logs[-1] - logs[0])
    return np.asarray(whole, np.float64)


def needed(amounts: F64, curves: F64, level: F64) -> F64:
    """How much was labelled when curves reached a level, log-linear between their points.

    Args:
        amounts: (b, k) rising within a row, above 0.
        curves: (b, k) never falling within a row.
        level: (b,).

    Returns:
        (b,): the first amount where the curve starts at the level or above it (it may have been
        there before), infinite where it never gets there.
    """
    reached = curves >= level[:, None]
    at = reached.argmax(axis=1)
    rows, before = np.arange(len(curves)), np.maximum(at - 1, 0)
    low, high = curves[rows, before], curves[rows, at]
    rise = np.where(high > low, high - low, 1.0)
    part = np.where(at > 0, (level - low) / rise, 0.0)
    log_low, log_high = np.log(amounts[rows, before]), np.log(amounts[rows, at])
    found: F64 = np.where(at > 0, np.exp(log_low + part * (log_high - log_low)), amounts[:, 0])
    return np.where(reached.any(axis=1), found, np.inf)
