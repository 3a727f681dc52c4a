"""Many correlated features to few uncorrelated ones, learnt without labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from framesel.selection.vectors.arrays import F32

FAR: Final = 8.0
"""Features are cut off at so many standard deviations."""

LEAST_VARIANCE: Final = 1e-3
"""Added to the variance of each component, so that the last ones are not blown up."""


@dataclass(frozen=True, eq=False)
class Whitening:
    """Principal components of standardised features, each scaled to variance one.

    Attributes:
        mean: (F,) float32.
        spread: (F,) float32 standard deviations.
        basis: (F, d) float32.
    """

    mean: F32
    spread: F32
    basis: F32

    def __call__(self, features: F32) -> F32:
        """(k, F) to (k, d) float32."""
        standard = np.clip((features - self.mean) / self.spread, -FAR, FAR)
        small: F32 = (standard @ self.basis).astype(np.float32)
        return small


def whitening_of(features: F32, dim: int) -> Whitening:
    """What makes the features of a sample uncorrelated.

    Args:
        features: (m, F) of a sample.
        dim: Components to keep at most.
    """
    mean = features.mean(axis=0, dtype=np.float64)
    spread = np.maximum(features.std(axis=0, dtype=np.float64), 1e-3)
    standard = np.clip((features - mean) / spread, -FAR, FAR)
    values, vectors = np.linalg.eigh(standard.T @ standard / len(standard))
    first = np.argsort(-values)[:dim]
    # The sign of an eigenvector is the library's choice: take the one that is mostly positive.
    sign = np.where(vectors[:, first].sum(axis=0) < 0.0, -1.0, 1.0)
    basis = vectors[:, first] * sign / np.sqrt(values[first] + LEAST_VARIANCE)
    columns = (mean, spread, basis)
    return Whitening(*(np.ascontiguousarray(column, np.float32) for column in columns))
