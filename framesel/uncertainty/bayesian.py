"""What the model would say if its weights were a little different: doubt that labels can remove."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr

from framesel.errors import UsageError
from framesel.uncertainty.boxes import F32, Array, Boxes
from framesel.uncertainty.committee import average_kl
from framesel.uncertainty.compact import checked_features
from framesel.uncertainty.distribution import checked_distribution

_BLOCK_NUMBERS = 300_000
"""Logits of one block of boxes, over all samples: about a megabyte, which stays in the cache."""


def bald(samples: ArrayLike) -> Array:
    """Mutual information of answer and weights: H(mean) - mean of H (Houlsby et al., 2011).

    What remains of the doubt once that which every sample shares is taken away. Computed as the
    mean divergence from the mean, the same number without a difference of large ones.

    Args:
        samples: (T, ..., C) distributions of T sampled models.

    Returns:
        (...) in [0, ln min(T, C)] nats; larger is more to learn.

    Raises:
        UsageError: These are not distributions of samples.
    """
    return average_kl(samples)


def predictive_variance(samples: ArrayLike) -> Array:
    """Variance of the probabilities over the samples, summed over the classes.

    Args:
        samples: (T, ..., C) distributions of T sampled models.

    Returns:
        (...) in [0, 1 - 1/min(T, C)]; larger is less certain.

    Raises:
        UsageError: These are not distributions of samples.
    """
    q = checked_distribution(samples)
    if q.ndim < 2 or not len(q):
        raise UsageError(f"samples must be (samples, ..., classes), got shape {q.shape}")
    spread: Array = q.var(axis=0).sum(axis=-1)
    return spread


def mc_dropout(
    boxes: Boxes,
    weight: F32,
    bias: F32,
    *,
    rate: float = 0.1,
    samples: int = 20,
    seed: int = 0,
) -> dict[str, F32]:
    """Monte-Carlo dropout before the last layer (Gal & Ghahramani, ICML 2016), on stored features.

    A sample drops each feature with probability ``rate`` and scales the others by 1 / (1 - rate),
    the same ones for all boxes of a head: each sample is one network, and its boxes disagree with
    another's together. As only the last layer is random, all samples are one matrix product.
    Detectors are trained without dropout there, so the rate sets the scale of the scores, not a
    posterior: compare frames with it, not models.

    Boxes go through in blocks of one fixed shape, the last one filled up with zeros, so the scores
    of a box do not depend on which others are scored with it.

    Args:
        boxes: m boxes with features of width F.
        weight: (H, C, F) float32, see ``LastLayer``.
        bias: (H, C) float32.
        rate: Share of the features that a sample drops, between 0 and 1.
        samples: T, two at least.
        seed: Of the masks.

    Returns:
        (m,) float32 each: ``bald`` in [0, ln T] nats and ``predictive_variance`` in [0, 1]; larger
        is more to learn.

    Raises:
        UsageError: The boxes have no features, the layer is not theirs, or a setting is senseless.
    """
    features = checked_features(boxes, weight.shape, bias.shape)
    if not 0.0 < rate < 1.0 or samples < 2:
        raise UsageError(
            f"dropout needs a rate between 0 and 1 and two samples, got {rate} and {samples}"
        )
    heads, classes, dim = weight.shape
    masks = np.random.default_rng(seed).random((samples, heads, dim)) >= rate
    scaled = masks.astype(np.float32) / np.float32(1.0 - rate)
    size = max(1, _BLOCK_NUMBERS // (samples * (classes + 1)))
    scores = {name: np.zeros(len(boxes), np.float32) for name in ("bald", "predictive_variance")}
    for head in range(heads):
        # Background is one more class with the logit 0.
        layer = np.zeros((samples, classes + 1, dim), np.float32)
        layer[:, :-1] = weight[head] * scaled[:, head, None, :]
        layer = layer.reshape(-1, dim).T
        offset = np.append(bias[head], np.float32(0.0))
        for rows, block in _blocks(features, np.flatnonzero(boxes.head == head), size):
            logits = (block @ layer).reshape(size, samples, classes + 1)[: len(rows)]
            logits += offset
            scores["bald"][rows], scores["predictive_variance"][rows] = _disagreement(logits)
    return scores


def _blocks(features: Array, rows: Array, size: int) -> Iterator[tuple[Array, F32]]:
    """Rows in blocks, each with its (size, F) float32 features, filled up with zeros."""
    for low in range(0, len(rows), size):
        some = rows[low : low + size]
        block = np.zeros((size, features.shape[1]), np.float32)
        block[: len(some)] = features[some]
        yield some, block


def _disagreement(logits: F32) -> tuple[Array, Array]:
    """Bald and predictive variance of (k, T, C + 1) logits, which are overwritten; (k,) each."""
    samples = logits.shape[1]
    logits -= logits.max(axis=-1, keepdims=True)
    q = np.exp(logits)
    total = q.sum(axis=-1)
    # H = ln(sum of odds) - mean distance: no logarithm of each probability.
    doubt = np.log(total) - np.einsum("kto,kto->kt", q, logits) / total
    q /= total[..., None]
    mean = q.mean(axis=1)
    information = entr(mean).sum(axis=-1) - doubt.mean(axis=-1)
    q -= mean[:, None]
    variance = np.einsum("kto,kto->k", q, q) / samples
    return np.maximum(information, 0.0), variance
