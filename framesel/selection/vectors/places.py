"""Vectors that know where a frame is from, for pictures that look alike and are not.

One vector says what a picture looks like as a whole: two skies are one sky, whatever flies in them.
Frames of another shot are other occasions, with other objects, and a strategy that trusts the
likeness of pictures alone takes one for the other.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from framesel.errors import SelectionError
from framesel.selection.vectors.arrays import F32, I64
from framesel.selection.vectors.hashes import splitmix64

_ROWS_AT_ONCE: Final = 8_192
CODE: Final = 64
"""Numbers of a code: two different ones have an inner product of 0 on average, of 1/8 by chance."""


def with_places(vectors: F32, place: I64, weight: float) -> F32:
    """Unit rows whose inner products are lower between frames of different places.

    ``(1 - w) x.y + w [same place]``, up to chance: each place has a code of ±1 that is drawn from
    its number, and two codes are orthogonal but for ``w`` times about 1/8.

    Args:
        vectors: (n, d) unit rows.
        place: (n,) whole numbers, e.g. of shots.
        weight: w, 0 to below 1; 0 leaves the vectors as they are.

    Returns:
        (n, d + CODE) float32.

    Raises:
        SelectionError: The weight is out of range.
    """
    if not 0.0 <= weight < 1.0:
        raise SelectionError(f"the weight of places is {weight}; give 0 to below 1")
    if not weight:
        return vectors
    found = np.empty((len(vectors), vectors.shape[1] + CODE), np.float32)
    for low in range(0, len(vectors), _ROWS_AT_ONCE):
        part = slice(low, low + _ROWS_AT_ONCE)
        joined = found[part]
        joined[:, : vectors.shape[1]] = vectors[part] * np.float32(np.sqrt(1.0 - weight))
        joined[:, vectors.shape[1] :] = _codes(place[part]) * np.float32(np.sqrt(weight / CODE))
        length = np.sqrt(np.einsum("ij,ij->i", joined, joined, dtype=np.float64))
        found[part] = joined / length[:, None]
    return found


def weight_for(trust: float, width: float) -> float:
    """The weight of places with which a Gaussian kernel is ``trust`` times as high across them.

    With ``exp(-d^2 / 2 s^2)`` of the pictures and ``w`` for the places, a kernel of the width
    ``s sqrt(1 - w)`` is the same within a place and ``exp(-w / ((1 - w) s^2))`` times that across.

    Args:
        trust: Above 0, at most 1.
        width: s, chord distance.
    """
    ratio = -math.log(trust) * width**2
    return ratio / (1.0 + ratio)


def _codes(place: I64) -> NDArray[np.int8]:
    """(n, CODE) ±1: the bits of each number's hash."""
    x = splitmix64(np.asarray(place, np.int64).astype(np.uint64))
    bits = (x[:, None] >> np.arange(CODE, dtype=np.uint64)) & np.uint64(1)
    codes: NDArray[np.int8] = (bits.astype(np.int8) * 2 - 1).astype(np.int8)
    return codes
