"""By how much a label would lower the error of a simple model of everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cho_factor, cho_solve

from framesel.errors import UsageError
from framesel.uncertainty.aggregation import F64
from framesel.uncertainty.boxes import F32

_BLOCK_NUMBERS = 8_000_000


def alc(
    vectors: ArrayLike,
    labelled: ArrayLike | None = None,
    *,
    noise: float = 0.1,
    prior: float = 1.0,
    targets: ArrayLike | None = None,
    mass: ArrayLike | None = None,
) -> F32:
    """Total variance of a kernel ridge on the embeddings that a label of each frame removes.

    Expected error reduction (Roy & McCallum, ICML 2001) in the one case that is exact and cheap:
    for the squared error of a linear Gaussian model, ``y = w . x + noise``, the error left after a
    label does not depend on what the label is, and ``ALC(x) = sum_u mass_u k(u, x)² / (k(x, x) +
    noise²)`` with the posterior covariance k given the labelled (Cohn, Ghahramani & Jordan, JAIR
    1996). Of two equal frames both get the same value: it scores frames, it does not spread them.

    Time O((n + l + t) d²) for t targets.

    Args:
        vectors: (n, d) embeddings of the frames to score, unit rows.
        labelled: (l, d) embeddings of what is labelled; none by default.
        noise: Standard deviation of a label; smaller trusts each label more.
        prior: Variance of each weight before any label.
        targets: (t, d) frames whose error counts; by default those to score.
        mass: (t,) how much each target counts, by default 1.

    Returns:
        (n,) float32 from 0, in units of the targets' variance; larger is better to label.

    Raises:
        UsageError: The shapes do not fit, or a number is out of its range.
    """
    x = _rows(vectors, None, "vectors")
    seen = _rows(np.zeros((0, x.shape[1])) if labelled is None else labelled, x, "labelled")
    goals = x if targets is None else _rows(targets, x, "targets")
    weight = np.ones(len(goals)) if mass is None else np.asarray(mass, np.float64)
    if weight.shape != (len(goals),) or not ((weight >= 0) & np.isfinite(weight)).all():
        raise UsageError(f"mass must be {len(goals)} numbers, 0 or more, one for each target")
    if not (1e-6 <= noise <= 1e6 and 1e-6 <= prior <= 1e6):
        raise UsageError(f"noise and prior must lie in [1e-6, 1e6], not at {noise} and {prior}")
    return Model.of(gram(seen), gram(goals, weight), noise, prior).gains(x)


@dataclass(frozen=True)
class Model:
    """The ridge, given what is labelled and what counts: for frames that come some at a time.

    Attributes:
        covariance: (d, d) of the weights, given the labels.
        removal: (d, d) what counts, seen through it.
        noise: Standard deviation of a label.
    """

    covariance: F64
    removal: F64
    noise: float

    @classmethod
    def of(cls, seen: F64, goals: F64, noise: float, prior: float = 1.0) -> Self:
        """From the sums of outer products (``gram``) of what is labelled, and of what counts."""
        # Posterior covariance of the weights: (I / prior + X^T X / noise²)^-1.
        precision = seen / noise**2 + np.eye(len(seen)) / prior
        covariance: F64 = cho_solve(cho_factor(precision), np.eye(len(seen)))
        return cls(covariance, covariance @ goals @ covariance, noise)

    def gains(self, vectors: F32) -> F32:
        """(n,) float32: ``alc`` of (n, d) unit rows."""
        gains = np.empty(len(vectors), np.float32)
        size = max(1, _BLOCK_NUMBERS // len(self.covariance))
        for low in range(0, len(vectors), size):
            block = vectors[low : low + size].astype(np.float64)
            removed = np.einsum("nd,nd->n", block @ self.removal, block)
            own = np.einsum("nd,nd->n", block @ self.covariance, block)
            gains[low : low + size] = np.maximum(removed, 0.0) / (own + self.noise**2)
        return gains


def gram(rows: F32, weight: F64 | None = None) -> F64:
    """(d, d) float64: sum of weight_i x_i x_i^T, some rows at a time; each weighs 1 by default."""
    total = np.zeros((rows.shape[1], rows.shape[1]))
    size = max(1, _BLOCK_NUMBERS // rows.shape[1])
    for low in range(0, len(rows), size):
        block = rows[low : low + size].astype(np.float64)
        weighed = block if weight is None else block * weight[low : low + size, None]
        total += weighed.T @ block
    return total


def _rows(values: ArrayLike, like: F32 | None, name: str) -> F32:
    """Finite rows, float32 or float64.

    Raises:
        UsageError: They are not.
    """
    given = np.asarray(values)
    rows = given if given.dtype in (np.float32, np.float64) else given.astype(np.float32)
    if rows.ndim != 2 or not rows.shape[1] or (like is not None and rows.shape[1] != like.shape[1]):
        width = "d" if like is None else like.shape[1]
        raise UsageError(f"{name} must be (rows, {width}) embeddings, got shape {rows.shape}")
    if not np.isfinite(rows).all():
        raise UsageError(f"{name} hold nan or infinity; compute the embeddings anew")
    return rows
