"""Whether one detector is better than another, judged on the same videos."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError
from framesel.evaluation.boxes import Found, Truth
from framesel.evaluation.matching import match
from framesel.evaluation.metrics import Footage
from framesel.evaluation.results import Estimate, plain

F64 = NDArray[np.float64]

Word = Literal["better", "worse", "not told apart"]


@dataclass(frozen=True)
class Change:
    """One figure of two detectors.

    Attributes:
        before: Of the first.
        after: Of the second.
        difference: After less before, with a 95 % interval over videos.
    """

    before: float
    after: float
    difference: Estimate

    @property
    def word(self) -> Word:
        """What the interval says of the second: 0 inside it (or no interval) tells nothing."""
        if self.difference.low > 0:
            return "better"
        return "worse" if self.difference.high < 0 else "not told apart"


@dataclass(frozen=True)
class Difference:
    """Two detectors on the same pictures.

    Attributes:
        map50: Mean over the classes that occur, at IoU 0.5.
        map50_95: The same over IoU 0.5 to 0.95.
        classes: Average precision at IoU 0.5 by the name of the class.
    """

    map50: Change
    map50_95: Change
    classes: dict[str, Change]

    @property
    def word(self) -> Word:
        """What mAP50 says of the second detector."""
        return self.map50.word

    def json(self) -> dict[str, Any]:
        """Plain numbers and the words; None for nan."""

        def told(change: Change) -> dict[str, Any]:
            shown: dict[str, Any] = plain({**asdict(change), "word": change.word})
            return shown

        return {
            "word": self.word,
            "map50": told(self.map50),
            "map50_95": told(self.map50_95),
            "classes": {name: told(change) for name, change in self.classes.items()},
        }

    def __str__(self) -> str:
        points = [100 * value for value in self.map50.difference]
        if math.isnan(points[0]):
            return "nothing to compare"
        interval = "" if math.isnan(points[1]) else f" [{points[1]:+.1f}, {points[2]:+.1f}]"
        return f"{points[0]:+.1f} points of mAP50{interval}: {self.word}"


def difference(
    truth: Truth,
    found_a: Found,
    found_b: Found,
    classes: Sequence[str],
    video: NDArray[Any],
    *,
    replicates: int = 1000,
    seed: int = 0,
) -> Difference:
    """What the second detector gained over the first.

    Both are judged on the same samples of videos (a paired bootstrap): what makes a sample hard for
    both falls out of their difference.

    Args:
        truth: What is there in n pictures.
        found_a: What the first found in them.
        found_b: What the second found in them.
        classes: Names, in the order of everybody's numbers.
        video: (n,) integers: which video each picture is from.
        replicates: Samples of videos.
        seed: Of their draws.

    Raises:
        UsageError: The arguments do not fit together.
    """
    if len(video) != len(truth):
        raise UsageError(f"comparison: {len(truth)} pictures, but videos for {len(video)}")
    footage = Footage.of(video, replicates, seed)
    first, second = (match(truth, found, len(classes)) for found in (found_a, found_b))
    objects = first.objects
    (mean_a, values_a), (mean_b, values_b) = footage.values(first), footage.values(second)

    def change(a: F64, b: F64, which: list[int]) -> Change:
        return Change(float(a[0]), float(b[0]), footage.tell(b - a, objects[which]))

    everything = list(range(len(classes)))
    return Difference(
        map50=change(mean_a[:, 0], mean_b[:, 0], everything),
        map50_95=change(mean_a.mean(axis=1), mean_b.mean(axis=1), everything),
        classes={
            name: change(values_a[:, at, 0], values_b[:, at, 0], [at])
            for at, name in enumerate(classes)
        },
    )
