"""Near-duplicates in which the detector sees something else: they are none.

A global vector hardly moves when a small object appears. Which frames stand for which is decided by
vectors alone, so that retraining a detector leaves it as it is; what the detector says against it
is heard here, whenever frames are chosen.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from framesel.selection.vectors.arrays import F32, I32, I64
from framesel.selection.vectors.dot import kernel

_LATEST = 32
"""A frame is compared with its keeper and with so many of those that were revived last."""


class Sightings(NamedTuple):
    """What a detector sees in n frames; the boxes of frame i are rows offsets[i] to offsets[i + 1].

    Attributes:
        offsets: (n + 1,) int64.
        xyxy: (m, 4) float32 corners in pixels.
        class_no: (m,) int32.
        confidence: (m,) float32.
    """

    offsets: I64
    xyxy: F32
    class_no: I32
    confidence: F32


def revive(keeper: I64, seen: Sightings, *, confident: float = 0.3, reach: float = 3.0) -> I64:
    """Give up near-duplicates whose detections differ from their keeper's.

    Two frames show the same if each box of at least ``confident`` in one has a box of its own in
    the other: of the same class, at any confidence that was stored (so that a box that flickers
    about the threshold makes no difference), no more than twice as large or as small, and at most
    ``reach`` times the box's own diagonal away (so that an object that moves on is still the same).
    A new class, another number of objects and an object elsewhere are all seen by that.

    The frames of a keeper are visited in the order of rows. One that agrees with the keeper stays;
    one that does not joins the first of those revived before it that it agrees with (the latest 32
    are tried), or is revived and stands for what follows.

    Args:
        keeper: (n,) int64 row that stands for each frame, its own where it is kept; -1 for none.
        seen: What the detector sees in each of them.
        confident: From which confidence on a box is taken for an object.
        reach: In diagonals of the box.

    Returns:
        (n,) int64 keepers as they are now; every kept frame is still its own.
    """
    found = keeper.copy()
    dropped = np.flatnonzero((keeper >= 0) & (keeper != np.arange(len(keeper))))
    by_keeper = dropped[np.argsort(keeper[dropped], kind="stable")]
    if len(by_keeper):
        _revive(by_keeper, keeper, seen, np.float32(confident), np.float32(reach), found)
    return found


@kernel
def _revive(
    rows: I64,
    keeper: I64,
    seen: Sightings,
    confident: np.float32,
    reach: np.float32,
    found: I64,
) -> None:
    """Visit dropped frames, sorted by keeper, and write who stands for each."""
    revived = np.empty(_LATEST, np.int64)
    count = 0
    for at in range(len(rows)):
        row = rows[at]
        if at == 0 or keeper[rows[at - 1]] != keeper[row]:
            count = 0
        if _agree(row, keeper[row], seen, confident, reach):
            continue
        home = row
        for step in range(max(0, count - _LATEST), count):
            other = revived[step % _LATEST]
            if _agree(row, other, seen, confident, reach):
                home = other
                break
        found[row] = home
        if home == row:
            revived[count % _LATEST] = row
            count += 1


@kernel
def _agree(
    a: int,
    b: int,
    seen: Sightings,
    confident: np.float32,
    reach: np.float32,
) -> bool:
    """Whether the confident boxes of each frame are all found in the other."""
    return _all_found(a, b, seen, confident, reach) and _all_found(b, a, seen, confident, reach)


@kernel
def _all_found(
    a: int,
    b: int,
    seen: Sightings,
    confident: np.float32,
    reach: np.float32,
) -> bool:
    """Whether each confident box of frame a gets a box of frame b, the nearest that is left."""
    first = seen.offsets[b]
    used = np.zeros(seen.offsets[b + 1] - first, np.bool_)
    for box in range(seen.offsets[a], seen.offsets[a + 1]):
        if seen.confidence[box] < confident:
            continue
        width = seen.xyxy[box, 2] - seen.xyxy[box, 0]
        height = seen.xyxy[box, 3] - seen.xyxy[box, 1]
        nearest, least = -1, np.float32(reach * reach * (width * width + height * height))
        for other in range(first, seen.offsets[b + 1]):
            if used[other - first] or seen.class_no[other] != seen.class_no[box]:
                continue
            area = (seen.xyxy[other, 2] - seen.xyxy[other, 0]) * (
                seen.xyxy[other, 3] - seen.xyxy[other, 1]
            )
            if area > 2 * width * height or 2 * area < width * height:
                continue
            dx = np.float32(0.5) * (
                seen.xyxy[other, 0] + seen.xyxy[other, 2] - seen.xyxy[box, 0] - seen.xyxy[box, 2]
            )
            dy = np.float32(0.5) * (
                seen.xyxy[other, 1] + seen.xyxy[other, 3] - seen.xyxy[box, 1] - seen.xyxy[box, 3]
            )
            gap = dx * dx + dy * dy
            if gap <= least:
                nearest, least = other, gap
        if nearest < 0:
            return False
        used[nearest - first] = True
    return True
