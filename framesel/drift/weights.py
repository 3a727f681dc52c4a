"""How much more likely each frame is in new footage than in known: a density to select by."""

from __future__ import annotations

import numpy as np

from framesel.drift.axes import principal
from framesel.drift.domain import out_of_fold
from framesel.drift.footage import F64, I64, Both

MOST = 10.0
"""No frame counts more than this, and none less than one part in as many."""

LEAST_VIDEOS = 5
"""Of each side, for folds of whole videos; with fewer, parts of videos are folds."""

_PARTS = 5
_FOLDS = 500


def density_ratio(both: Both) -> F64:
    """Gives w = p / (1 - p), p the probability that a frame is new as a classifier sees it.

    With both sides weighted alike this is the ratio of the densities of new and known footage
    (Bickel, Brückner & Scheffer, "Discriminative learning under covariate shift", JMLR 10, 2009):
    coverage weighted by it is coverage of the new footage. p is said of frames whose fold the
    classifier did not see, made a probability by Platt's scaling on the same. Where the
    classifier cannot tell the sides apart the ratio is 1 everywhere.

    Args:
        both: Both sides.

    Returns:
        (n,) in [1 / 10, 10].
    """
    from sklearn.linear_model import LogisticRegression

    new = both.new_frame
    size = np.bincount(both.video, minlength=len(both.names))
    videos = np.where(both.new_video, both.new_video.sum(), (~both.new_video).sum())
    weights = 1.0 / (size * videos)[both.video]  # videos of a side count alike, sides count alike
    places = principal(both.vectors, weights)
    scores = out_of_fold(places, weights, _folds(both, size), new[:, None].astype(np.float64))
    scale = max(float(np.abs(scores).max()), 1e-12)
    model = LogisticRegression(C=1e3, max_iter=1000)
    model.fit(scores / scale, new, sample_weight=weights * len(both) / 2)
    if model.coef_[0, 0] <= 0:
        return np.ones(len(both))
    odds: F64 = np.exp(np.clip(model.decision_function(scores / scale), -50, 50))
    return np.clip(odds, 1 / MOST, MOST)


def _folds(both: Both, size: I64) -> I64:
    """(n,) whole videos, or where a side has few of them, fifths of each in order of time."""
    counts = both.new_video.sum(), (~both.new_video).sum()
    if min(counts) >= LEAST_VIDEOS:
        return both.video % _FOLDS
    order = np.lexsort((both.t_s, both.video))
    starts = np.concatenate([[0], np.cumsum(size)[:-1]])
    within = np.empty(len(both), np.int64)
    within[order] = np.arange(len(both)) - np.repeat(starts, size)
    part = within * _PARTS // size[both.video]
    return (both.video % (_FOLDS // _PARTS)) * _PARTS + part
