"""The loops over stored boxes: one pass over the compact columns, no full vector anywhere.

Each has a plain numpy twin in its test. With M = max(z_1, 0) every odds is taken relative to e^M:
nothing overflows, and the largest of classes and background counts exactly one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from framesel.uncertainty.boxes import F32, I64
from framesel.uncertainty.kernel import kernel


@kernel
def _binary(p: float) -> float:
    """-p ln p - (1 - p) ln(1 - p)."""
    if p <= 0.0 or p >= 1.0:
        return 0.0
    return -p * math.log(p) - (1.0 - p) * math.log1p(-p)


@kernel
def _binary_of_logit(z: float) -> float:
    """The same of p = sigmoid(z), for any z: it does not change when z changes its sign."""
    distance = abs(z)
    less_likely = math.exp(-distance)
    return math.log1p(less_likely) + distance * less_likely / (1.0 + less_likely)


@kernel
def _sigmoid(z: float) -> float:
    """1 / (1 + e^-z), for any z."""
    if z >= 0.0:
        return 1.0 / (1.0 + math.exp(-z))
    odds = math.exp(z)
    return odds / (1.0 + odds)


@kernel
def score_boxes(top: F32, rest: F32, others: int, softmax: bool, out: F32) -> None:
    """Fill ``out`` (5, m) as :func:`framesel.uncertainty.one_pass.box_scores` says.

    Args:
        top: (m, K) float32 logits by falling value.
        rest: (m, 4) float32 sums.
        others: How many classes are not among the K.
        softmax: Whether p is q, else sigmoid(z).
        out: Filled.
    """
    m, k = top.shape
    for i in range(m):
        most = max(top[i, 0], 0.0)
        nothing = math.exp(-most)
        beyond = rest[i, 0] * nothing
        total = nothing + beyond
        # sum of odds times (logit - M), from which the entropy follows without cancellation.
        spread = -most * nothing + (rest[i, 1] - most * rest[i, 0]) * nothing
        for j in range(k):
            odds = math.exp(top[i, j] - most)
            total += odds
            spread += odds * (top[i, j] - most)
        second = min(nothing, math.exp(top[i, 0] - most))
        if k > 1:
            second = max(second, math.exp(top[i, 1] - most))
        elif others > 0:
            second = max(second, min(beyond / others, 1.0))
        doubt = float(rest[i, 2])
        for j in range(k):
            if softmax:
                doubt += _binary(math.exp(top[i, j] - most) / total)
            else:
                doubt += _binary_of_logit(top[i, j])
        sure = math.exp(top[i, 0] - most) / total if softmax else _sigmoid(top[i, 0])
        out[0, i] = sure
        out[1, i] = (total - 1.0) / total
        out[2, i] = 1.0 - (1.0 - second) / total
        out[3, i] = max(math.log(total) - spread / total, 0.0)
        out[4, i] = doubt


@kernel
def gradient_lengths(top: F32, rest: F32, others: int, softmax: bool, out: F32) -> None:
    """Fill ``out`` (m,) with the expected length of the gradient for features of length one.

    Args:
        top: (m, K) float32 logits by falling value.
        rest: (m, 4) float32 sums.
        others: How many classes are not among the K.
        softmax: Whether p is q, else sigmoid(z).
        out: Filled.
    """
    m, k = top.shape
    for i in range(m):
        most = max(top[i, 0], 0.0)
        nothing = math.exp(-most)
        beyond = max(rest[i, 0] * nothing, 0.0) if others > 0 else 0.0
        total = nothing + beyond
        for j in range(k):
            total += math.exp(top[i, j] - most)
        square = float(rest[i, 3])
        for j in range(k):
            p = math.exp(top[i, j] - most) / total if softmax else _sigmoid(top[i, j])
            square += p * p
        if softmax:
            p = nothing / total
            square += p * p
            expected = p * math.sqrt(max(square - 2.0 * p + 1.0, 0.0))
        else:
            expected = nothing / total * math.sqrt(square)
        for j in range(k):
            q = math.exp(top[i, j] - most) / total
            p = q if softmax else _sigmoid(top[i, j])
            expected += q * math.sqrt(max(square - 2.0 * p + 1.0, 0.0))
        if beyond > 0.0:
            odds = rest[i, 0] / others
            p = beyond / others / total if softmax else odds / (1.0 + odds)
            expected += beyond / total * math.sqrt(max(square - 2.0 * p + 1.0, 0.0))
        out[i] = expected


@kernel
def top_means(
    value: NDArray[np.float64],
    offsets: I64,
    best: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` (n,) with the mean of the largest values of each picture, 0 where there is none.

    Args:
        value: (k,) no nan.
        offsets: (n + 1,) rows of each picture.
        best: Room for as many values as count; their sum runs from the largest down, so the order
            of the boxes changes no bit.
        out: Filled.
    """
    for i in range(len(out)):
        kept = 0
        for row in range(offsets[i], offsets[i + 1]):
            if kept == len(best) and value[row] <= best[kept - 1]:
                continue
            place = min(kept, len(best) - 1)
            while place > 0 and best[place - 1] < value[row]:
                best[place] = best[place - 1]
                place -= 1
            best[place] = value[row]
            kept = min(kept + 1, len(best))
        total = 0.0
        for place in range(kept):
            total += best[place]
        out[i] = total / max(kept, 1)
