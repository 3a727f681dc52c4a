"""A classifier that is to tell new footage from known: how well it does, and where."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from framesel.drift.footage import F64, I64

RIDGE = 0.1
"""Added to each axis, whose variance is 1."""

_FOLDS = 500
_AT_ONCE = 128


def out_of_fold(places: F64, weights: F64, fold: I64, side: F64) -> F64:
    """What a ridge classifier says of frames that it has not learnt from.

    Least squares on the targets "new" and "known", which for two classes is Fisher's discriminant;
    closed, so that a thousand arrangements are one set of equations with a thousand right-hand
    sides. There is no intercept: without the fold that is left out, one side is rarer, and an
    intercept would know.

    Args:
        places: (n, c) whitened coordinates.
        weights: (n,) how much each frame counts.
        fold: (n,) fold of each frame, from 0: each in turn is left out.
        side: (n, a) 1 where a frame is called new, else 0.

    Returns:
        (n, a), more where the classifier takes a frame for new.
    """
    share = weights / weights.sum()
    target = side - share @ side
    weighted = places * share[:, None]
    gram = weighted.T @ places + RIDGE * np.eye(places.shape[1])
    pull = weighted.T @ target
    found: F64 = np.empty(side.shape)
    order = np.argsort(fold, kind="stable")
    edges = np.searchsorted(fold[order], np.arange(fold.max() + 2))
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        rows = order[low:high]
        mine = weighted[rows].T
        slope = np.linalg.solve(gram - mine @ places[rows], pull - mine @ target[rows])
        found[rows] = places[rows] @ slope
    return found


def area_under_curve(scores: F64, side: F64) -> F64:
    """Probability that a new frame's score is above a known one's, ties counted half.

    Args:
        scores: (n, a)
        side: (n, a) 1 where a frame is called new, else 0.

    Returns:
        (a,)
    """
    ranks = rankdata(scores, axis=0)
    new = side.sum(axis=0)
    known = len(side) - new
    found: F64 = ((ranks * side).sum(axis=0) - new * (new + 1) / 2) / (new * known)
    return found


def separability(places: F64, of: I64, side: F64) -> F64:
    """Area under the curve of the domain classifier with folds of whole pieces.

    The classifier two-sample test (Lopez-Paz & Oquab, "Revisiting classifier two-sample tests",
    ICLR 2017) with the statistic of a ranking. Folds do not know the sides, so that all
    arrangements are treated alike: mostly a piece each. Under no difference it lies below a half:
    whoever is left out leaves the others a little less like itself.

    Args:
        places: (n, c) whitened coordinates.
        of: (n,) piece of each frame.
        side: (a, u) as in ``Arrangements``.

    Returns:
        (a,)
    """
    fold = of % _FOLDS
    weights = 1.0 / np.bincount(of)[of]
    found = []
    for low in range(0, len(side), _AT_ONCE):
        called = side[low : low + _AT_ONCE].T[of]
        found.append(area_under_curve(out_of_fold(places, weights, fold, called), called))
    return np.concatenate(found)
