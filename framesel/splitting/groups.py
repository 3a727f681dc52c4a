"""Groups of frames that a split never parts."""

from __future__ import annotations

from typing import Literal

import numpy as np

from framesel.splitting.near import Footage, Ints, joined_by_likeness, joined_in_time

By = Literal["video", "scene", "component"]


def groups(
    footage: Footage, by: By, *, gap_s: float, tau: float, scenes: Ints | None = None
) -> Ints:
    """Groups such that no frame has a near neighbour in another group.

    Frames start in groups of their video or scene, or alone (``component``). Then groups are
    joined that have near neighbours: two frames of one video at most ``gap_s`` seconds apart, or
    two frames whose cosine is at least ``tau``. However they start, no near neighbours are parted.

    Args:
        footage: The n frames.
        by: How they start.
        gap_s: 0: time joins nothing.
        tau: Above 1: likeness joins nothing.
        scenes: (n,) number of the scene of each frame; needed for ``scene`` alone.

    Returns:
        (n,) number of the group, from 0, in the order of their first frames.

    Raises:
        ValueError: Scenes are asked for and not given.
    """
    alone = np.arange(len(footage))
    start = alone
    if by == "video":
        start = np.where(footage.video >= 0, footage.video, -1 - alone)
    elif by == "scene":
        if scenes is None:
            raise ValueError("by scene takes the scenes")
        start = scenes
    found = _numbered(start)
    found = joined_in_time(footage, found, gap_s)
    return _numbered(joined_by_likeness(footage, found, tau))


def scenes(footage: Footage) -> Ints:
    """(n,) number of the run between two cuts that each frame belongs to.

    Args:
        footage: Everything that was sampled of some videos. Cuts are found between neighbours, as
            the strategy ``shot_cut`` finds them: where a step is at least three times as long as
            those around it.
    """
    from framesel.selection.engines.cuts import shots

    return shots(footage.vectors, footage.video, footage.t_s)


def _numbered(groups: Ints) -> Ints:
    """The same groups, numbered from 0 in the order of their first frames."""
    _, first, at = np.unique(groups, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[at.reshape(-1)] if len(groups) else np.empty(0, np.int64)
