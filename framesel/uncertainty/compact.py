"""Many class logits stored as few: the largest ones, and sums over the others.

What the sums are is described at :class:`framesel.uncertainty.boxes.Boxes`.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from framesel.errors import UsageError
from framesel.uncertainty.boxes import F32, Array, Boxes

LOGIT_LIMIT = 70.0
"""Logits are cut to this magnitude, so that the sums of 65,535 classes' odds fit into float32. A
probability of 1 - 4e-31 is the price."""

MOST_CLASSES = 65_535
"""What a class number of 16 bits can tell apart."""


def compact(
    logits: ArrayLike, k: int, activation: Literal["sigmoid", "softmax"]
) -> tuple[NDArray[np.uint16], NDArray[np.float16], F32]:
    """The k largest logits of each box, and what entropies need of the others.

    float16 holds a logit of 10 to 0.004 only. Two things keep that out of the scores. What counts
    is the distance to the most likely answer: where that is a class, all logits move by what the
    rounding moved it. And the sums for the entropies are those over all classes less those over the
    kept, *rounded* ones: together they give the entropy of the full vector. (So a sum over few or
    no other classes may be slightly negative.) The sum of squares is over the others alone: what
    reads it needs the probabilities of one box to be consistent.

    Args:
        logits: (m, C) class logits relative to background.
        k: How many to keep; all, if there are fewer classes.
        activation: How probabilities come from logits, see ``Boxes``.

    Returns:
        top_class (m, K) uint16 by falling logit, the lower class first among equals; top_logit
        (m, K) float16; rest (m, 4) float32, the sums over the others of the odds, odds times
        logit, binary entropy and squared probability; with K = min(k, C).

    Raises:
        UsageError: No class, too many classes, k below one, or a logit that is nan.
    """
    # Loaded late: what reads stored boxes does without numba.
    from framesel.uncertainty.box_kernels import best_classes, sum_rest

    z = np.asarray(logits, np.float64)
    if z.ndim != 2 or not 1 <= z.shape[1] <= MOST_CLASSES:
        raise UsageError(
            f"logits must be (boxes, 1 to {MOST_CLASSES} classes), got shape {z.shape}"
        )
    if k < 1:
        raise UsageError(f"at least one class must be kept of each box, not {k}")
    if np.isnan(z).any():
        raise UsageError("logits hold nan; the detector's weights are broken, give others")
    z = np.clip(z, -LOGIT_LIMIT, LOGIT_LIMIT)
    order = np.empty((len(z), min(k, z.shape[1])), np.int64)
    best_classes(z, order)
    best = np.take_along_axis(z, order[:, :1], axis=1)
    move = np.where(best > 0.0, best.astype(np.float16) - best, 0.0)
    kept = (np.take_along_axis(z, order, axis=1) + move).astype(np.float16)
    rest = np.empty((len(z), 4))
    sum_rest(z, move[:, 0], order, kept.astype(np.float64), activation == "softmax", rest)
    return order.astype(np.uint16), kept, rest.astype(np.float32)


def dense(boxes: Boxes) -> F32:
    """Full distributions from the stored ones, the rest's odds spread evenly over its classes.

    Exact for the classes that were kept and for background.

    Args:
        boxes: m boxes of C classes.

    Returns:
        (m, C + 1) float32, background last.
    """
    m, classes, k = len(boxes), len(boxes.classes), boxes.top_logit.shape[1]
    top = boxes.top_logit.astype(np.float64)
    most = np.maximum(top[:, :1], 0.0)
    nothing = np.exp(-most)
    odds = np.empty((m, classes + 1), np.float32)
    odds[:, :-1] = np.maximum(boxes.rest[:, :1], 0.0) * nothing / max(classes - k, 1)
    np.put_along_axis(odds, boxes.top_class.astype(np.int64), np.exp(top - most), axis=1)
    odds[:, -1:] = nothing
    odds /= odds.sum(axis=1, keepdims=True)
    return odds


def full_logits(boxes: Boxes, layer_weight: F32, layer_bias: F32) -> F32:
    """All logits of each box, from its stored features: ``weight[head] @ features + bias[head]``.

    Features are stored as float16, so these differ from the logits of the detector by some 1e-3.

    Args:
        boxes: m boxes with features of width F.
        layer_weight: (H, C, F) float32, see ``LastLayer``.
        layer_bias: (H, C) float32.

    Returns:
        (m, C) float32.

    Raises:
        UsageError: The boxes have no features, or the layer is not theirs.
    """
    features = checked_features(boxes, layer_weight.shape, layer_bias.shape)
    logits = np.empty((len(boxes), layer_weight.shape[1]), np.float32)
    for head in np.unique(boxes.head):
        rows = np.flatnonzero(boxes.head == head)
        product = features[rows].astype(np.float32) @ layer_weight[head].T
        logits[rows] = product + layer_bias[head]
    return logits


def checked_features(
    boxes: Boxes, weight_shape: tuple[int, ...], bias_shape: tuple[int, ...] | None = None
) -> Array:
    """The boxes' features, after a check that a last layer of this shape fits them.

    Raises:
        UsageError: The boxes have no features, or the layer is not theirs.
    """
    if boxes.features is None:
        raise UsageError(
            "these detections have no box features; give the detector's own weights (.pt) with "
            "detections.features on: an exported model does not keep them"
        )
    wanted = (len(boxes.classes), boxes.features.shape[1])
    if weight_shape[1:] != wanted or bias_shape not in (None, weight_shape[:2]):
        raise UsageError(
            f"the last layer is (heads, classes, features) = {weight_shape}, its bias "
            f"{bias_shape}; the boxes have (classes, features) = {wanted}: it belongs to another "
            "detector, so compute the detections anew"
        )
    if len(boxes) and int(boxes.head.max()) >= weight_shape[0]:
        raise UsageError(
            f"a box comes from head {int(boxes.head.max())}, the last layer has {weight_shape[0]} "
            "heads: it belongs to another detector, so compute the detections anew"
        )
    return boxes.features
