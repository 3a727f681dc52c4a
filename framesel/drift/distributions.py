"""Kolmogorov-Smirnov distances between two sets of pieces, for one number at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framesel.drift.footage import F64, I64

_POINTS = 256


@dataclass(frozen=True, eq=False)
class Curves:
    """Distribution functions of u pieces.

    Attributes:
        below: (u, g) share of a piece's values up to each of g points; 0 where it has none.
        there: (u,) 1 where a piece has values, else 0.
    """

    below: F64
    there: F64


def curves(values: F64, of: I64, count: int) -> Curves:
    """The distribution function of each piece at every value, or at 256 quantiles of all.

    Args:
        values: (n,)
        of: (n,) piece of each.
        count: Pieces: u.
    """
    points = np.unique(values)
    if len(points) > _POINTS:
        shares = np.arange(1, _POINTS + 1) / _POINTS
        points = np.unique(np.quantile(values, shares, method="inverted_cdf"))
    place = np.searchsorted(points, values)
    number = np.bincount(of, minlength=count).astype(np.float64)
    g = max(len(points), 1)
    hits = np.bincount(of * g + place, minlength=count * g).reshape(count, g)
    share = np.cumsum(hits, axis=1) / np.maximum(number, 1.0)[:, None]
    return Curves(share, (number > 0).astype(np.float64))


def largest_gap(found: Curves, side: F64) -> F64:
    """D = max |F_new - F_known| of each arrangement, F the mean curve of a side's pieces.

    With pieces of one value each it is the two-sample statistic of Kolmogorov and Smirnov. 0 where
    a side has no values.

    Args:
        found: Of u pieces.
        side: (a, u) as in ``Arrangements``.

    Returns:
        (a,)
    """
    new, known = side @ found.there, (1.0 - side) @ found.there
    sums = side @ found.below
    rest = found.below.sum(axis=0) - sums
    gap = sums / np.maximum(new, 1.0)[:, None] - rest / np.maximum(known, 1.0)[:, None]
    largest: F64 = np.where((new > 0) & (known > 0), np.abs(gap).max(axis=1), 0.0)
    return largest
