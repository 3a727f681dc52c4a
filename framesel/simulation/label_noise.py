"""Labels with mistakes that are known, to test what finds mistakes in labels."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from framesel.errors import UsageError
from framesel.simulation.objects import COLOURS
from framesel.simulation.truth import ObjectTruth

ChangeKind = Literal["drop", "shift", "swap"]

# By what share of its sides a box is moved, along each. Its IoU falls to between .14 and .47
# where nothing is clipped.
SHIFT = (0.2, 0.5)


@dataclass(frozen=True, slots=True)
class Change:
    """One mistake.

    Attributes:
        kind: A box left out, moved, or given another class.
        index: Position of the object in the truth.
        before: The object as it is.
        after: As it was labelled; None if it was left out.
    """

    kind: ChangeKind
    index: int
    before: ObjectTruth
    after: ObjectTruth | None


@dataclass(frozen=True, slots=True)
class NoisyLabels:
    """What a careless person drew.

    Attributes:
        objects: In the order of the truth.
        changes: Every mistake, in that order.
    """

    objects: tuple[ObjectTruth, ...]
    changes: tuple[Change, ...]


def noisy_labels(
    objects: Sequence[ObjectTruth],
    drop: float,
    shift: float,
    swap: float,
    rng: np.random.Generator,
    *,
    size_wh: tuple[int, int],
    classes: Sequence[str] = tuple(COLOURS),
) -> NoisyLabels:
    """Labels a frame's objects with mistakes; an object suffers one at most.

    Args:
        objects: The truth.
        drop: Share of objects that are left out.
        shift: Share whose box is moved by a fifth to a half of its sides, towards where there is
            more room, and clipped to the picture.
        swap: Share that get another class, each other one equally likely.
        rng: Draws the mistakes.
        size_wh: Pixels of the picture.
        classes: What a class can be mistaken for.

    Raises:
        UsageError: The shares are no shares, or there is no other class to give.
    """
    shares = {"drop": drop, "shift": shift, "swap": swap}
    if not all(share >= 0 for share in shares.values()) or not sum(shares.values()) <= 1:
        raise UsageError(
            f"shares of label noise {shares}: none may be negative, together at most 1"
        )
    kept: list[ObjectTruth] = []
    changes: list[Change] = []
    for index, item in enumerate(objects):
        kind = _mistake(float(rng.random()), drop, shift, swap)
        labelled: ObjectTruth | None = item
        if kind == "drop":
            labelled = None
        elif kind == "shift":
            labelled = _shifted(item, size_wh, rng)
        elif kind == "swap":
            labelled = _swapped(item, classes, rng)
        if kind is not None:
            changes.append(Change(kind, index, item, labelled))
        if labelled is not None:
            kept.append(labelled)
    return NoisyLabels(tuple(kept), tuple(changes))


def _mistake(draw: float, drop: float, shift: float, swap: float) -> ChangeKind | None:
    """Which mistake is made, for a number drawn evenly from [0, 1)."""
    if draw < drop:
        return "drop"
    if draw < drop + shift:
        return "shift"
    return "swap" if draw < drop + shift + swap else None


def _shifted(item: ObjectTruth, size_wh: tuple[int, int], rng: np.random.Generator) -> ObjectTruth:
    left, top, right, bottom = item.xyxy
    dx, dy = rng.uniform(*SHIFT, 2) * np.array([right - left, bottom - top])
    dx *= 1 if left + right < size_wh[0] else -1
    dy *= 1 if top + bottom < size_wh[1] else -1
    box = (
        round(max(left + dx, 0.0), 2),
        round(max(top + dy, 0.0), 2),
        round(min(right + dx, size_wh[0]), 2),
        round(min(bottom + dy, size_wh[1]), 2),
    )
    return replace(item, xyxy=box)


def _swapped(item: ObjectTruth, classes: Sequence[str], rng: np.random.Generator) -> ObjectTruth:
    others = [name for name in classes if name != item.label]
    if not others:
        raise UsageError(
            f"no class but {item.label!r} to swap labels with; give two classes or more"
        )
    return replace(item, label=others[int(rng.integers(len(others)))])
