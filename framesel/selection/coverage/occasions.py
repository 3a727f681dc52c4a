"""Coverage that tells occasions apart: what a frame vouches for in other shots than its own.

One vector for a whole picture does not see the small things that a detector is to find. Frames of
one shot show the same things; those of two shots may only look the same. So a frame covers others
of its shot by the kernel, and those of all other shots by ``trust`` times as much; and a shot
weighs what all its frames together weigh, however many different ones it has: a camera that moves
makes many, and shows one occasion.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framesel.selection.candidates import Candidates
from framesel.selection.coverage.widths import NEIGHBOUR, natural_width
from framesel.selection.vectors.arrays import F32, F64, I64
from framesel.selection.vectors.places import weight_for, with_places


@dataclass(frozen=True, eq=False)
class Occasions:
    """Vectors and a width for a Gaussian kernel that trusts other shots less.

    Attributes:
        vectors: (n, e) float32 unit rows of the candidates.
        already: (m, e) float32 unit rows of what is known.
        width: Of the kernel on these vectors.
    """

    vectors: F32
    already: F32
    width: float


def occasions(
    candidates: Candidates, already: F32, trust: float, width: float | None = None
) -> Occasions:
    """Puts frames where a kernel tells shots apart; as they are, where no shots are known.

    Args:
        candidates: With ``shots``, and ``already_shots`` for what is known.
        already: (m, d) float32 unit rows.
        trust: What likeness counts across shots, above 0, at most 1.
        width: Of the kernel within a shot; None: the natural one of one frame for each shot, or of
            all frames where there are hardly any shots.
    """
    if not len(candidates):
        return Occasions(candidates.vectors, already, 1.0)
    if candidates.shots is None:
        known = natural_width(candidates.vectors, already) if width is None else width
        return Occasions(candidates.vectors, already, known)
    known = _width(candidates, already) if width is None else width
    weight = weight_for(trust, known)
    shots = candidates.already_shots
    if shots is None:
        shots = -1 - np.arange(len(already))
    return Occasions(
        with_places(candidates.vectors, candidates.shots, weight),
        with_places(already, shots, weight),
        known * float(np.sqrt(1.0 - weight)),
    )


def shared_mass(candidates: Candidates, alpha: float) -> F64:
    """(n,) weight of each frame: the frames of a shot share the shot's mass to the power of alpha.

    In proportion to their own. A frame of which no shot is known is a shot by itself.

    Args:
        candidates: With mass.
        alpha: 0 to 1.
    """
    mass = candidates.mass.astype(np.float64)
    if candidates.shots is None:
        return mass**alpha
    at: I64 = np.unique(candidates.shots, return_inverse=True)[1]
    together = np.bincount(at, weights=mass)[at]
    return mass * together ** (alpha - 1.0)


def _width(candidates: Candidates, already: F32) -> float:
    """The natural width of one frame for each shot: that which stands for most others."""
    assert candidates.shots is not None
    order = np.lexsort((-candidates.mass, candidates.shots))
    first = np.diff(candidates.shots[order], prepend=candidates.shots[order[0]] - 1) != 0
    standing = np.sort(order[first])
    if len(standing) <= NEIGHBOUR:
        return natural_width(candidates.vectors, already)
    return natural_width(np.ascontiguousarray(candidates.vectors[standing]), already[:0])
