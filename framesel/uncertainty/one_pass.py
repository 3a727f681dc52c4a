"""What one look of the model says about its doubt.

The functions of plain arrays serve whatever gives probabilities: boxes, a classifier's (n, C) rows,
a segmentation map (h, w, C). All logarithms are natural. :func:`box_scores` computes the same for
stored boxes without ever making their full distributions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr, xlog1py

from framesel.uncertainty.boxes import F32, Array, Boxes
from framesel.uncertainty.distribution import checked_distribution, checked_scores


def least_confidence(q: ArrayLike) -> Array:
    """One minus the largest probability (Lewis & Gale, SIGIR 1994).

    Args:
        q: (..., C) distributions over the last axis.

    Returns:
        (...) in [0, 1 - 1/C]; larger is less certain.

    Raises:
        UsageError: ``q`` holds no distributions.
    """
    doubt: Array = 1.0 - checked_distribution(q).max(axis=-1)
    return np.maximum(doubt, 0.0)


def margin(q: ArrayLike) -> Array:
    """One minus the gap between the two largest probabilities (Scheffer et al., IDA 2001).

    Args:
        q: (..., C) distributions over the last axis.

    Returns:
        (...) in [0, 1]; larger is less certain, 1 is a tie. 0 where there is one class alone.

    Raises:
        UsageError: ``q`` holds no distributions.
    """
    p = checked_distribution(q)
    if p.shape[-1] == 1:
        return np.zeros(p.shape[:-1], p.dtype)
    two = np.partition(p, -2, axis=-1)[..., -2:]
    closeness: Array = 1.0 - (two[..., 1] - two[..., 0])
    return closeness


def entropy(q: ArrayLike, normalised: bool = False) -> Array:
    """Shannon's entropy, -sum q ln q.

    Args:
        q: (..., C) distributions over the last axis.
        normalised: Divide by ln C, its largest value. (One class alone has entropy 0 in any case.)

    Returns:
        (...) in [0, ln C] nats, or in [0, 1]; larger is less certain.

    Raises:
        UsageError: ``q`` holds no distributions.
    """
    p = checked_distribution(q)
    doubt: Array = entr(p).sum(axis=-1)
    return doubt / np.log(p.shape[-1]) if normalised and p.shape[-1] > 1 else doubt


def binary_entropy(p: ArrayLike) -> Array:
    """Sum over classes of the entropy of each yes-or-no answer, -p ln p - (1 - p) ln(1 - p).

    For probabilities that are independent of one another, as PPAL uses it (Yang et al., CVPR 2024).

    Args:
        p: (..., C) probabilities, which need not sum to one.

    Returns:
        (...) in [0, C ln 2] nats; larger is less certain.

    Raises:
        UsageError: A probability lies outside [0, 1].
    """
    yes = checked_scores(p)
    doubt: Array = (entr(yes) - xlog1py(1.0 - yes, -yes)).sum(axis=-1)
    return doubt


def box_scores(boxes: Boxes) -> dict[str, F32]:
    """Every one-pass score of every box.

    On q, the distribution over the classes and background, except for the binary entropy, which is
    that of the model's own class probabilities. They equal the scores of the full vectors up to the
    rounding of the stored logits; with a single stored class of several, ``margin`` takes the other
    classes for equally likely.

    Args:
        boxes: m boxes.

    Returns:
        (m,) float32 each: ``confidence``, ``least_confidence``, ``margin``, ``entropy`` (nats),
        ``binary_entropy`` (nats).
    """
    # Loaded late: plain arrays are scored without numba.
    from framesel.uncertainty.box_kernels import score_boxes

    scores = np.empty((5, len(boxes)), np.float32)
    others = len(boxes.classes) - boxes.top_logit.shape[1]
    score_boxes(boxes.top_logit, boxes.rest, others, boxes.activation == "softmax", scores)
    names = ("confidence", "least_confidence", "margin", "entropy", "binary_entropy")
    return dict(zip(names, scores, strict=True))
