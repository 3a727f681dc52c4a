"""How good a detector is on labelled footage, by class, video, difficulty and size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.evaluation.average_precision import average_precision, macro
from framesel.evaluation.bootstrap import draws, estimate, groups
from framesel.evaluation.boxes import Found, Truth
from framesel.evaluation.matching import Matches, match
from framesel.evaluation.results import Estimate, Metrics, Part, PerClass, PerVideo

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

CONFIDENCE = 0.25
"""At which recall and precision of a class are told."""

SIZES = (("small", 0.0, 32.0**2), ("medium", 32.0**2, 96.0**2), ("large", 96.0**2, 1e10))
"""COCO's names of areas in square pixels; what lies between two belongs to both, as there."""

DIFFICULTY = ("easy", "medium", "hard")
"""The order in which they are told; other names follow by the alphabet."""


def evaluate(
    truth: Truth,
    found: Found,
    classes: Sequence[str],
    video: NDArray[Any],
    *,
    hardness: Sequence[str] | None = None,
    confidence: float = CONFIDENCE,
    replicates: int = 1000,
    seed: int = 0,
) -> Metrics:
    """Average precision as COCO counts it, with intervals from drawing videos.

    At most 100 boxes of a class in a picture count. A class without an object counts in no mean,
    and boxes of classes that the labels do not have (-1) are left out. A sample of videos in which
    a class does not occur is judged by the others.

    Args:
        truth: What is there in n pictures.
        found: What a detector found in them; for the whole curve with confidences down to 0.001.
        classes: Names, in the order of both's numbers.
        video: (n,) integers: which video each picture is from.
        hardness: (n,) a name for each picture.
        confidence: At which recall and precision are told.
        replicates: Samples of videos; 0: no intervals.
        seed: Of their draws.

    Raises:
        UsageError: The arguments do not fit together.
    """
    if len(video) != len(truth) or (hardness is not None and len(hardness) != len(truth)):
        raise UsageError(
            f"evaluation: {len(truth)} pictures, but videos for {len(video)}"
            + (f" and difficulties for {len(hardness)}" if hardness is not None else "")
        )
    matches = match(truth, found, len(classes))
    footage = Footage.of(video, replicates, seed)
    whole, per_class = footage.values(matches)
    thirds = _thirds(truth)
    return Metrics(
        map50=footage.tell(whole[:, 0], matches.objects),
        map50_95=footage.tell(whole.mean(axis=1), matches.objects),
        frames=len(truth),
        objects=int(matches.objects.sum()),
        videos=tuple(_videos(matches, footage)),
        classes=tuple(_classes(matches, footage, per_class, classes, confidence)),
        difficulty=tuple(_difficulty(matches, footage, hardness)),
        sizes=tuple(_sizes(truth, found, footage, len(classes), SIZES)),
        thirds=tuple(_sizes(truth, found, footage, len(classes), _between(thirds))),
        third_px=(float(np.sqrt(thirds[0])), float(np.sqrt(thirds[1]))),
        confidence=confidence,
        replicates=replicates,
        seed=seed,
    )


@dataclass(frozen=True, eq=False, slots=True)
class Footage:
    """The videos that pictures are from, and samples of them.

    Attributes:
        numbers: (V,) the videos, rising.
        group: (n,) which of them each picture is from.
        weights: (1 + B, V): the footage as it is, then the samples.
    """

    numbers: I64
    group: I64
    weights: F64

    @classmethod
    def of(cls, video: NDArray[Any], replicates: int, seed: int) -> Footage:
        """Draws the samples."""
        numbers, group = groups(video)
        as_it_is = np.ones((1, len(numbers)))
        return cls(
            numbers, group, np.concatenate([as_it_is, draws(len(numbers), replicates, seed)])
        )

    def values(self, matches: Matches) -> tuple[F64, F64]:
        """(1 + B, T) mean over classes and (1 + B, C, T) average precision."""
        per_class = average_precision(matches, self.group, self.weights)
        return macro(per_class), per_class

    def tell(self, values: F64, objects: I64) -> Estimate:
        """A figure with its interval.

        Args:
            values: (1 + B,).
            objects: (C, n) how many of those it speaks of each picture holds.
        """
        showing = len(np.unique(self.group[objects.any(axis=0)]))
        return estimate(float(values[0]), values[1:], showing)


