"""What each annotator did, how long it took, and how far the others agree."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from framesel.annotation.sheet import Box
from framesel.labels.consensus import consensus
from framesel.labels.labels import Labels
from framesel.labels.objects import LEAST_IOU
from framesel.labels.pairing import Pairing, pair


@dataclass(frozen=True)
class Annotator:
    """One person's figures.

    Attributes:
        name: Empty where nobody knows.
        frames: Labelled.
        empty: Of these without anything in them.
        boxes: Drawn.
        seconds: Spent on the frames of which that is known; None where it is of none.
        seconds_per_frame: Over the same frames.
        seconds_per_box: Over the same frames; None also where nothing is in them.
        shared: Frames that somebody else labelled too; what follows is about these.
        f1: 2 matched / (boxes of this one and of the consensus), classes aside; None where there
            are none.
        mean_iou: With the consensus, over matched boxes.
        same_class: Share of the matched boxes with the consensus' class.
    """

    name: str
    frames: int
    empty: int
    boxes: int
    seconds: float | None
    seconds_per_frame: float | None
    seconds_per_box: float | None
    shared: int
    f1: float | None
    mean_iou: float | None
    same_class: float | None


def annotators(labels: Labels, rule: str = "majority") -> list[Annotator]:
    """Figures of every annotator, by name.

    Args:
        labels: At most one word of an annotator on a frame.
        rule: Of the consensus.
    """
    agreed = {key: said[""] for key, said in consensus(labels, rule).by_frame.items()}
    pairings: dict[str, list[Pairing]] = {}
    for key, said in labels.by_frame.items():
        for who, boxes in said.items() if len(said) > 1 and key in agreed else ():
            pairings.setdefault(who, []).append(pair(boxes, agreed[key], LEAST_IOU))
    rows: dict[str, list[tuple[int, float | None]]] = {}
    columns = (labels.frames[name].to_pylist() for name in ("annotator", "boxes", "seconds"))
    for who, count, seconds in zip(*columns, strict=True):
        rows.setdefault(who, []).append((count, seconds))
    return [_figures(who, rows[who], pairings.get(who, [])) for who in sorted(rows)]


def _figures(
    name: str, rows: Sequence[tuple[int, float | None]], pairings: Sequence[Pairing]
) -> Annotator:
    timed = [(count, seconds) for count, seconds in rows if seconds is not None]
    seconds = sum(spent for _, spent in timed) if timed else None
    pairs = [one for pairing in pairings for one in pairing.pairs]
    alone: list[Box] = [
        box for pairing in pairings for box in (*pairing.only_one, *pairing.only_other)
    ]
    drawn = 2 * len(pairs) + len(alone)
    return Annotator(
        name,
        len(rows),
        sum(not count for count, _ in rows),
        sum(count for count, _ in rows),
        seconds,
        _share(seconds, len(timed)),
        _share(seconds, sum(count for count, _ in timed)),
        len(pairings),
        _share(2.0 * len(pairs), drawn),
        _mean(one.iou for one in pairs),
        _mean(one.one.label == one.other.label for one in pairs),
    )


def _share(amount: float | None, count: int) -> float | None:
    return None if amount is None or not count else amount / count


def _mean(values: Iterable[float]) -> float | None:
    found = list(values)
    return _share(float(sum(found)), len(found))
