"""The figures of the tables: what they mean, and how what videos contribute adds up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from framesel.simulation.statistics import Reduce, evenness, largest, ratio


@dataclass(frozen=True)
class Measure:
    """One figure.

    Attributes:
        name: In files.
        title: Above a column.
        better: Which direction is good.
        reduce: From what the videos contribute to the figure.
        digits: Behind the point.
        meaning: For the legend.
    """

    name: str
    title: str
    better: Literal["higher", "lower"]
    reduce: Reduce
    digits: int
    meaning: str

    @property
    def adds_up(self) -> bool:
        """Whether a sample of videos estimates it.

        Not where fewer different videos give less by themselves: a maximum, an entropy.
        """
        return self.reduce is ratio


PICKS: Final = (
    Measure(
        "distance",
        "mean distance",
        "lower",
        ratio,
        4,
        "mean cosine distance of all good pool frames to the nearest pick",
    ),
    Measure(
        "moments_distance",
        "by moment",
        "lower",
        ratio,
        4,
        "the same, each moment counted once however long it lasts",
    ),
    Measure(
        "held_out_distance",
        "held out",
        "lower",
        ratio,
        4,
        "the same for the good frames of held-out videos",
    ),
    Measure(
        "accuracy",
        "1-NN",
        "higher",
        ratio,
        3,
        "macro accuracy of the nearest pick's label on held-out videos",
    ),
    Measure("events", "events", "higher", ratio, 3, "share of the rare events that a pick shows"),
    Measure(
        "balance",
        "balance",
        "higher",
        evenness,
        3,
        "entropy of the picks' labels; 1: all classes equally often",
    ),
    Measure(
        "redundant",
        "redundant",
        "lower",
        ratio,
        3,
        "share of picks with a near-duplicate (cosine from tau on) among the picks",
    ),
    Measure("faulty", "faulty", "lower", ratio, 3, "share of picks that are no good picture"),
    Measure(
        "radius",
        "radius",
        "lower",
        largest,
        3,
        "largest chord of a good pool frame to its nearest pick",
    ),
    Measure(
        "certified",
        "certified",
        "lower",
        largest,
        2,
        "radius over a lower bound of the best possible one; 1: proven best",
    ),
)
"""What is told of picks."""

DUPLICATES: Final = (
    Measure("kept", "kept", "lower", ratio, 3, "share of the frames that are kept"),
    Measure(
        "precision",
        "precision",
        "higher",
        ratio,
        3,
        "share of the pairs called duplicates that show one moment",
    ),
    Measure(
        "recall",
        "recall",
        "higher",
        ratio,
        3,
        "share of the pairs that show one moment that were called duplicates",
    ),
    Measure(
        "lost", "moments lost", "lower", ratio, 3, "share of the moments of which nothing is kept"
    ),
    Measure(
        "lost_newcomers",
        "newcomers lost",
        "lower",
        ratio,
        3,
        "the same among moments with a new small object in a still picture",
    ),
    Measure(
        "lost_events", "events lost", "lower", ratio, 3, "share of rare events with no frame kept"
    ),
)
"""What is told of near-duplicate removal."""

MEASURES: Final[Mapping[str, Measure]] = {
    measure.name: measure for measure in (*PICKS, *DUPLICATES)
}
