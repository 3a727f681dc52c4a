"""How far frames are from the nearest of a choice, for many sizes of the choice at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from framesel.report.vectors import SomeVectors

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

BLOCK_BYTES = 64 << 20
"""Cosines that are in memory at a time."""


@dataclass(frozen=True, eq=False)
class Reach:
    """Frames that distances are measured from.

    Attributes:
        vectors: Of all frames that are asked for.
        measured: (m,) rows of those that are measured.
        before: (b, d) float32 unit rows of what is chosen whatever comes.
        best: (m,) cosine to the nearest of ``before``; -1 where there is none.
    """

    vectors: SomeVectors
    measured: Ints
    before: F32
    best: F32

    @classmethod
    def of(cls, vectors: SomeVectors, measured: Ints, before: Ints) -> Reach:
        """Looks once at what is chosen whatever comes.

        Args:
            vectors: Of all frames that are asked for.
            measured: Rows.
            before: Rows.
        """
        best = np.full(len(measured), -1.0, np.float32)
        chosen = vectors[before]
        if len(before):
            for part in _blocks(len(measured), len(before)):
                best[part] = (vectors[measured[part]] @ chosen.T).max(axis=1)
        return cls(vectors, measured, chosen, best)

    def over(self, rows: Ints, sizes: Ints) -> F64:
        """(g,) mean cosine distance to the nearest of the first so many rows, or of ``before``.

        Args:
            rows: (k,) what is chosen, in order; k >= 1.
            sizes: (g,) how many of them, 1 to k, never falling.
        """
        starts = np.concatenate([[0], sizes[:-1]])
        total = np.zeros(len(sizes))
        chosen = self.vectors[rows[: sizes[-1]]]
        for part in _blocks(len(self.measured), len(chosen)):
            cosines = self.vectors[self.measured[part]] @ chosen.T
            nearest = self.best[part]
            for at, (low, high) in enumerate(zip(starts.tolist(), sizes.tolist(), strict=True)):
                if high > low:
                    nearest = np.maximum(nearest, cosines[:, low:high].max(axis=1))
                total[at] += np.maximum(0.0, 1.0 - nearest.astype(np.float64)).sum()
        return total / max(1, len(self.measured))


def companions(chosen: F32, before: F32, tau_cos: float) -> Ints:
    """(k,) for each chosen frame, from which size of the choice on it has another within tau.

    Args:
        chosen: (k, d) float32 unit rows, in order.
        before: (b, d) float32 unit rows of what is chosen whatever comes.
        tau_cos: Cosine from which two frames are the same.

    Returns:
        The lowest position of another chosen frame that is the same; -1 where one of ``before`` is,
        and k where there is none.
    """
    k = len(chosen)
    first = np.full(k, k, np.int64)
    for part in _blocks(k, k + len(before)):
        same = chosen[part] @ chosen.T >= tau_cos
        own = np.arange(k)[part]
        same[np.arange(len(own)), own] = False
        some = same.any(axis=1)
        first[part][some] = same[some].argmax(axis=1)
        if len(before):
            first[part][(chosen[part] @ before.T >= tau_cos).any(axis=1)] = -1
    return first


def _blocks(rows: int, columns: int) -> list[slice]:
    step = max(1, BLOCK_BYTES // (4 * max(1, columns)))
    return [slice(low, low + step) for low in range(0, rows, step)]