def _classes(
    matches: Matches, footage: Footage, values: F64, names: Sequence[str], confidence: float
) -> Iterable[PerClass]:
    for which, name in enumerate(names):
        rows = slice(matches.starts[which], matches.starts[which + 1])
        right = matches.flags[0, rows][matches.conf[rows] >= confidence] == 1
        objects = int(matches.objects[which].sum())
        yield PerClass(
            name=name,
            objects=objects,
            ap50=footage.tell(values[:, which, 0], matches.objects[[which]]),
            ap50_95=footage.tell(values[:, which].mean(axis=1), matches.objects[[which]]),
            recall=float(right.sum() / objects) if objects else float("nan"),
            precision=float(right.mean()) if len(right) else float("nan"),
        )


def _videos(matches: Matches, footage: Footage) -> Iterable[PerVideo]:
    box_rows = _rows_of(footage.group[matches.picture], len(footage.numbers))
    picture_rows = _rows_of(footage.group, len(footage.numbers))
    for number, boxes, pictures in zip(footage.numbers, box_rows, picture_rows, strict=True):
        part = _some(matches, boxes, pictures)
        together = np.zeros(len(pictures), np.int64)
        alone = macro(average_precision(part, together, np.ones((1, 1))))[0]
        yield PerVideo(
            video=int(number),
            frames=len(pictures),
            objects=int(part.objects.sum()),
            map50=float(alone[0]),
            map50_95=float(alone.mean()),
        )


def _rows_of(group: I64, groups: int) -> list[I64]:
    """The rows of each group, rising."""
    order = np.argsort(group, kind="stable")
    return np.split(order, np.searchsorted(group[order], np.arange(1, groups)))[:groups]


def _some(matches: Matches, boxes: I64, pictures: I64) -> Matches:
    """Some pictures alone, with their boxes; both as rising rows."""
    return Matches(
        matches.row[boxes],
        np.searchsorted(pictures, matches.picture[boxes]),
        matches.conf[boxes],
        np.searchsorted(boxes, matches.starts),
        matches.flags[:, boxes],
        matches.objects[:, pictures],
    )


def _difficulty(
    matches: Matches, footage: Footage, hardness: Sequence[str] | None
) -> Iterable[Part]:
    names = set(hardness or ())
    known = [name for name in DIFFICULTY if name in names]
    for name in [*known, *sorted(names - set(known))]:
        here = np.array([one == name for one in hardness or ()], np.bool_)
        yield _part(name, here, _only(matches, here), footage)


def _only(matches: Matches, pictures: Bool) -> Matches:
    """The same with nothing in the other pictures."""
    flags = np.where(pictures[matches.picture], matches.flags, np.int8(-1))
    return Matches(
        matches.row,
        matches.picture,
        matches.conf,
        matches.starts,
        flags,
        np.where(pictures, matches.objects, 0),
    )


def _sizes(
    truth: Truth,
    found: Found,
    footage: Footage,
    classes: int,
    ranges: Iterable[tuple[str, float, float]],
) -> Iterable[Part]:
    for name, low, high in ranges:
        matches = match(truth, found, classes, area_px=(low, high))
        yield _part(name, matches.objects.sum(axis=0) > 0, matches, footage)


def _part(name: str, pictures: Bool, matches: Matches, footage: Footage) -> Part:
    values, _ = footage.values(matches)
    return Part(
        name=name,
        frames=int(pictures.sum()),
        objects=int(matches.objects.sum()),
        map50=footage.tell(values[:, 0], matches.objects),
        map50_95=footage.tell(values.mean(axis=1), matches.objects),
    )


def _thirds(truth: Truth) -> tuple[float, float]:
    """The areas that cut the objects in three equal parts."""
    sides = truth.xyxy[:, 2:].astype(np.float64) - truth.xyxy[:, :2]
    if not len(sides):
        return float("nan"), float("nan")
    low, high = np.quantile(sides.prod(axis=1), [1 / 3, 2 / 3])
    return float(low), float(high)


def _between(thirds: tuple[float, float]) -> Iterable[tuple[str, float, float]]:
    """Ranges of area for the thirds: no object belongs to two."""
    low, high = thirds
    if np.isfinite(low):
        yield "smallest third", 0.0, low
        yield "middle third", float(np.nextafter(low, np.inf)), high
        yield "largest third", float(np.nextafter(high, np.inf)), np.inf
