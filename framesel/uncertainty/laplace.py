"""Last-layer Laplace: how sure the weights of the last layer are, given what they were fitted to.

For each head and class the weights are normal around what they are, with the precision
``A = prior I + sum_i p_i (1 - p_i) f_i f_i^T``, so the logit of a box with features f has the
variance ``f^T A^-1 f`` (MacKay, "The evidence framework applied to classification networks", 1992;
Kristiadi et al., ICML 2020; Daxberger et al., NeurIPS 2021). It grows where features are unlike
those that were seen: doubt that labels can remove. Classes are treated one by one, also where they
come from one softmax. The boxes of the pool may stand in for those of the training set: the
variance then tells how unusual a box is among them.
"""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import cholesky, solve_triangular
from scipy.special import entr, expit

from framesel.errors import UsageError
from framesel.uncertainty.aggregation import F64
from framesel.uncertainty.boxes import F32, Array, Boxes
from framesel.uncertainty.compact import checked_features

Form = Literal["exact", "shared"]

EXACT_NUMBERS = 2**25
"""Numbers of all precision matrices, up to which each class has its own: 256 MB."""

MOST_NUMBERS = 2**28
"""Numbers of one matrix for each head, above which nothing is computed: 2 GB."""

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(32)
_BLOCK_NUMBERS = 4_000_000


