"""Balance between classes as a term of an objective: the square roots of predicted counts."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.selection.vectors.dot import kernel


class ClassTerm(NamedTuple):
    """``weight * sum over classes c of sqrt(n_c(S))``, n_c the boxes of class c in the picks.

    A concave function of a sum is submodular: the first boxes of a class count most. Without
    classes it is 0 everywhere.

    Attributes:
        counts: (n, C) float32 boxes of each class that a detector sees in each frame.
        weight: Of the term in the objective.
        have: (C,) float64 boxes in the picks so far; grows in place.
    """

    counts: F32
    weight: float
    have: F64


def class_term(counts: F32 | None, n: int, most: float) -> ClassTerm:
    """The term that reaches ``most`` when all frames are picked.

    Args:
        counts: (n, C) float32 predicted boxes by class; None without a detector.
        n: Number of candidates.
        most: Its value for the whole pool.
    """
    table = np.zeros((n, 0), np.float32) if counts is None else counts
    whole = float(np.sqrt(table.sum(axis=0, dtype=np.float64)).sum())
    weight = most / whole if whole > 0.0 else 0.0
    return ClassTerm(np.ascontiguousarray(table), weight, np.zeros(table.shape[1]))


@kernel
def class_gain(term: ClassTerm, row: int) -> float:
    """What the term grows by with one more row.

    ``sqrt(n + x) - sqrt(n)`` as ``x / (sqrt(n + x) + sqrt(n))``: each operation of this form is
    monotone in n even after rounding, so gains never grow, to the last bit.
    """
    total = 0.0
    for at in range(term.counts.shape[1]):
        more = np.float64(term.counts[row, at])
        if more > 0.0:
            total += more / (np.sqrt(term.have[at] + more) + np.sqrt(term.have[at]))
    return total * term.weight


@kernel
def class_gains(term: ClassTerm, rows: I64, gains: F64) -> None:
    """Add the gain of each of some rows to ``gains``."""
    for at in range(len(rows)):
        gains[at] += class_gain(term, rows[at])


def take_classes(term: ClassTerm, row: int) -> None:
    """Count the boxes of a pick."""
    term.have[:] += term.counts[row]
