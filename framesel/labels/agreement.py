"""How far several people agree on the same frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from framesel.labels.labels import Labels
from framesel.labels.objects import LEAST_IOU, objects
from framesel.labels.pairing import Pairing, pair


@dataclass(frozen=True)
class Agreement:
    """Of two annotators on the frames that both labelled.

    Attributes:
        one: Who.
        other: Who else.
        frames: That both labelled.
        boxes: Of the one and of the other.
        matched: Pairs of boxes that show the same object.
        f1: 2 matched / (boxes of both); None where neither drew any. Classes do not count.
        mean_iou: Over the matched pairs; None without any.
        kappa: Cohen's κ of the classes of the matched pairs: 1 is agreement, 0 is chance. What
            only one of them drew is no pair and does not count here (``f1`` tells of it). None
            without pairs, or where both used one and the same class throughout: chance agrees too.
    """

    one: str
    other: str
    frames: int
    boxes: tuple[int, int]
    matched: int
    f1: float | None
    mean_iou: float | None
    kappa: float | None


def agreements(labels: Labels, least_iou: float = LEAST_IOU) -> list[Agreement]:
    """Compares every two annotators who labelled a frame in common.

    Boxes are paired one to one, frame by frame, so that the sum of IoU is greatest.

    Args:
        labels: At most one word of an annotator on a frame.
        least_iou: Boxes that overlap less do not mean the same object, in (0, 1].
    """
    found: dict[tuple[str, str], list[Pairing]] = {}
    for said in labels.by_frame.values():
        for one, other in combinations(sorted(said), 2):
            pairing = pair(said[one], said[other], least_iou)
            found.setdefault((one, other), []).append(pairing)
    return [_agreement(*whose, found[whose]) for whose in sorted(found)]


def _agreement(one: str, other: str, frames: Sequence[Pairing]) -> Agreement:
    pairs = [paired for frame in frames for paired in frame.pairs]
    mine = len(pairs) + sum(len(frame.only_one) for frame in frames)
    theirs = len(pairs) + sum(len(frame.only_other) for frame in frames)
    return Agreement(
        one,
        other,
        len(frames),
        (mine, theirs),
        len(pairs),
        2 * len(pairs) / (mine + theirs) if mine + theirs else None,
        sum(paired.iou for paired in pairs) / len(pairs) if pairs else None,
        cohen_kappa([(paired.one.label, paired.other.label) for paired in pairs]),
    )


def cohen_kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Cohen's κ of two people's names for the same things (Cohen 1960).

    Args:
        pairs: What the one and what the other called each thing.

    Returns:
        (p_o - p_e) / (1 - p_e), at most 1; None without things, or where p_e is 1.
    """
    count = len(pairs)
    one, other = (Counter(names) for names in zip(*pairs, strict=True)) if pairs else ({}, {})
    chance = sum(one[name] * other.get(name, 0) for name in one)
    if not count or chance == count * count:
        return None
    agreed = sum(a == b for a, b in pairs)
    return (agreed * count - chance) / (count * count - chance)


def class_alpha(labels: Labels, least_iou: float = LEAST_IOU) -> float | None:
    """Krippendorff's α of the classes that any number of annotators gave to the same objects.

    Objects are those of ``objects.objects``; see ``nominal_alpha``.
    """
    found = (one for said in labels.by_frame.values() for one in objects(said, least_iou))
    return nominal_alpha([[box.label for box in one.values()] for one in found])


def nominal_alpha(units: Iterable[Sequence[str]]) -> float | None:
    """Krippendorff's α for names (Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability").

    Args:
        units: The names that each thing was given, by as many people as there were; things that
            one person named do not count.

    Returns:
        1 - D_o / D_e: 1 is agreement, 0 is chance; None where nothing was named twice, or all was
        named alike.
    """
    totals: Counter[str] = Counter()
    observed = 0.0
    for names in units:
        if len(names) < 2:
            continue
        counts = Counter(names)
        totals.update(counts)
        differing = len(names) ** 2 - sum(count * count for count in counts.values())
        observed += differing / (len(names) - 1)
    count = sum(totals.values())
    expected = count * count - sum(one * one for one in totals.values())
    if not expected:
        return None
    return 1.0 - (count - 1) * observed / expected
