"""How often something is so among alike: shares that lean on a wider one where cases are few."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


def rate(key: Array, hit: Array, parent: F64 | float, weight: float) -> F64:
    """Of each case, the share of hits among the other cases with its key.

    Args:
        key: (k,) whole numbers, or (k, d) rows of such.
        hit: (k,) bool.
        parent: (k,) what is expected before any case is seen.
        weight: How many cases that is worth, over 0.

    Returns:
        (k,) in [0, 1] if ``parent`` is: ``(hits + weight parent) / (cases + weight)``, the case
        itself left out.
    """
    place = _numbered(key)
    cases, hits = np.bincount(place), np.bincount(place, np.asarray(hit, np.float64))
    left: F64 = (hits[place] - hit + weight * parent) / (cases[place] - 1 + weight)
    return left


def own_rate(key: Array, kind: I64, parent: F64 | float, weight: float) -> F64:
    """Of each case, the share of its own kind among the other cases with its key.

    Args:
        key: (k,) whole numbers, or (k, d) rows of such.
        kind: (k,) whole numbers.
        parent: As in ``rate``.
        weight: As in ``rate``.
    """
    place = _numbered(key)
    same = _numbered(np.stack([place, kind], axis=1))
    cases, alike = np.bincount(place), np.bincount(same)
    left: F64 = (alike[same] - 1 + weight * parent) / (cases[place] - 1 + weight)
    return left


def medians(key: Array, values: F64) -> tuple[F64, I64]:
    """Of each case, the medians of the columns over all cases with its key, and how many they are.

    Args:
        key: (k,) whole numbers.
        values: (k, d).

    Returns:
        (k, d) and (k,).
    """
    place = _numbered(key)
    cases = np.bincount(place)
    first = np.cumsum(cases) - cases
    found = np.empty((len(cases), values.shape[1]))
    for number, column in enumerate(values.T):
        rising = column[np.lexsort((column, place))]
        found[:, number] = (rising[first + (cases - 1) // 2] + rising[first + cases // 2]) / 2
    return found[place], cases[place]


def _numbered(key: Array) -> I64:
    """(k,) equal numbers for equal keys, from 0 without a gap."""
    # Column by column: numpy sorts rows slowly.
    place = np.zeros(len(key), np.int64)
    for column in (key if key.ndim == 2 else key[:, None]).T:
        values, number = np.unique(column, return_inverse=True)
        place = np.unique(place * len(values) + number, return_inverse=True)[1]
    return place
