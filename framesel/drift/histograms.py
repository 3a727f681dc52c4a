"""The chi-squared distance between two sets of pieces, for what is counted by kind."""

from __future__ import annotations

import numpy as np

from framesel.drift.footage import F64, I64


def rates(kind: I64, of: I64, size: I64, kinds: int) -> F64:
    """(u, k) how often each kind comes in a piece, for each of its frames.

    Args:
        kind: (m,) of each thing that is counted.
        of: (m,) piece that it is in.
        size: (u,) frames of each piece, 1 or more.
        kinds: How many there are: k.
    """
    flat = np.bincount(of * kinds + kind, minlength=len(size) * kinds)
    found: F64 = flat.reshape(len(size), kinds) / size[:, None]
    return found


def chi_squared(rate: F64, side: F64) -> F64:
    """Pearson's statistic of the two sides' histograms, for each arrangement.

    sum_c (O_c - E_c)^2 / E_c over both sides, where O are a side's summed rates and E what it would
    have if both sides had the same shares. Every piece counts alike, however long it is; with
    pieces of one frame it is the statistic of a 2 x k table of counts. That predicted classes
    show a shift of labels is from Lipton, Wang & Smola, "Detecting and correcting for label shift
    with black box predictors", ICML 2018. 0 where a side has nothing.

    Args:
        rate: (u, k)
        side: (a, u) as in ``Arrangements``.

    Returns:
        (a,)
    """
    new = side @ rate
    all_ = rate.sum(axis=0)
    known = all_ - new
    total = all_.sum()
    if total <= 0:
        return np.zeros(len(side))
    found = np.zeros(len(side))
    for part in (new, known):
        expected = part.sum(axis=1, keepdims=True) * all_ / total
        held = expected > 0
        found += np.where(held, (part - expected) ** 2 / np.where(held, expected, 1.0), 0).sum(1)
    return found
