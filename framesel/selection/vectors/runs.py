"""Runs of consecutive similar frames, each with a centre and a radius: what pruning works on.

Footage hardly changes from one frame to the next, so one inner product with the centre of a run
says much about all of its frames. For a unit vector q and a frame x of the run at angle a from the
centre c, ``q.x <= cos a * (q.c) + sin a * sqrt(1 - (q.c)^2)`` (Cauchy-Schwarz on what lies beside
c), and for the run as a whole ``angle(q, x) >= angle(q, centre) - radius``.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from framesel import threads
from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.selection.vectors.dot import dot_rows, kernel

_SLACK = 1e-5
"""More than float32 can err in a distance from the centre, up to some ten thousand columns."""


@dataclass(frozen=True, eq=False)
class Runs:
    """A partition of rows into b runs of consecutive rows.

    Attributes:
        starts: (b + 1,) int64, run j holds rows starts[j] to starts[j + 1] - 1.
        centres: (b, d) float32 unit rows.
        radius: (b,) float64 radians, largest angle between a row and its centre.
        cos_in: (n,) float32 cosine between each row and the centre of its run.
        sin_in: (n,) float32 sine of the same angle, never too small.
    """

    starts: I64
    centres: F32
    radius: F64
    cos_in: F32
    sin_in: F32

    def __len__(self) -> int:
        return len(self.centres)


def find_runs(vectors: F32, rows: I64, cos_first: float, longest: int) -> Runs:
    """Cut rows into runs; a run ends where the cosine to its first row falls below a bound.

    Args:
        vectors: (n, d) float32 unit rows.
        rows: (r,) int64, the rows to partition, in the order of footage.
        cos_first: That bound.
        longest: Most rows in a run.
    """
    cut = np.empty(len(rows) + 1, np.int64)
    runs = _cut(vectors, rows, np.float32(cos_first), longest, cut)
    starts = cut[: runs + 1].copy()
    centres = np.empty((runs, vectors.shape[1]), np.float32)
    chord = np.empty(len(rows), np.float64)
    part = max(1, -(-runs // (4 * threads.count())))

    def centre(first: int) -> None:
        _centre(vectors, rows, starts, first, min(first + part, runs), centres, chord)

    with ThreadPoolExecutor(threads.count()) as pool:
        for _ in pool.map(centre, range(0, runs, part)):
            pass
    chord = np.minimum(chord + _SLACK, 2.0)
    cos_in = (1.0 - 0.5 * chord**2).astype(np.float32)
    sin_in = (chord * np.sqrt(1.0 - 0.25 * chord**2) + _SLACK).astype(np.float32)
    longest_chord = np.maximum.reduceat(chord, starts[:-1]) if runs else np.empty(0)
    return Runs(starts, centres, 2.0 * np.arcsin(0.5 * longest_chord), cos_in, sin_in)


@kernel
def _cut(vectors: F32, rows: I64, cos_first: np.float32, longest: int, cut: I64) -> int:
    """Write the starts of the runs and the end of the last; return the number of runs."""
    runs = 0
    for at in range(len(rows)):
        if (
            at == 0
            or at - cut[runs - 1] >= longest
            or dot_rows(vectors, rows[at], vectors, rows[cut[runs - 1]]) < cos_first
        ):
            cut[runs] = at
            runs += 1
    cut[runs] = len(rows)
    return runs


@kernel
def _centre(
    vectors: F32, rows: I64, starts: I64, first: int, last: int, centres: F32, chord: F64
) -> None:
    """Write the mean direction of runs, and each row's distance from it, both as unit vectors."""
    dim = vectors.shape[1]
    mean = np.empty(dim, np.float64)
    gap = np.empty((1, dim), np.float32)
    for run in range(first, last):
        mean[:] = 0.0
        for at in range(starts[run], starts[run + 1]):
            row = vectors[rows[at]]
            for column in range(dim):
                mean[column] += row[column]
        norm = np.sqrt((mean * mean).sum())
        centre = centres[run]
        if norm > 1e-6:
            for column in range(dim):
                centre[column] = mean[column] / norm
        else:
            centre[:] = vectors[rows[starts[run]]]
        for at in range(starts[run], starts[run + 1]):
            row = vectors[rows[at]]
            scale = np.float32(1.0) / np.sqrt(dot_rows(vectors, rows[at], vectors, rows[at]))
            for column in range(dim):
                gap[0, column] = row[column] * scale - centre[column]
            chord[at] = np.sqrt(np.float64(dot_rows(gap, 0, gap, 0)))
