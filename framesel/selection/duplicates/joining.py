"""Shots that show a copy of one another are one shot: a clip stored twice, a still of a video.

Within one, frames that stand for others are put to the rule once more, and then those that lost
whoever stood for them. So a shot is decided by itself first, and of the others only its kept frames
matter: that is what lets footage that fits into no memory be decided shard by shard.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from framesel.selection.duplicates.links import InMemory, Side, find_links
from framesel.selection.duplicates.rule import Rule
from framesel.selection.vectors.arrays import F32, I64


@dataclass(frozen=True, eq=False)
class Standing:
    """Who stands for each of n frames, and how like it that one is."""

    keeper: I64
    cosine: F32

    @property
    def kept(self) -> I64:
        """(k,) rows that stand for themselves."""
        rows: I64 = np.flatnonzero(self.keeper == np.arange(len(self.keeper)))
        return rows


def join_shots(rule: Rule, tau_across: float, shot: I64, alone: Standing) -> tuple[I64, Standing]:
    """Joins shots that show copies and decides each joined one.

    In the end no kept frame is a copy of a kept frame of another shot.

    Args:
        rule: What counts as the same within a shot.
        tau_across: Cosine from which frames of different shots are copies.
        shot: (n,) whole numbers.
        alone: Who stands for whom where each shot is by itself.

    Returns:
        (n,) the shots, where a joined one has the lowest of its numbers, and who stands for whom.
    """
    frames = InMemory(rule.vectors, rule.tiles)
    found = Standing(alone.keeper.copy(), alone.cosine.copy())
    asked, bank = np.arange(len(shot)), alone.kept
    while True:
        look, others = (Side(frames, rows, shot[rows]) for rows in (asked, bank))
        links = find_links(look, others, tau_across, rule.unit_error)
        if not len(links):
            return shot, found
        joined = joined_by(shot, links)
        grown = np.flatnonzero(np.isin(joined, joined[joined != shot]))
        shot = joined
        found.keeper[grown], found.cosine[grown] = alone.keeper[grown], alone.cosine[grown]
        rule.together(shot, grown, found.keeper, found.cosine)
        # What is kept now and was not has been compared with what was kept, but not with its like.
        asked = bank = np.setdiff1d(found.kept, alone.kept)


def joined_by(shot: I64, links: I64) -> I64:
    """(n,) shots where linked ones are one, with the lowest of their numbers."""
    names, no = np.unique(shot, return_inverse=True)
    ends = np.searchsorted(names, links)
    graph = coo_array((np.ones(len(ends), np.int8), tuple(ends.T)), (len(names), len(names)))
    count, part = connected_components(graph, directed=False)
    lowest = np.full(count, np.iinfo(np.int64).max)
    np.minimum.at(lowest, part, names)
    joined: I64 = lowest[part][no]
    return joined
