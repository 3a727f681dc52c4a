"""What people changed about what a detector had guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from framesel.annotation.sheet import Box
from framesel.labels.labels import Key
from framesel.labels.pairing import Paired, pair

LEAST_IOU = 0.3
"""A guess that was dragged so far that it overlaps itself less was as good as drawn anew."""

STAYED_IOU = 0.95
STAYED_PX = 2.0
"""Within both, a box was not touched: formats round."""


@dataclass
class ClassEdits:
    """Counts for one class: of what was guessed as it, and of what was added as it.

    Attributes:
        guessed: Boxes that the detector drew.
        kept: Of these, left as they were.
        moved: Of these, changed in place or size (and perhaps renamed).
        renamed: Of these, given another class (and perhaps moved).
        removed: Of these, taken away.
        added: Boxes of this class that people drew.
    """

    guessed: int = 0
    kept: int = 0
    moved: int = 0
    renamed: int = 0
    removed: int = 0
    added: int = 0

    @property
    def distance(self) -> int:
        """Edits that lead from the guesses to the labels."""
        return self.moved + self.renamed + self.removed + self.added


@dataclass
class Edits:
    """What happened to the guesses of some frames.

    Attributes:
        frames: That were compared.
        untouched: Of these, without any edit.
        classes: Counts by class, of all names that were guessed or added.
        ious: Overlap of each guess with what it became, where it was not removed.
    """

    frames: int = 0
    untouched: int = 0
    classes: dict[str, ClassEdits] = field(default_factory=dict)
    ious: list[float] = field(default_factory=list)

    @property
    def total(self) -> ClassEdits:
        """The counts of all classes together."""
        names = ("guessed", "kept", "moved", "renamed", "removed", "added")
        return ClassEdits(*(sum(getattr(c, n) for c in self.classes.values()) for n in names))

    @property
    def distance(self) -> int:
        """Edits that lead from the guesses to the labels."""
        return self.total.distance

    @property
    def mean_iou(self) -> float | None:
        """Of guesses with what they became; None where nothing was left of any."""
        return sum(self.ious) / len(self.ious) if self.ious else None


def edits(
    guesses: Mapping[Key, Sequence[Box]],
    labels: Mapping[Key, Sequence[Box]],
    least_iou: float = LEAST_IOU,
) -> Edits:
    """Compares guesses with labels, frame by frame.

    Guesses and labels are paired one to one so that the sum of IoU is greatest. A guess without a
    partner was removed, a label without one was added. A pair was renamed if its classes differ,
    and moved if its IoU is under 0.95 or an edge went more than 2 pixels; both may be so, and are
    two edits. What is neither was kept.

    Args:
        guesses: Boxes that were handed out. Frames without guesses may be missing.
        labels: What came back. Only these frames are compared.
        least_iou: What overlaps less is no pair, in (0, 1].
    """
    found = Edits()
    for key, boxes in labels.items():
        pairing = pair(guesses.get(key, ()), boxes, least_iou)
        changed = [_count(found, one) for one in pairing.pairs]
        for box in pairing.only_one:
            of = found.classes.setdefault(box.label, ClassEdits())
            of.guessed += 1
            of.removed += 1
        for box in pairing.only_other:
            found.classes.setdefault(box.label, ClassEdits()).added += 1
        found.frames += 1
        found.untouched += not (any(changed) or pairing.only_one or pairing.only_other)
    return found


def _count(found: Edits, pair_: Paired) -> bool:
    """Counts a guess that is still there. Says whether it was changed."""
    of = found.classes.setdefault(pair_.one.label, ClassEdits())
    renamed, moved = pair_.one.label != pair_.other.label, is_moved(pair_)
    of.guessed += 1
    of.renamed += renamed
    of.moved += moved
    of.kept += not renamed and not moved
    found.ious.append(pair_.iou)
    return renamed or moved


def is_moved(pair_: Paired) -> bool:
    """Whether a box is no longer where it was."""
    edges = zip(pair_.one.xyxy, pair_.other.xyxy, strict=True)
    return pair_.iou < STAYED_IOU or max(abs(a - b) for a, b in edges) > STAYED_PX
