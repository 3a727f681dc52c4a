"""Where several models disagree about the same thing.

All functions take plain distributions with the M members first: boxes (M, m, C), a classifier's
rows, or pixels. A member that did not find an object votes background with certainty. Natural
logarithms.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import entr, rel_entr

from framesel.errors import UsageError
from framesel.uncertainty.boxes import Array
from framesel.uncertainty.distribution import checked_distribution


def vote_entropy(members: ArrayLike) -> Array:
    """Entropy of the members' votes (Dagan & Engelson, ICML 1995).

    A member votes for its most likely class, the lowest one among equals.

    Args:
        members: (M, ..., C) distributions.

    Returns:
        (...) in [0, ln min(M, C)] nats; larger is more disagreement.

    Raises:
        UsageError: These are not members' distributions.
    """
    disagreement: Array = entr(_votes(members)).sum(axis=-1)
    return disagreement


def average_kl(members: ArrayLike) -> Array:
    """Mean Kullback-Leibler divergence of the members from their mean.

    McCallum & Nigam, ICML 1998. The same number as the mutual information between answer and
    member, called BALD.

    Args:
        members: (M, ..., C) distributions.

    Returns:
        (...) in [0, ln min(M, C)] nats; larger is more disagreement.

    Raises:
        UsageError: These are not members' distributions.
    """
    apart: Array = _divergences(members).mean(axis=0)
    return apart


def max_disagreement(members: ArrayLike) -> Array:
    """Largest Kullback-Leibler divergence of a member from the mean of all.

    Args:
        members: (M, ..., C) distributions.

    Returns:
        (...) in [0, ln M] nats; larger is more disagreement.

    Raises:
        UsageError: These are not members' distributions.
    """
    apart: Array = _divergences(members).max(axis=0)
    return apart


def consensus_entropy(members: ArrayLike) -> Array:
    """Entropy of the members' mean: doubt of one and disagreement of several together.

    Args:
        members: (M, ..., C) distributions.

    Returns:
        (...) in [0, ln C] nats; larger is less certain.

    Raises:
        UsageError: These are not members' distributions.
    """
    doubt: Array = entr(_checked(members).mean(axis=0)).sum(axis=-1)
    return doubt


def variation_ratio(members: ArrayLike) -> Array:
    """Share of the members that do not vote for the mode (Freeman 1965; Beluch et al., CVPR 2018).

    Args:
        members: (M, ..., C) distributions.

    Returns:
        (...) in [0, 1 - 1/min(M, C)]; larger is more disagreement.

    Raises:
        UsageError: These are not members' distributions.
    """
    disagreement: Array = 1.0 - _votes(members).max(axis=-1)
    return disagreement


def variation_ratio_of_mean(members: ArrayLike) -> Array:
    """One minus the largest probability of the members' mean.

    Some libraries call this the variation ratio. It is another quantity: members that agree on a
    tie have a variation ratio of 0, and 0.5 here.

    Args:
        members: (M, ..., C) distributions.

    Returns:
        (...) in [0, 1 - 1/C]; larger is less certain.

    Raises:
        UsageError: These are not members' distributions.
    """
    doubt: Array = 1.0 - _checked(members).mean(axis=0).max(axis=-1)
    return np.maximum(doubt, 0.0)


def _checked(members: ArrayLike) -> Array:
    q = checked_distribution(members)
    if q.ndim < 2 or not len(q):
        raise UsageError(
            f"a committee is (members, ..., classes) with a member at least, got shape {q.shape}"
        )
    return q


def _votes(members: ArrayLike) -> Array:
    """(..., C) share of the members that find each class the most likely."""
    q = _checked(members)
    choice = q.argmax(axis=-1)
    shares = [(choice == c).mean(axis=0, dtype=q.dtype) for c in range(q.shape[-1])]
    return np.stack(shares, axis=-1)


def _divergences(members: ArrayLike) -> Array:
    """(M, ...) divergence of each member from the mean; finite, as the mean covers each member."""
    q = _checked(members)
    apart: Array = rel_entr(q, q.mean(axis=0)).sum(axis=-1)
    return np.maximum(apart, 0.0)
