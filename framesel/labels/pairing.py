"""Which boxes of two lists of one frame show the same object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from framesel.annotation.sheet import Box
from framesel.uncertainty.matching import iou, match_overlaps

_PREFERENCE = 1e-6
"""What one class is worth where boxes overlap equally: less than any difference that counts."""


class Paired(NamedTuple):
    """Two boxes of one object."""

    one: Box
    other: Box
    iou: float


class Pairing(NamedTuple):
    """What became of two lists."""

    pairs: tuple[Paired, ...]
    only_one: tuple[Box, ...]
    only_other: tuple[Box, ...]


def pair(one: Sequence[Box], other: Sequence[Box], least_iou: float) -> Pairing:
    """Pairs boxes so that the sum of their overlaps is greatest; of equal ones, those of one class.

    Args:
        one: Boxes.
        other: Boxes.
        least_iou: What overlaps less is no pair, in (0, 1].
    """
    overlap = iou(np.array([b.xyxy for b in one]), np.array([b.xyxy for b in other]))
    same = np.array([[a.label == b.label for b in other] for a in one]).reshape(overlap.shape)
    liked = np.where(overlap >= least_iou, overlap + _PREFERENCE * same, 0.0)
    found = match_overlaps(liked, least_iou)
    rows, columns = set(found[:, 0].tolist()), set(found[:, 1].tolist())
    return Pairing(
        tuple(Paired(one[a], other[b], float(overlap[a, b])) for a, b in found),
        tuple(box for at, box in enumerate(one) if at not in rows),
        tuple(box for at, box in enumerate(other) if at not in columns),
    )
