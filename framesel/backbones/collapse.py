"""Has a backbone collapsed? Two numbers say it: the spread of its vectors and their effective rank.

Chen and He, "Exploring Simple Siamese Representation Learning" (2021), for the spread; Roy and
Vetterli, "The effective rank" (2007).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Spread:
    """How much of the sphere a set of vectors uses.

    Attributes:
        std: Mean deviation of the coordinates times sqrt(dim): 0 collapsed, 1 isotropic.
        rank: Effective rank of the centred vectors, from 1 to dim.
    """

    std: float
    rank: float


def spread_of(vectors: NDArray[np.float32]) -> Spread:
    """Spread of unit rows (n, dim)."""
    rows = np.asarray(vectors, np.float64)
    centred = rows - rows.mean(axis=0)
    std = float(centred.std(axis=0).mean() * np.sqrt(rows.shape[1]))
    singular = np.linalg.svd(centred, compute_uv=False)
    total = singular.sum()
    if total <= 1e-9:
        return Spread(std=0.0, rank=1.0)
    share = singular[singular > 0] / total
    return Spread(std=std, rank=float(np.exp(-(share * np.log(share)).sum())))
