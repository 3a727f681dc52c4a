"""How far a label would move the model: gradients of the last layer, in closed form.

For a box with features f and probabilities p the loss of a label y has, at the weights of the last
layer, the gradient ``(p - e_y) f^T``: cross-entropy of independent sigmoids with e_background = 0,
or of a softmax that has background as its last entry. No backward pass is needed, and its length is
``|p - e_y| |f|``.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from framesel.errors import UsageError
from framesel.uncertainty.boxes import F32, Array, Boxes
from framesel.uncertainty.distribution import checked_distribution, checked_scores, from_scores

Activation = Literal["sigmoid", "softmax"]

_BLOCK_NUMBERS = 4_000_000


def expected_gradient_length(
    p: ArrayLike, feature_norm: ArrayLike, activation: Activation = "sigmoid"
) -> Array:
    """Length of the gradient, expected over what the label might be (Settles & Craven, EMNLP 2008).

    ``|f| sum_y q_y |p - e_y|`` over all classes and background.

    Args:
        p: ``sigmoid``: (..., C) independent scores, from which q follows; ``softmax``: (..., C + 1)
            distributions with background last, which are q.
        feature_norm: (...) lengths of the features, or one for all.
        activation: See above.

    Returns:
        (...) from 0; at most |f| times sqrt(C) for ``sigmoid``, sqrt(2) for ``softmax``. Larger is
        more to learn.

    Raises:
        UsageError: ``p`` holds no probabilities, or a length is negative or nan.
    """
    own, q = _own_and_joint(p, activation)
    square = (own * own).sum(axis=-1, keepdims=True)
    length = np.sqrt(np.maximum(square - 2.0 * own + 1.0, 0.0))
    if activation == "sigmoid":  # without a class the gradient is p itself
        length = np.concatenate([length, np.sqrt(square)], axis=-1)
    expected: Array = (q * length).sum(axis=-1)
    return expected * _checked_norm(feature_norm)


def box_gradient_length(boxes: Boxes, feature_norm: ArrayLike | None = None) -> F32:
    """:func:`expected_gradient_length` of stored boxes, without their full distributions.

    The sum of all squared probabilities is stored; of the classes that were not kept, each counts
    as an equal share of their odds.

    Args:
        boxes: m boxes.
        feature_norm: (m,) lengths of the features, or one for all; by default those of the boxes.

    Returns:
        (m,) float32 from 0; larger is more to learn.

    Raises:
        UsageError: There are no features and no lengths, or a length is negative or nan.
    """
    expected, _ = _box_lengths(boxes, feature_norm)
    return expected


def box_gradient_norm(boxes: Boxes, feature_norm: ArrayLike | None = None) -> F32:
    """:func:`gradient_norm` of stored boxes, exactly, without their full distributions.

    Args:
        boxes: m boxes.
        feature_norm: (m,) lengths of the features, or one for all; by default those of the boxes.

    Returns:
        (m,) float32 from 0; larger is more to learn.

    Raises:
        UsageError: There are no features and no lengths, or a length is negative or nan.
    """
    _, likeliest = _box_lengths(boxes, feature_norm)
    return likeliest


def gradient_norm(
    p: ArrayLike, feature_norm: ArrayLike, activation: Activation = "sigmoid"
) -> Array:
    """Length of the gradient for the most likely label, which is that of the BADGE vector.

    Args:
        p: As for :func:`expected_gradient_length`.
        feature_norm: (...) lengths of the features, or one for all.
        activation: As there.

    Returns:
        (...) from 0; larger is more to learn.

    Raises:
        UsageError: ``p`` holds no probabilities, or a length is negative or nan.
    """
    residual = _residual(p, activation)
    length: Array = np.sqrt((residual * residual).sum(axis=-1))
    return length * _checked_norm(feature_norm)


def badge_vectors(p: ArrayLike, features: ArrayLike, activation: Activation = "sigmoid") -> F32:
    """The gradient for the most likely label, written as one row (Ash et al., ICLR 2020).

    Args:
        p: (m, C) or (m, C + 1), as for :func:`expected_gradient_length`.
        features: (m, F).
        activation: As there.

    Returns:
        (m, C * F) float32, products of (p - e_y) and the features; (C + 1) * F for ``softmax``.

    Raises:
        UsageError: The shapes do not fit, or ``p`` holds no probabilities.
    """
    residual, f = _factors(p, features, activation)
    return (residual[:, :, None] * f[:, None, :]).reshape(len(f), residual.shape[1] * f.shape[1])


def badge_sketch(
    p: ArrayLike,
    features: ArrayLike,
    activation: Activation = "sigmoid",
    *,
    dim: int = 256,
    seed: int = 0,
) -> F32:
    """Short stand-ins for :func:`badge_vectors` with the same inner products on average.

    A product of two random sign projections, one of p - e_y and one of the features: its inner
    products are unbiased, with a standard deviation of at most sqrt(8 / dim) of the product of the
    lengths (Kar & Karnick, "Random feature maps for dot product kernels", AISTATS 2012). The long
    vectors are never formed. Sketches of boxes may be summed to that of their picture.

    Args:
        p: (m, C) or (m, C + 1), as for :func:`expected_gradient_length`.
        features: (m, F).
        activation: As there.
        dim: Width of a sketch.
        seed: Of the projections; sketches are comparable for one seed only.

    Returns:
        (m, dim) float32.

    Raises:
        UsageError: The shapes do not fit, or ``p`` holds no probabilities.
    """
    if dim < 1:
        raise UsageError(f"a sketch needs a width of 1 at least, not {dim}")
    residual, f = _factors(p, features, activation)
    rng = np.random.default_rng(seed)
    signs = [
        rng.choice(np.array([-1.0, 1.0], np.float32), (width, dim))
        for width in (residual.shape[1], f.shape[1])
    ]
    sketch: F32 = residual @ signs[0]
    sketch *= f @ signs[1]
    sketch /= np.float32(np.sqrt(dim))
    return sketch


def _box_lengths(boxes: Boxes, feature_norm: ArrayLike | None) -> tuple[F32, F32]:
    """(m,) float32 each: the expected length, and that for the likeliest label."""
    # Loaded late: plain arrays are scored without numba.
    from framesel.uncertainty.box_kernels import gradient_lengths

    norm = _checked_norm(_norms(boxes) if feature_norm is None else feature_norm)
    lengths = np.empty((2, len(boxes)), np.float32)
    others = len(boxes.classes) - boxes.top_logit.shape[1]
    gradient_lengths(boxes.top_logit, boxes.rest, others, boxes.activation == "softmax", lengths)
    return (lengths[0] * norm).astype(np.float32), (lengths[1] * norm).astype(np.float32)


def _own_and_joint(p: ArrayLike, activation: Activation) -> tuple[Array, Array]:
    """The model's own probabilities, and the distribution of the label that they imply.

    In float64: a gradient of a sure answer is a small difference of large numbers.
    """
    p = np.asarray(p, np.float64)
    if activation == "softmax":
        q = checked_distribution(p)
        return q, q
    own = checked_scores(p)
    return own, from_scores(own)


def _residual(p: ArrayLike, activation: Activation) -> Array:
    """P - e_y for the most likely label y; e_background = 0 where background has no entry."""
    own, q = _own_and_joint(p, activation)
    label = q.argmax(axis=-1)[..., None]
    residual: Array = own - (np.arange(own.shape[-1]) == label)
    return residual


def _factors(p: ArrayLike, features: ArrayLike, activation: Activation) -> tuple[F32, F32]:
    residual, f = _residual(p, activation).astype(np.float32), np.asarray(features, np.float32)
    if residual.ndim != 2 or f.ndim != 2 or len(residual) != len(f):
        raise UsageError(
            f"probabilities {residual.shape} and features {f.shape} must have a row for each box"
        )
    return residual, f


def _norms(boxes: Boxes) -> F32:
    """(m,) float32 lengths of the boxes' features.

    Raises:
        UsageError: There are none.
    """
    if boxes.features is None:
        raise UsageError(
            "these detections have no box features, so the length of a gradient is unknown; give "
            "the detector's own weights (.pt) with detections.features on"
        )
    lengths = np.empty(len(boxes), np.float32)
    size = max(1, _BLOCK_NUMBERS // max(boxes.features.shape[1], 1))
    for low in range(0, len(boxes), size):
        block = boxes.features[low : low + size].astype(np.float32)
        lengths[low : low + size] = np.sqrt(np.einsum("mf,mf->m", block, block))
    return lengths


def _checked_norm(feature_norm: ArrayLike) -> Array:
    norm = np.asarray(feature_norm)
    if not (norm >= 0).all():
        raise UsageError("lengths of features must be 0 or more; take the norm of finite features")
    return norm