class LastLayerLaplace:
    """Fitted in a stream of boxes: ``update`` as often as needed, ``finish``, then ask.

    Two forms, chosen by the shape of the layer alone. ``exact``: a matrix for each head and class.
    ``shared``, where those would be too large: one matrix B for each head, weighted by the mean of
    p (1 - p) over the classes, and for each class the ratio s_c of the sums of its own weights and
    those: ``A_c = prior I + s_c B``. Exact for one class.

    Args:
        heads: H.
        classes: C.
        dim: F.
        prior: Precision of the weights before any box was seen, above 0: weight decay times the
            number of training boxes, where that is known.

    Raises:
        UsageError: The prior is not positive, or even one matrix for each head would be too large.
    """

    def __init__(self, heads: int, classes: int, dim: int, prior: float = 1.0) -> None:
        if not (prior > 0.0 and np.isfinite(prior)):
            raise UsageError(f"the prior precision must be above 0 and finite, not {prior}")
        if min(heads, classes, dim) < 1 or heads * dim * dim > MOST_NUMBERS:
            raise UsageError(
                f"a last layer of {heads} heads, {classes} classes and {dim} features is too large "
                "for its Laplace approximation; use mc_dropout or leave this score out"
            )
        self.prior = prior
        self.shape = (heads, classes, dim)
        self.form: Form = "exact" if heads * classes * dim * dim <= EXACT_NUMBERS else "shared"
        matrices = classes if self.form == "exact" else 1
        self._sums = np.zeros((heads, matrices, dim, dim))
        self._weights = np.zeros((heads, classes))
        self._axes: F64 | None = None
        self._values = np.zeros((0, 0))

    def update(self, features: ArrayLike, head: ArrayLike, p: ArrayLike) -> None:
        """Add boxes.

        Args:
            features: (k, F).
            head: (k,) row of the last layer that each came through.
            p: (k, C) class probabilities, without background.

        Raises:
            UsageError: The shapes do not fit the layer, or it was finished.
        """
        if self._axes is not None:
            raise UsageError("this Laplace approximation is finished; make a new one")
        f, heads = self._checked(features, head)
        own = np.asarray(p, np.float64)
        if own.shape != (len(f), self.shape[1]) or not ((own >= 0.0) & (own <= 1.0)).all():
            raise UsageError(
                f"p must be {(len(f), self.shape[1])} class probabilities, got shape {own.shape}"
            )
        curvature = own * (1.0 - own)
        for h in np.unique(heads):
            rows = heads == h
            some, weights = f[rows], curvature[rows]
            self._weights[h] += weights.sum(axis=0)
            columns = weights.T if self.form == "exact" else weights.mean(axis=1)[None]
            for which, weight in enumerate(columns):
                self._sums[h, which] += (some * weight[:, None]).T @ some

    def finish(self) -> Self:
        """Factor what was summed; from here on it can be asked, and takes no more boxes."""
        if self._axes is not None:
            return self
        if self.form == "exact":
            eye = self.prior * np.eye(self.shape[2])
            self._axes = np.stack(
                [[cholesky(matrix + eye, lower=True) for matrix in row] for row in self._sums]
            )
        else:
            values, axes = np.linalg.eigh(self._sums[:, 0])
            self._values, self._axes = np.maximum(values, 0.0), axes
        self._sums = np.zeros((0, 0, 0, 0))
        return self

    def variance(self, features: ArrayLike, head: ArrayLike) -> F32:
        """Variance of every class logit.

        Args:
            features: (k, F).
            head: (k,).

        Returns:
            (k, C) float32, in (0, |f|² / prior].

        Raises:
            UsageError: It is not finished, or the shapes do not fit.
        """
        f, heads = self._checked(features, head)
        variance = np.empty((len(f), self.shape[1]), np.float32)
        for h in np.unique(heads):
            rows = np.flatnonzero(heads == h)
            for c in range(self.shape[1]):
                variance[rows, c] = self._of_class(f[rows], int(h), c)
        return variance

    def scores(self, boxes: Boxes) -> dict[str, F32]:
        """What labels could still teach about the most likely class of each box.

        Its logit is normal around the stored one; expectations over it are Gauss-Hermite sums of 32
        terms.

        Args:
            boxes: m boxes with features.

        Returns:
            (m,) float32 each; larger is more to learn: ``laplace_bald``, the mutual information of
            the yes-or-no answer and the weights, in [0, ln 2] nats; ``laplace_variance``, the
            variance of its probability, in [0, 1/4].

        Raises:
            UsageError: It is not finished, or the boxes have no features or other shapes.
        """
        features = checked_features(boxes, self.shape)
        scores = {key: np.empty(len(boxes), np.float32) for key in ("bald", "variance")}
        top = boxes.top_class[:, 0].astype(np.int64)
        logit = _binary_logit(boxes)
        size = max(1, _BLOCK_NUMBERS // max(self.shape[2], len(_NODES)))
        for h, c in np.unique(np.stack([boxes.head, top], axis=1), axis=0):
            rows = np.flatnonzero((boxes.head == h) & (top == c))
            for low in range(0, len(rows), size):
                some = rows[low : low + size]
                variance = self._of_class(features[some].astype(np.float64), int(h), int(c))
                scores["bald"][some], scores["variance"][some] = _answer(logit[some], variance)
        return {f"laplace_{key}": values for key, values in scores.items()}

    def _of_class(self, f: F64, h: int, c: int) -> F64:
        """(k,) variance of one class's logit for (k, F) features of one head."""
        if self._axes is None:
            raise UsageError("this Laplace approximation must be finished before it is asked")
        if self.form == "exact":
            solved = solve_triangular(self._axes[h, c], f.T, lower=True)
            exact: F64 = np.einsum("fk,fk->k", solved, solved)
            return exact
        mean = self._weights[h].mean()
        scale = self._weights[h, c] / mean if mean > 0.0 else 1.0
        along = f @ self._axes[h]
        shared: F64 = (along * along) @ (1.0 / (self.prior + scale * self._values[h]))
        return shared

    def _checked(self, features: ArrayLike, head: ArrayLike) -> tuple[F64, Array]:
        f, heads = np.asarray(features, np.float64), np.asarray(head, np.int64)
        if f.ndim != 2 or f.shape[1] != self.shape[2] or heads.shape != f.shape[:1]:
            raise UsageError(
                f"features {f.shape} and heads {heads.shape} do not fit a last layer of "
                f"(heads, classes, features) = {self.shape}"
            )
        if len(heads) and not (heads.min() >= 0 and heads.max() < self.shape[0]):
            raise UsageError(
                f"heads {heads.min()} to {heads.max()} of a layer with {self.shape[0]}"
            )
        return f, heads


def probit(logit: ArrayLike, variance: ArrayLike) -> Array:
    """Probability when the logit is uncertain: sigmoid(z / sqrt(1 + pi var / 8)) (MacKay 1992).

    Args:
        logit: (...) means.
        variance: (...) variances, 0 or more.

    Returns:
        (...) in [0, 1], nearer to one half than sigmoid(z).
    """
    spread = np.sqrt(1.0 + np.pi / 8.0 * np.asarray(variance, np.float64))
    p: Array = expit(np.asarray(logit, np.float64) / spread)
    return p


def _binary_logit(boxes: Boxes) -> F64:
    """(m,) float64 logit of "the most likely class, or anything else"."""
    top = boxes.top_logit.astype(np.float64)
    if boxes.activation == "sigmoid":
        return top[:, 0]
    # ln(o_1 / (1 + sum of the other odds)), with all odds relative to e^M
    most = np.maximum(top[:, 0], 0.0)
    others = np.exp(top[:, 1:] - most[:, None]).sum(axis=1)
    against = others + np.exp(-most) * np.maximum(1.0 + boxes.rest[:, 0], 0.0)
    binary: F64 = top[:, 0] - most - np.log(np.maximum(against, 1e-300))
    return binary


def _answer(logit: F64, variance: F64) -> tuple[F64, F64]:
    """(k,) mutual information and variance of a yes-or-no answer with a normal logit."""
    p = expit(logit[:, None] + np.sqrt(variance)[:, None] * _NODES)
    weights = _WEIGHTS / _WEIGHTS.sum()
    mean = p @ weights
    doubt = (entr(p) + entr(1.0 - p)) @ weights
    information = entr(mean) + entr(1.0 - mean) - doubt
    return np.maximum(information, 0.0), (p - mean[:, None]) ** 2 @ weights
