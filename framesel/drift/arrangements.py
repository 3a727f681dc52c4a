"""Which pieces are called new: as they are, and in all other ways that would be as likely."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np

from framesel.drift.footage import F64, Mask


@dataclass(frozen=True, eq=False)
class Arrangements:
    """a ways to call as many of the u pieces new as there are.

    Attributes:
        side: (a, u) 1 where a piece is called new, else 0; the first row is how it is.
        exact: Whether these are all ways there are, each once.
    """

    side: F64
    exact: bool

    def __len__(self) -> int:
        return len(self.side)


def arrangements(is_new: Mask, most: int, rng: np.random.Generator) -> Arrangements:
    """All arrangements where there are at most ``most`` others, else that many drawn at random.

    Args:
        is_new: (u,) how it is.
        most: Arrangements beside it, at most.
        rng: Draws them.
    """
    u, m = len(is_new), int(is_new.sum())
    if math.comb(u, m) <= most + 1:
        ways = np.zeros((math.comb(u, m), u))
        for row, chosen in zip(ways, itertools.combinations(range(u), m), strict=True):
            row[list(chosen)] = 1.0
        first = (ways == is_new).all(axis=1)
        return Arrangements(np.concatenate([ways[first], ways[~first]]), exact=True)
    drawn = rng.permuted(np.tile(is_new.astype(np.float64), (most, 1)), axis=1)
    return Arrangements(np.concatenate([is_new[None].astype(np.float64), drawn]), exact=False)
