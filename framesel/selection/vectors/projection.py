"""Short rows whose inner products bound those of the long ones from above."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framesel.selection.vectors.arrays import F32, I64

_SAMPLE = 256
_SAFETY = 1e-6


@dataclass(frozen=True, eq=False)
class Projection:
    """An orthonormal basis; what lies outside it is kept as a length only.

    With x = (x1, x2), inside and outside: ``x.y <= x1.y1 + |x2| |y2|`` (Cauchy-Schwarz), which is
    one inner product of p + 1 numbers. Good where p directions hold most of the energy.

    Attributes:
        basis: (d, p) float32 orthonormal columns.
    """

    basis: F32

    def shorten(self, vectors: F32) -> F32:
        """Rows (x1, |x2|): (n, p + 1) float32 from (n, d) float32 unit rows."""
        short = np.empty((len(vectors), self.basis.shape[1] + 1), np.float32)
        short[:, :-1] = vectors @ self.basis
        inside = np.einsum("ij,ij->i", short[:, :-1], short[:, :-1], dtype=np.float64)
        whole = np.einsum("ij,ij->i", vectors, vectors, dtype=np.float64)
        short[:, -1] = np.sqrt(np.maximum(whole - inside, 0.0) + _SAFETY)
        return short


def find_projection(vectors: F32, rows: I64, p: int = 48) -> Projection:
    """The p leading directions of an evenly spaced sample of the rows.

    Args:
        vectors: (n, d) float32 unit rows.
        rows: (r,) int64 rows to describe.
        p: Width of the basis; at most d and the size of the sample.
    """
    step = max(1, len(rows) // _SAMPLE)
    sample = vectors[rows[::step][:_SAMPLE]]
    _, _, directions = np.linalg.svd(sample, full_matrices=False)
    return Projection(np.ascontiguousarray(directions[:p].T, dtype=np.float32))
