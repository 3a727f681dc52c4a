"""From the scores of boxes to the score of a picture."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from framesel.errors import UsageError
from framesel.uncertainty.boxes import F32, I64

F64 = NDArray[np.float64]
How = Literal["max", "mean", "sum", "top_mean", "noisy_or", "class_weighted_sum"]


def aggregate(
    values: ArrayLike,
    offsets: ArrayLike,
    how: How = "top_mean",
    *,
    m: int = 10,
    empty: ArrayLike = np.nan,
    weights: ArrayLike | None = None,
) -> F32:
    """One number for each picture from those of its boxes.

    ``max`` follows the one worst box, noise included. ``mean`` drowns a rare hard box among easy
    ones. ``sum`` and ``class_weighted_sum`` favour crowded pictures. ``top_mean`` lies between: the
    mean of the m largest, where a box that is not there counts as 0, so that one doubtful box is
    less than ten of them, and a hundred are no more. (The mean of those that are there ranks a
    picture with a single doubtful box above one with many; on the drone clips it tells frames with
    errors far worse.) ``noisy_or`` is 1 - prod(1 - value): the probability that any box is wrong,
    if the values are those of independent errors.

    Args:
        values: (k,) scores; nan where a box has none: it is left out.
        offsets: (n + 1,) the boxes of picture i are rows offsets[i] to offsets[i + 1].
        how: See above.
        m: For ``top_mean``.
        empty: What a picture without a (scored) box gets: a number, or (n,) of them.
        weights: (k,) for ``class_weighted_sum``, see :func:`class_weights`.

    Returns:
        (n,) float32.

    Raises:
        UsageError: The shapes do not fit, or ``noisy_or`` is asked of what is no probability.
    """
    value, bounds = _checked(values, offsets, how, m, weights)
    if weights is not None:
        value = value * np.asarray(weights, np.float64)
    n = len(bounds) - 1
    picture = np.repeat(np.arange(n), np.diff(bounds))
    scored = ~np.isnan(value)
    if not scored.all():
        value, picture = value[scored], picture[scored]
    count = np.bincount(picture, minlength=n)
    result = _HOW[how](value, picture, count, m)
    return np.where(count > 0, result, np.asarray(empty, np.float64)).astype(np.float32)


def class_weights(class_no: ArrayLike, counts: ArrayLike) -> F64:
    """Weights that favour the classes of which little is labelled: (N + C) / (n_c + 1).

    A class of which nothing is labelled weighs most (Brust et al., VISAPP 2019).

    Args:
        class_no: (k,) class of each box.
        counts: (C,) labelled boxes n_c of each class; N is their sum.

    Returns:
        (k,) float64.

    Raises:
        UsageError: A count is negative, or a class lacks one.
    """
    classes, known = np.asarray(class_no, np.int64), np.asarray(counts, np.float64)
    if known.ndim != 1 or not (known >= 0).all():
        raise UsageError("counts must be one number of labelled boxes, 0 or more, for each class")
    if classes.size and not (classes.min() >= 0 and classes.max() < len(known)):
        raise UsageError(
            f"boxes have classes {classes.min()} to {classes.max()}, counts are given for "
            f"{len(known)}: give one count for each class of the detector"
        )
    weights: F64 = ((known.sum() + len(known)) / (known + 1.0))[classes]
    return weights


def _checked(
    values: ArrayLike, offsets: ArrayLike, how: str, m: int, weights: ArrayLike | None
) -> tuple[F64, I64]:
    """Values and offsets as arrays.

    Raises:
        UsageError: Something does not fit.
    """
    value, bounds = np.asarray(values, np.float64), np.asarray(offsets, np.int64)
    if how not in _HOW:
        raise UsageError(f"no aggregation is called {how!r}; there are {', '.join(get_args(How))}")
    if value.ndim != 1 or bounds.ndim != 1 or not len(bounds):
        raise UsageError(f"values {value.shape} and offsets {bounds.shape} must be rows of numbers")
    if bounds[0] != 0 or bounds[-1] != len(value) or (np.diff(bounds) < 0).any():
        raise UsageError(
            f"offsets must rise from 0 to the number of values, {len(value)}; they go from "
            f"{bounds[0]} to {bounds[-1]}"
        )
    if m < 1:
        raise UsageError(f"m must be at least 1, not {m}")
    if (weights is None) == (how == "class_weighted_sum"):
        raise UsageError("weights belong to class_weighted_sum, and to nothing else")
    if weights is not None and np.shape(weights) != value.shape:
        raise UsageError(f"{len(value)} values need as many weights, got shape {np.shape(weights)}")
    if how == "noisy_or" and ((value < 0.0) | (value > 1.0)).any():
        raise UsageError("noisy_or is for values in [0, 1]; take top_mean, or scale them first")
    return value, bounds


def _sum(value: F64, picture: I64, count: I64, m: int) -> F64:
    total: F64 = np.bincount(picture, value, len(count)).astype(np.float64, copy=False)
    return total


def _mean(value: F64, picture: I64, count: I64, m: int) -> F64:
    return _sum(value, picture, count, m) / np.maximum(count, 1)


def _max(value: F64, picture: I64, count: I64, m: int) -> F64:
    most = np.full(len(count), -np.inf)
    some = count > 0
    if some.any():
        most[some] = np.maximum.reduceat(value, (np.cumsum(count) - count)[some])
    return most


def _top_mean(value: F64, picture: I64, count: I64, m: int) -> F64:
    # Loaded late: the other ways do without numba.
    from framesel.uncertainty.box_kernels import top_means

    means = np.empty(len(count))
    best = np.empty(min(m, int(count.max(initial=1))))
    top_means(value, np.concatenate([[0], np.cumsum(count)]), m, best, means)
    return means


def _noisy_or(value: F64, picture: I64, count: I64, m: int) -> F64:
    with np.errstate(divide="ignore"):  # a certain error makes the product 0
        none = _sum(np.log1p(-value), picture, count, m)
    return 0.0 - np.expm1(none)


_HOW = {
    "max": _max,
    "mean": _mean,
    "sum": _sum,
    "top_mean": _top_mean,
    "noisy_or": _noisy_or,
    "class_weighted_sum": _sum,
}
