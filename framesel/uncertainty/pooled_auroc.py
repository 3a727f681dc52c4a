"""How well a score tells errors from the rest where scores of several models do not compare."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import rankdata


def pooled_auroc(groups: Iterable[tuple[ArrayLike, ArrayLike]]) -> float:
    """Share of pairs of one group in which the frame with an error scores higher.

    Pairs are formed inside groups only: a score of one model says nothing beside a score of
    another. With one group it is the AUROC (Mann and Whitney, 1947); with several, their AUROC
    weighted by numbers of pairs (the stratified statistic of van Elteren, 1960, with weights 1).

    Args:
        groups: Of each (n,) scores, higher meaning more likely an error, and (n,) bool, whether
            the frame holds an error. Frames with nan do not count. Ties count half.

    Returns:
        In [0, 1]; nan where no group has both a frame with an error and one without.
    """
    concordant, pairs = 0.0, 0
    for score, error in groups:
        values, held = np.asarray(score, np.float64), np.asarray(error, np.bool_)
        known = ~np.isnan(values)
        values, held = values[known], held[known]
        with_error = int(held.sum())
        ranks = rankdata(values)[held].sum()
        concordant += float(ranks) - with_error * (with_error + 1) / 2
        pairs += with_error * (len(held) - with_error)
    return concordant / pairs if pairs else float("nan")
