"""Vectors that know where a frame is from, for pictures that look alike and are not.

One vector says what a picture looks like as a whole: two skies are one sky, whatever flies in them.
Frames of another shot are other occasions, with other objects, and a strategy that trusts the
likeness of pictures alone takes one for the other.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from framesel.errors import SelectionError
from framesel.selection.vectors.arrays import F32, I64

CODE: Final = 64
"""Numbers of a code: two different ones have an inner product of 0 on average, of 1/8 by chance."""


def with_places(vectors: F32, place: I64, weight: float) -> F32:
    """Unit rows whose inner products are lower between frames of different places.

    ``(1 - w) x.y + w [same place]``, up to chance: each place has a code of ±1 that is drawn from
    its number, and two codes are orthogonal but for ``w`` times about 1/8.

    Args:
        vectors: (n, d) unit rows.
        place: (n,) whole numbers from 0, e.g. of shots.
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
    numbers, at = np.unique(place, return_inverse=True)
    codes = np.empty((len(numbers), CODE), np.float32)
    for row, number in enumerate(numbers.tolist()):
        codes[row] = np.random.default_rng(number).choice((-1.0, 1.0), CODE)
    joined = np.empty((len(vectors), vectors.shape[1] + CODE), np.float32)
    joined[:, : vectors.shape[1]] = vectors * np.float32(np.sqrt(1.0 - weight))
    joined[:, vectors.shape[1] :] = codes[at] * np.float32(np.sqrt(weight / CODE))
    length = np.sqrt(np.einsum("ij,ij->i", joined, joined, dtype=np.float64))
    found: F32 = (joined / length[:, None]).astype(np.float32)
    return found
