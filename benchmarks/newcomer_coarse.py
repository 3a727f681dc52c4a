"""What picks lose when only keyframes and what is new or doubtful was looked at.

The judge is the exact run: the vectors of all its frames, and what its detector saw in them.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
from newcomer_sides import Delivered, Key

CONFIDENT = 0.5
RARE = 0.05
"""Share of the frames of a video in which a class may be seen to be a rare event there."""

Event = tuple[str, int]
"""A video and a class."""


def losses(exact: Delivered, coarse: Delivered) -> list[str]:
    """Lines that compare the picks of both runs."""
    covered = [100 * _coverage(exact, side) for side in (exact, coarse)]
    rare = rare_events(exact)
    recall = [
        100 * len(rare & _seen_in_picks(side)) / max(len(rare), 1) for side in (exact, coarse)
    ]
    return [
        f"coarse to fine: {len(coarse.keys)} frames instead of {len(exact.keys)}",
        f"mean cosine of a frame with its nearest pick: {covered[0]:.2f} and {covered[1]:.2f} "
        f"points, {covered[1] - covered[0]:+.2f}",
        f"{len(rare)} rare events (a class in up to {RARE:.0%} of a video's frames): "
        f"{recall[0]:.1f} % and {recall[1]:.1f} % have a pick, {recall[1] - recall[0]:+.1f} points",
    ]


def _coverage(judge: Delivered, side: Delivered) -> float:
    rows = [row for row, key in enumerate(side.keys) if key in side.picks]
    return float((judge.vectors @ side.vectors[rows].T).max(axis=1).mean())


def rare_events(exact: Delivered) -> frozenset[Event]:
    """Classes that the detector is sure to see in few frames of a video."""
    frames = Counter(video for video, _ in exact.keys)
    seen = Counter((video, one) for (video, _), found in _classes(exact).items() for one in found)
    return frozenset(e for e, count in seen.items() if count <= RARE * frames[e[0]])


def _seen_in_picks(side: Delivered) -> frozenset[Event]:
    classes = _classes(side)
    return frozenset((key[0], one) for key in side.picks for one in classes[key])


def _classes(side: Delivered) -> dict[Key, frozenset[int]]:
    """Of each frame the classes of its confident boxes."""
    sure: npt.NDArray[np.bool_] = side.boxes.conf >= CONFIDENT
    edges = side.boxes.offsets
    return {
        key: frozenset(side.boxes.class_no[a:b][sure[a:b]].tolist())
        for key, a, b in zip(side.keys, edges[:-1], edges[1:], strict=True)
    }
