"""Frames that look like nothing around them: more often a fault of the camera than an event.

An event that is worth a label shares its place with the frames before and after it, and lasts for
more than one frame as often as not. What broke in the encoder or on the way shares nothing with
anything. A gate that judges sharpness and brightness lets it pass, and whatever looks for the
farthest frame buys it first.
"""

from __future__ import annotations

import numpy as np

from framesel.selection.candidates import Candidates
from framesel.selection.vectors.arrays import F64, Bool, chord

FENCE = 3.0
"""Interquartile ranges above the upper quartile from which a distance is far out (Tukey,
"Exploratory Data Analysis", 1977)."""

FEWEST = 20
"""With fewer frames there is no telling what is usual."""


def loners(candidates: Candidates) -> Bool:
    """Which frames stand for themselves alone and are far from both neighbours in time. (n,) bool.

    A frame that has near-duplicates (mass above 1) is none, nor is the only frame of its group.
    Distances count as far by Tukey's outer fence over all frames.
    """
    away = _from_neighbours(candidates)
    known = away[np.isfinite(away)]
    if len(known) < FEWEST:
        return np.zeros(len(candidates), np.bool_)
    low, high = np.quantile(known, (0.25, 0.75))
    far = np.isfinite(away) & (away > high + FENCE * (high - low))
    alone: Bool = far & (candidates.mass <= 1)
    return alone


def _from_neighbours(candidates: Candidates) -> F64:
    """(n,) chord distance to the nearer of the frames before and after in the same group.

    inf for a frame that is alone in its group.
    """
    line = candidates.timeline()
    rows, groups = candidates.vectors[line], candidates.groups[line]
    gaps = chord(np.einsum("ij,ij->i", rows[:-1], rows[1:]))
    gaps[groups[1:] != groups[:-1]] = np.inf
    nearer = np.minimum(np.append(gaps, np.inf), np.append(np.inf, gaps))
    away = np.empty(len(line), np.float64)
    away[line] = nearer
    return away
