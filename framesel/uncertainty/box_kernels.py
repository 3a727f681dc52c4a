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
def best_classes(logits: NDArray[np.float64], order: I64) -> None:
    """Fill ``order`` (m, K) with the classes of the largest logits, the lower class first in a tie.

    Args:
        logits: (m, C) no nan.
        order: Filled; K is at most C.
    """
    k = order.shape[1]
    for i in range(len(logits)):
        kept = 0
        for c in range(logits.shape[1]):
            if kept == k and logits[i, c] <= logits[i, order[i, k - 1]]:
                continue
            place = min(kept, k - 1)
            while place > 0 and logits[i, order[i, place - 1]] < logits[i, c]:
                order[i, place] = order[i, place - 1]
                place -= 1
            order[i, place] = c
            kept = min(kept + 1, k)


@kernel
def sum_rest(
    logits: NDArray[np.float64],
    move: NDArray[np.float64],
    order: I64,
    stored: NDArray[np.float64],
    softmax: bool,
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` (m, 4) as :func:`framesel.uncertainty.compact.compact` says.

    Args:
        logits: (m, C), limited.
        move: (m,) what is added to the logits of a box.
        order: (m, K) classes that are kept.
        stored: (m, K) their logits as stored.
        softmax: Whether p is q, else sigmoid(z).
        out: Filled.
    """
    for i in range(len(logits)):
        out[i] = 0.0
        total = moved_total = 1.0
        if softmax:
            for c in range(logits.shape[1]):
                total += math.exp(logits[i, c])
                moved_total += math.exp(logits[i, c] + move[i])
        for c in range(logits.shape[1]):
            kept = False
            for j in range(order.shape[1]):
                kept = kept or order[i, j] == c
            if kept:
                continue
            z = logits[i, c] + move[i]
            odds = math.exp(z)
            p = math.exp(logits[i, c]) / total if softmax else _sigmoid(logits[i, c])
            out[i, 0] += odds
            out[i, 1] += odds * z
            out[i, 2] += _binary(p) if softmax else _binary_of_logit(logits[i, c])
            out[i, 3] += p * p
        for j in range(order.shape[1]):  # what rounding took from the classes that are kept
            z, rounded = logits[i, order[i, j]] + move[i], stored[i, j]
            odds, less = math.exp(z), math.exp(rounded)
            out[i, 0] += odds - less
            out[i, 1] += odds * z - less * rounded
            if softmax:
                own = math.exp(logits[i, order[i, j]]) / total
                out[i, 2] += _binary(own) - _binary(less / moved_total)
            else:
                own = logits[i, order[i, j]]
                out[i, 2] += _binary_of_logit(own) - _binary_of_logit(rounded)


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
    """Fill ``out`` (2, m) with lengths of the gradient for features of length one.

    The first row is the length expected over all labels, the second that for the likeliest one.

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
            without = math.sqrt(max(square - 2.0 * p + 1.0, 0.0))
        else:
            without = math.sqrt(square)
        expected = nothing / total * without
        for j in range(k):
            q = math.exp(top[i, j] - most) / total
            p = q if softmax else _sigmoid(top[i, j])
            length = math.sqrt(max(square - 2.0 * p + 1.0, 0.0))
            expected += q * length
            if j == 0:
                out[1, i] = length if top[i, 0] >= 0.0 else without
        if beyond > 0.0:
            odds = rest[i, 0] / others
            p = beyond / others / total if softmax else odds / (1.0 + odds)
            expected += beyond / total * math.sqrt(max(square - 2.0 * p + 1.0, 0.0))
        out[0, i] = expected


@kernel
def top_means(
    value: NDArray[np.float64],
    offsets: I64,
    m: int,
    best: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill ``out`` (n,) with the mean of the m largest values of each picture, 0 for what lacks.

    Args:
        value: (k,) no nan.
        offsets: (n + 1,) rows of each picture.
        m: How many count.
        best: Room for m values, or for as many as any picture has; their sum runs from the
            largest down, so the order of the boxes changes no bit.
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
        out[i] = total / m
