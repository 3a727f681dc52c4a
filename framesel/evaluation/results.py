"""What an evaluation says, and its JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple, Self


class Estimate(NamedTuple):
    """A figure and its 95 % interval, nan where there is nothing to say."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        if math.isnan(self.low):
            return f"{self.value:.3f}"
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class PerClass:
    """One class.

    Attributes:
        name: Its name.
        objects: Labelled ones.
        ap50: Average precision at IoU 0.5.
        ap50_95: Mean of average precision over IoU 0.5 to 0.95.
        recall: Share of the objects that are found (IoU 0.5) at the confidence of the ``Metrics``.
        precision: Share of the boxes of that confidence that show an object.
    """

    name: str
    objects: int
    ap50: Estimate
    ap50_95: Estimate
    recall: float
    precision: float


@dataclass(frozen=True)
class PerVideo:
    """One video; intervals come from drawing videos, so there is none.

    Attributes:
        video: Its number.
        frames: Its evaluated frames.
        objects: Labelled ones.
        map50: Mean over the classes that occur in it; nan where it shows no object.
        map50_95: The same over IoU 0.5 to 0.95.
    """

    video: int
    frames: int
    objects: int
    map50: float
    map50_95: float


@dataclass(frozen=True)
class Part:
    """Some of the frames (by difficulty) or of the objects (by size).

    Attributes:
        name: What it is called.
        frames: Frames in it; by size: that show such an object.
        objects: Labelled ones.
        map50: As for all.
        map50_95: As for all.
    """

    name: str
    frames: int
    objects: int
    map50: Estimate
    map50_95: Estimate


@dataclass(frozen=True)
class Metrics:
    """How good a detector's boxes are.

    Attributes:
        map50: Average precision at IoU 0.5, mean over the classes that occur.
        map50_95: The same, mean over IoU 0.5 to 0.95.
        frames: Evaluated pictures.
        objects: Labelled boxes in them.
        videos: One for each, by number.
        classes: One for each, in the given order; those without an object too.
        difficulty: By the given names of the pictures; empty where none were given.
        sizes: COCO's small (up to 32² pixels), medium and large (from 96²): comparable with what
            others publish.
        thirds: The same objects in three equal parts by area: comparable within this footage.
        third_px: Square roots of the two areas between the thirds; nan without objects.
        confidence: To which recall and precision belong.
        replicates: Samples of videos behind the intervals.
        seed: Of their draws.
    """

    map50: Estimate
    map50_95: Estimate
    frames: int
    objects: int
    videos: tuple[PerVideo, ...]
    classes: tuple[PerClass, ...]
    difficulty: tuple[Part, ...]
    sizes: tuple[Part, ...]
    thirds: tuple[Part, ...]
    third_px: tuple[float, float]
    confidence: float
    replicates: int
    seed: int

    def json(self) -> dict[str, Any]:
        """Plain numbers, lists and dictionaries; None for nan."""
        told: dict[str, Any] = plain(asdict(self))
        return told

    @classmethod
    def read(cls, json: Mapping[str, Any]) -> Self:
        """The inverse of ``json``.

        Raises:
            KeyError, TypeError: It is something else.
        """
        told = _nan(json)
        for name, kind in (("videos", PerVideo), ("classes", PerClass)):
            told[name] = tuple(kind(**_estimates(one)) for one in told[name])
        for name in ("difficulty", "sizes", "thirds"):
            told[name] = tuple(Part(**_estimates(one)) for one in told[name])
        told["third_px"] = tuple(told["third_px"])
        return cls(**_estimates(told))


def plain(value: Any) -> Any:
    """The same with estimates as dictionaries, tuples as lists and nan as None."""
    if isinstance(value, Estimate):
        return plain(value._asdict())
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _nan(value: Any) -> Any:
    """A copy with nan for None."""
    if isinstance(value, Mapping):
        return {key: _nan(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_nan(one) for one in value]
    return math.nan if value is None else value


def _estimates(told: Mapping[str, Any]) -> dict[str, Any]:
    """The same with ``Estimate`` where a dictionary stands."""
    return {key: Estimate(**one) if isinstance(one, dict) else one for key, one in told.items()}
