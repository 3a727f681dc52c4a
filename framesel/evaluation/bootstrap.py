"""Intervals by drawing whole videos, because frames of one video are not independent."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.evaluation.results import Estimate

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

LEVEL = 0.95


def groups(video: NDArray[Any]) -> tuple[I64, I64]:
    """The numbers of the videos, rising (V,), and for each picture which of them it belongs to."""
    numbers, group = np.unique(np.asarray(video, np.int64), return_inverse=True)
    return numbers, group.reshape(-1).astype(np.int64)


def draws(videos: int, replicates: int, seed: int) -> F64:
    """How often each video is in each sample of as many videos, drawn with replacement.

    Returns:
        (replicates, videos) float64 of whole numbers; the same for equal arguments, so that two
        detectors that are judged with one seed are judged on the same samples.
    """
    if videos == 0:
        return np.zeros((replicates, 0))
    chance = np.full(videos, 1.0 / videos)
    drawn = np.random.default_rng(seed).multinomial(videos, chance, size=replicates)
    return drawn.astype(np.float64)


def estimate(value: float, values: F64, videos: int) -> Estimate:
    """A figure with the percentile interval of its replicates.

    Efron & Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13. With few videos it is
    too narrow, because those that were not filmed are not among what is drawn.

    Args:
        value: Of the footage as it is.
        values: (B,) of samples; nan where a sample says nothing.
        videos: In how many there is something to judge. With fewer than two nothing is known of
            others: no interval.
    """
    finite = values[np.isfinite(values)]
    if videos < 2 or not len(finite) or not np.isfinite(value):
        return Estimate(float(value), float("nan"), float("nan"))
    low, high = np.quantile(finite, [0.5 - LEVEL / 2, 0.5 + LEVEL / 2])
    return Estimate(float(value), float(low), float(high))
