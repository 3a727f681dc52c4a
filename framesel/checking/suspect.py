"""One label that may be a mistake."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = {
    "overlooked": "the detector sees an object that nobody labelled",
    "located": "a label's edges are not where the detector sees the object",
    "swapped": "what looks so is usually called otherwise",
    "spurious": "the detector finds nothing where a label is",
    "vanished": "an object is labelled just before and just after",
    "jumped": "a label lies off the way between its neighbours in time",
    "renamed": "the object has another class in the frames around",
}


@dataclass(frozen=True, slots=True)
class Suspect:
    """A suspicion.

    Attributes:
        frame: Place among the labelled frames.
        kind: One of ``KINDS``.
        score: From 0 to 1.
        label: Class that was labelled, or that a missing label should have.
        xyxy: The label, or where one is missing; pixels of the full picture.
        why: The suspicion in words.
        better: The class that it should have; empty where that is not in question.
        better_xyxy: Where it should be; None where that is not in question.
    """

    frame: int
    kind: str
    score: float
    label: str
    xyxy: tuple[float, float, float, float]
    why: str
    better: str = ""
    better_xyxy: tuple[float, float, float, float] | None = None
