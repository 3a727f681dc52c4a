"""Where the members of a committee of detectors disagree: about what an object is, or where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import numpy as np

from framesel.errors import UsageError
from framesel.uncertainty import committee
from framesel.uncertainty.boxes import F32, I64, Array, Boxes
from framesel.uncertainty.compact import dense
from framesel.uncertainty.matching import paired_iou
from framesel.uncertainty.overlap_kernels import join

_CHUNK = 1 << 22  # numbers of full distributions that are in memory at a time

MEASURES: dict[str, Callable[[Array], Array]] = {
    "vote_entropy": committee.vote_entropy,
    "average_kl": committee.average_kl,
    "max_disagreement": committee.max_disagreement,
    "consensus_entropy": committee.consensus_entropy,
    "variation_ratio": committee.variation_ratio,
    "variation_ratio_of_mean": committee.variation_ratio_of_mean,
}


@dataclass(frozen=True, eq=False, slots=True)
class Groups:
    """The boxes of M members joined into g objects of n pictures.

    Attributes:
        offsets: (n + 1,) int64, the objects of each picture.
        rows: (g, M) int64, the box of each member, -1 where it has none.
        apart: (g,) float32, 1 - mean IoU over the pairs of members that have a box; nan where
            only one has.
    """

    offsets: I64
    rows: I64
    apart: F32


def disagreement_scores(
    members: Sequence[Boxes], least_iou: float = 0.5
) -> tuple[dict[str, F32], I64]:
    """Scores of every object that any member sees.

    A member that has no box there says that there is nothing, with certainty: it votes for
    background.

    Args:
        members: The same n pictures as each of M detectors sees them, with the same C classes.
        least_iou: See ``groups``.

    Returns:
        By name (g,) float32: those of ``committee``, on distributions over the classes and
        background, and ``box_disagreement`` in [0, 1], nan for an object that one member sees
        alone; and (n + 1,) offsets of the g objects.

    Raises:
        UsageError: Fewer than two members, other pictures or other classes.
    """
    found = groups(members, least_iou)
    count = len(found.rows)
    scores = {name: np.zeros(count, np.float32) for name in MEASURES}
    width = len(members) * (len(members[0].classes) + 1)
    ends = _chunks(found.offsets, max(1, _CHUNK // width))
    for start, end in pairwise(ends):
        objects = slice(found.offsets[start], found.offsets[end])
        opinions = _opinions(members, found.rows[objects], start, end)
        for name, measure in MEASURES.items():
            scores[name][objects] = measure(opinions)
    return {**scores, "box_disagreement": found.apart}, found.offsets


def groups(members: Sequence[Boxes], least_iou: float = 0.5) -> Groups:
    """Joins boxes that show the same object, whatever their classes.

    The most confident box that is left, of any member, founds an object; each other member adds
    the box of its own that overlaps it most, if that is at least ``least_iou``. So the order of the
    members does not matter (but for boxes of exactly the same confidence).

    Args:
        members: The same n pictures as each of M detectors sees them.
        least_iou: In (0, 1].

    Raises:
        UsageError: Fewer than two members, other pictures or other classes.
    """
    _check(members, least_iou)
    picture = np.concatenate([boxes.picture_of() for boxes in members])
    member = np.repeat(np.arange(len(members)), [len(boxes) for boxes in members])
    row = np.concatenate([np.arange(len(boxes)) for boxes in members])
    sure = np.concatenate([boxes.confidence() for boxes in members])
    xyxy = np.concatenate([boxes.xyxy for boxes in members]).astype(np.float64)
    order = np.lexsort((row, member, -sure, picture))
    picture, member, row = picture[order], member[order], row[order]
    founder = join(xyxy[order], picture, member, least_iou)
    seeds, number = np.unique(founder, return_inverse=True)
    rows = np.full((len(seeds), len(members)), -1, np.int64)
    rows[number, member] = row
    count = np.bincount(picture[seeds], minlength=members[0].pictures)
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    return Groups(offsets, rows, _apart(members, rows))


def _apart(members: Sequence[Boxes], rows: I64) -> F32:
    total, pairs = np.zeros(len(rows)), np.zeros(len(rows))
    for a, b in combinations(range(len(members)), 2):
        both = (rows[:, a] >= 0) & (rows[:, b] >= 0)
        total[both] += paired_iou(members[a].xyxy[rows[both, a]], members[b].xyxy[rows[both, b]])
        pairs += both
    mean = np.full(len(rows), np.nan)
    np.divide(total, pairs, out=mean, where=pairs > 0)
    return (1.0 - mean).astype(np.float32)


def _opinions(members: Sequence[Boxes], rows: I64, start: int, end: int) -> F32:
    """(M, g, C + 1): what each member says of the objects of the pictures start to end."""
    pictures = np.arange(start, end)
    opinions = np.zeros((len(members), len(rows), len(members[0].classes) + 1), np.float32)
    opinions[:, :, -1] = 1.0
    for number, boxes in enumerate(members):
        said = dense(boxes.pick(pictures))
        has = rows[:, number] >= 0
        opinions[number, has] = said[rows[has, number] - boxes.offsets[start]]
    return opinions


def _chunks(offsets: I64, most: int) -> list[int]:
    """Ends of runs of pictures with about so many objects each, and one picture at least."""
    ends = [0]
    while ends[-1] < len(offsets) - 1:
        reach = int(np.searchsorted(offsets, offsets[ends[-1]] + most, side="right")) - 1
        ends.append(max(reach, ends[-1] + 1))
    return ends


def _check(members: Sequence[Boxes], least_iou: float) -> None:
    if len(members) < 2:
        raise UsageError(f"a committee has two members at least, not {len(members)}")
    if not 0 < least_iou <= 1:
        raise UsageError(f"joining boxes: least_iou must be in (0, 1], not {least_iou}")
    for boxes in members[1:]:
        if boxes.pictures != members[0].pictures:
            raise UsageError(
                f"the members of a committee have seen {members[0].pictures} and {boxes.pictures} "
                "pictures: give each the boxes of the same ones"
            )
        if boxes.classes != members[0].classes:
            raise UsageError(
                f"the members of a committee know different classes: {members[0].classes} and "
                f"{boxes.classes}; take detectors that were trained on the same ones"
            )
