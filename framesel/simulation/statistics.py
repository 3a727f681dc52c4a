"""Confidence intervals and tests for strategies compared on several seeds.

A figure is kept as a *tally*: what each video contributes to it. Any sample of videos then has its
value without looking at a frame again, which is what a bootstrap over videos needs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from scipy import stats

from framesel.selection.vectors.arrays import F64

LEAST_SEEDS = 10
"""Under which no test is made: with five pairs the smallest two-sided p of Wilcoxon is 1/16."""

Reduce: TypeAlias = Callable[[F64, F64], F64]
"""From a tally (V, ...) and weights (B, V), how often each video was drawn, to (B,) values."""


def ratio(tally: F64, weights: F64) -> F64:
    """Mean over strata of sum / count.

    Args:
        tally: (V, strata, 2): what each video adds to sum and count of each stratum.
        weights: (B, V).

    Returns:
        (B,); strata without any count are left out, nan where none is left.
    """
    sums = np.tensordot(weights, tally, axes=1)
    counts = sums[..., 1]
    there = counts > 0
    shares = np.where(there, sums[..., 0] / np.where(there, counts, 1.0), 0.0)
    strata = there.sum(axis=-1)
    mean: F64 = np.where(strata > 0, shares.sum(axis=-1) / np.maximum(strata, 1), np.nan)
    return mean


def largest(tally: F64, weights: F64) -> F64:
    """Largest contribution (V,) of any video that was drawn; nan where none has one."""
    drawn = np.where((weights > 0) & np.isfinite(tally), tally, -np.inf).max(
        axis=1, initial=-np.inf
    )
    return np.where(np.isfinite(drawn), drawn, np.nan)


def evenness(tally: F64, weights: F64) -> F64:
    """Entropy of the summed histograms (V, C), divided by log C; nan for empty ones.

    The same as :func:`framesel.simulation.metrics.class_balance` for each sample.
    """
    counts = weights @ tally
    total = counts.sum(axis=1, keepdims=True)
    shares = counts / np.where(total > 0, total, 1.0)
    logs = np.log(np.where(shares > 0, shares, 1.0))
    entropy = -(shares * logs).sum(axis=1) / np.log(max(tally.shape[1], 2))
    balance: F64 = np.where(total[:, 0] > 0, entropy, np.nan)
    return balance


def draws(videos: int, replicates: int, rng: np.random.Generator) -> F64:
    """How often each video is in each bootstrap sample of as many videos: (replicates, videos)."""
    return rng.multinomial(videos, np.full(videos, 1.0 / videos), size=replicates).astype(
        np.float64
    )


def replicates(tallies: Sequence[F64], reduce: Reduce, weights: F64, seeds: F64) -> F64:
    """Bootstrap values of a figure averaged over seeds: videos and seeds drawn anew.

    Video v of one seed and of another are the same camera (of a preset or of the same footage), so
    they are drawn together: two levels, both with replacement (Davison & Hinkley, "Bootstrap
    Methods and their Application", 1997, section 3.8).

    Args:
        tallies: One for each seed.
        reduce: From tally and weights to values.
        weights: (B, V) of :func:`draws` over videos, or (1, V) for the videos as they are.
        seeds: (B, S) of :func:`draws` over seeds.

    Returns:
        (B,); nan where no drawn seed has a value.
    """
    values = np.stack([reduce(tally, weights) for tally in tallies], axis=1)
    there = np.isfinite(values)
    total = (seeds * there).sum(axis=1)
    summed = (seeds * np.where(there, values, 0.0)).sum(axis=1)
    mean: F64 = np.where(total > 0, summed / np.where(total > 0, total, 1.0), np.nan)
    return mean


def interval(values: F64, level: float = 0.95) -> tuple[float, float]:
    """Percentile interval of bootstrap values, nan without any."""
    finite = values[np.isfinite(values)]
    if not len(finite):
        return float("nan"), float("nan")
    low, high = np.quantile(finite, [0.5 - level / 2, 0.5 + level / 2])
    return float(low), float(high)


def paired_p(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """Two-sided p of Wilcoxon's signed-rank test over seeds; nan under ``LEAST_SEEDS`` pairs.

    Exact with ties too: all signs of the differences are equally likely, and the distribution of
    the rank sum is counted, not approximated (``scipy.stats.wilcoxon`` agrees, and takes a hundred
    times as long where there are ties). Equal pairs are left out (1 if all are equal), as are pairs
    in which a figure is missing on one side. Wilcoxon, "Individual comparisons by ranking methods",
    Biometrics Bulletin 1, 1945.
    """
    differences = np.asarray(ours, np.float64) - np.asarray(theirs, np.float64)
    differences = differences[np.isfinite(differences)]
    if len(differences) < LEAST_SEEDS:
        return float("nan")
    differences = differences[differences != 0]
    # Ranks of ties end in halves: doubled, they are whole.
    ranks = np.rint(2 * stats.rankdata(np.abs(differences))).astype(np.int64)
    ways = np.zeros(int(ranks.sum()) + 1)
    ways[0] = 1.0
    for rank in ranks:
        ways[rank:] = (ways[rank:] + ways[: len(ways) - rank]) / 2
        ways[:rank] /= 2
    at = int(ranks[differences > 0].sum())
    tail = min(ways[: at + 1].sum(), ways[at:].sum())
    return float(min(1.0, 2 * tail))


def holm(p_values: Sequence[float]) -> list[float]:
    """Values of p, adjusted for making several comparisons at once.

    nan stays nan and counts as no comparison. Holm, "A simple sequentially rejective multiple test
    procedure", Scandinavian Journal of Statistics 6, 1979.
    """
    values = np.asarray(p_values, np.float64)
    adjusted = np.full(len(values), np.nan)
    tested = np.flatnonzero(np.isfinite(values))
    order = tested[np.argsort(values[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(values[order] * factors), 1.0)
    return [float(value) for value in adjusted]
