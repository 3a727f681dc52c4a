"""Shots that show a copy of one another are one shot: a clip stored twice, a still of a video."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from framesel.selection.duplicates.rule import Rule
from framesel.selection.vectors.arrays import F32, I64


def within_joined_shots(rule: Rule, copies: Rule, shot: I64, keeper: I64, cosine: F32) -> I64:
    """Put each shot to the rule by itself, join shots that show copies, and do these again.

    In the end no kept frame is a copy of a kept frame of another shot, and no frame's most similar
    kept frame is one of another shot that it is a copy of.

    Args:
        rule: What counts as the same within a shot.
        copies: What counts as a copy.
        shot: (n,) whole numbers.
        keeper: (n,) who stands for each frame, in place.
        cosine: (n,) the inner product with it, in place.

    Returns:
        (n,) the shots, joined; one that is joined of several has the lowest of their numbers.
    """
    everything = np.arange(len(shot))
    rows = everything
    while len(rows):
        rule.within(shot, rows, keeper, cosine)
        copied = copies.nearest(np.flatnonzero(keeper == everything))
        joined = _joined(shot, everything[copied >= 0], copied[copied >= 0])
        grown = np.unique(joined[joined != shot])
        rows = np.flatnonzero(np.isin(joined, grown))
        shot = joined
    return shot


def _joined(shot: I64, rows: I64, copied: I64) -> I64:
    """(n,) shots, where those of some rows are those of what they are copies of."""
    names, no = np.unique(shot, return_inverse=True)
    ends = no[rows], no[copied]
    links = coo_array((np.ones(len(rows), np.int8), ends), (len(names), len(names)))
    count, part = connected_components(links, directed=False)
    lowest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(lowest, part, names)
    joined: I64 = lowest[part][no]
    return joined
