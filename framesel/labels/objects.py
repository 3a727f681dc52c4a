"""Which boxes of several annotators show the same object of one frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from framesel.annotation.sheet import Box
from framesel.uncertainty.matching import iou

LEAST_IOU = 0.5
"""Two people's boxes that overlap less do not mean the same object."""

Object = dict[str, Box]
"""Who drew it, and how."""


def objects(said: Mapping[str, Sequence[Box]], least_iou: float = LEAST_IOU) -> list[Object]:
    """Puts the boxes of one frame together that show one object.

    Greedy, complete linkage: pairs are looked at from the largest overlap down (at equal overlap
    those of one class first), and what two boxes stand for becomes one if every box of the one
    overlaps every box of the other enough. An annotator draws an object once: two boxes of one
    annotator are two objects. Classes are not looked at otherwise: two words for one object are
    still one object.

    Args:
        said: Annotator to boxes.
        least_iou: In (0, 1].

    Returns:
        Each box of each annotator in exactly one object; in the order of their first boxes, by
        annotator's name, then as drawn.
    """
    drawn = [(who, box) for who in sorted(said) for box in said[who]]
    if not drawn:
        return []
    corners = np.array([box.xyxy for _, box in drawn])
    overlap = iou(corners, corners)
    of = [{place} for place in range(len(drawn))]
    for a, b in _pairs(drawn, overlap, least_iou):
        one, two = of[a], of[b]
        if one is two or {drawn[p][0] for p in one} & {drawn[p][0] for p in two}:
            continue
        if overlap[np.ix_(sorted(one), sorted(two))].min() >= least_iou:
            one |= two
            for place in two:
                of[place] = one
    first = {min(places): places for places in of}
    return [dict(drawn[place] for place in sorted(first[low])) for low in sorted(first)]


def _pairs(
    drawn: Sequence[tuple[str, Box]], overlap: np.ndarray, least_iou: float
) -> list[tuple[int, int]]:
    """Pairs of boxes of different annotators that overlap enough, the likeliest first."""
    found = [
        (-overlap[a, b], drawn[a][1].label != drawn[b][1].label, int(a), int(b))
        for a, b in np.argwhere(np.triu(overlap >= least_iou, 1))
        if drawn[a][0] != drawn[b][0]
    ]
    return [(a, b) for *_, a, b in sorted(found)]
