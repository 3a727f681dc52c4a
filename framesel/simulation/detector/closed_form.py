"""Ridge regression with weights, and probabilities from its scores."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from framesel.selection.vectors.arrays import F32, F64, I64

STEPS: Final = 50
SHARPEST: Final = 50.0
ENOUGH: Final = 1e-9


def with_one(x: F32) -> F32:
    """(m, d) to (m, d + 1): the last column is one."""
    return np.concatenate([x, np.ones((len(x), 1), np.float32)], axis=1)


def ridge(x: F32, y: NDArray[np.floating], weight: F64, penalty: float) -> F32:
    """argmin_B sum_i w_i ||y_i - B' x_i||^2 + penalty * tr(X'WX) / d * ||B||^2.

    The last row of B, which belongs to the column of ones, is not penalised.

    Args:
        x: (m, d) with a last column of ones.
        y: (m, c)
        weight: (m,) not negative.
        penalty: Relative to the mean variance, so that it means the same for every sample.

    Returns:
        (d, c) float32.
    """
    from scipy.linalg.blas import ssyrk

    root = np.sqrt(weight).astype(np.float32)[:, None]
    rooted = x * root
    half = ssyrk(1.0, rooted.T).astype(np.float64)  # the upper triangle: half of the work
    gram = half + np.triu(half, 1).T
    d = len(gram)
    spread = np.trace(gram[:-1, :-1]) / max(d - 1, 1)
    gram[np.arange(d - 1), np.arange(d - 1)] += penalty * max(spread, 1e-12)
    gram[-1, -1] += 1e-12
    goal = rooted.T @ (y * root).astype(np.float32)
    solved: F32 = np.linalg.solve(gram, goal.astype(np.float64)).astype(np.float32)
    return solved


def folds(groups: I64, count: int) -> I64:
    """(m,) which of ``count`` folds each row is in; a group is never divided.

    Args:
        groups: (m,) numbers.
        count: Folds at most.
    """
    _, number = np.unique(groups, return_inverse=True)
    fold: I64 = (number % count).astype(np.int64)
    return fold


def sigmoid_fit(score: F64, hit: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and offset of P(hit) = sigmoid(slope * score + offset), slope not negative.

    Platt (1999) with the targets that keep few examples from certainty, by Newton's method as Lin,
    Lin and Weng (2007).

    Args:
        score: (m,)
        hit: (m,)
    """
    positive, negative = int(hit.sum()), int((~hit).sum())
    target = np.where(hit, (positive + 1.0) / (positive + 2.0), 1.0 / (negative + 2.0))
    offset = float(np.log((positive + 1.0) / (negative + 1.0)))
    if not positive or not negative:
        return 0.0, offset
    unit = float(score.std()) or 1.0
    x = np.stack([score / unit, np.ones(len(score))], axis=1)
    at = np.array([0.0, offset])
    loss = _loss(x @ at, target)
    for _ in range(STEPS):
        p = 1.0 / (1.0 + np.exp(-np.clip(x @ at, -500, 500)))
        hessian = (x * (p * (1.0 - p))[:, None]).T @ x + 1e-9 * np.eye(2)
        step = np.linalg.solve(hessian, x.T @ (p - target))
        size = 1.0
        while size > 1e-6 and _loss(x @ (at - size * step), target) > loss:
            size /= 2
        at = at - size * step
        before, loss = loss, _loss(x @ at, target)
        if before - loss < ENOUGH * max(1.0, abs(before)):
            break
    if at[0] < 0.0:
        return 0.0, offset
    return float(at[0] / unit), float(at[1])


def sharpness_fit(score: F64, class_no: I64) -> float:
    """The factor k with which softmax(k * score) gives the most honest probabilities.

    Maximum likelihood, the targets smoothed as in ``sigmoid_fit``.

    Args:
        score: (m, C)
        class_no: (m,)

    Returns:
        ``SHARPEST`` at most; 0 for no examples.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    count, classes = score.shape
    if not count or classes < 2:
        return 0.0
    target = (np.eye(classes)[class_no] * count + 1.0) / (count + classes)

    def loss(k: float) -> float:
        return -float((target * log_softmax(k * score, axis=1)).sum())

    found = minimize_scalar(loss, bounds=(0.0, SHARPEST), method="bounded")
    return float(found.x)


def _loss(logit: F64, target: F64) -> float:
    return float((np.logaddexp(0.0, logit) - target * logit).sum())
