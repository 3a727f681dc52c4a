"""How much a pick says about a frame, from the cosine between them: the kernels of coverage.

A kernel is a table: nothing below a cosine, linear between knots from there to 1. That holds for
all three in use, it is evaluated with additions and products alone (so it gives the same bits on
every machine, which ``exp`` does not), and it never falls as the cosine grows, to the last bit:
what cannot raise a frame's cosine cannot raise its value either, on which all pruning rests.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from framesel.selection.vectors.arrays import F32, F64
from framesel.selection.vectors.dot import kernel as compiled

SMALLEST_WIDTH = 0.01
"""Widths below this chord distance are raised to it: float32 cosines do not resolve less."""

_WIDEST = 5.0
_KNOTS = 2049
_ROWS_AT_ONCE = 1_024
_DIGITS = 12


class Kernel(NamedTuple):
    """A function of the cosine that never falls.

    Attributes:
        floor: Cosine below which the value is 0.
        scale: Knots for each unit of cosine.
        knots: (m,) float64 values at ``floor + j / scale``, m >= 2; the last one at cosine 1.
    """

    floor: np.float32
    scale: float
    knots: F64


def cosine_kernel() -> Kernel:
    """``max(0, cos)``: facility location."""
    return Kernel(np.float32(0.0), 1.0, np.array([0.0, 1.0]))


def gaussian_kernel(sigma: float) -> Kernel:
    """``exp(-d^2 / (2 sigma^2))`` of the chord distance ``d^2 = 2 - 2 cos``, 0 beyond five sigma.

    Bae et al., "Generalized coverage for more robust low-budget active learning", ECCV 2024. The
    table is within 1e-5 of the formula.

    Args:
        sigma: Width as a chord distance, > 0.
    """
    sigma = max(sigma, SMALLEST_WIDTH)
    drop = min(2.0, 0.5 * (_WIDEST * sigma) ** 2)
    floor = np.float32(1.0 - drop)
    scale = (_KNOTS - 1) / (1.0 - float(floor))
    below = (_KNOTS - 1 - np.arange(_KNOTS)) / scale
    # Rounded, so that the last bits of a machine's exp do not decide between frames.
    values = [round(math.exp(-gap / sigma**2), _DIGITS) for gap in below]
    return Kernel(floor, scale, np.array(values))


def top_hat_kernel(radius: float) -> Kernel:
    """1 within a chord distance, 0 beyond it: ProbCover (Yehuda et al., NeurIPS 2022).

    Args:
        radius: Largest distance that counts as covered, > 0.
    """
    radius = max(radius, SMALLEST_WIDTH)
    return Kernel(np.float32(1.0 - 0.5 * min(radius, 2.0) ** 2), 1.0, np.array([1.0, 1.0]))


@compiled
def value(kernel: Kernel, cosine: np.float32) -> np.float32:
    """The kernel at a cosine, inside numba kernels."""
    at = (np.float64(cosine) - np.float64(kernel.floor)) * kernel.scale
    if at < 0.0:
        return np.float32(0.0)
    knot = min(int(at), len(kernel.knots) - 2)
    low, high = kernel.knots[knot], kernel.knots[knot + 1]
    # The minimum keeps rounding from stepping above the next knot.
    return np.float32(min(high, low + (high - low) * (at - knot)))


def values(kernel: Kernel, cosines: F32) -> F32:
    """The same in plain numpy, bit by bit.

    Args:
        kernel: The kernel.
        cosines: Any shape but a single number, float32.

    Returns:
        The same shape, float32.
    """
    result = np.empty(cosines.shape, np.float32)
    for low in range(0, len(cosines), _ROWS_AT_ONCE):
        part = slice(low, low + _ROWS_AT_ONCE)
        at = (cosines[part].astype(np.float64) - np.float64(kernel.floor)) * kernel.scale
        knot = np.clip(at.astype(np.int64), 0, len(kernel.knots) - 2)
        below, above = kernel.knots[knot], kernel.knots[knot + 1]
        found = np.minimum(above, below + (above - below) * (at - knot))
        result[part] = np.where(at < 0.0, 0.0, found)
    return result
