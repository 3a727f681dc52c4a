"""Which frames are to be handed over, in which order, with which boxes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from framesel.annotation.sheet import Box, Split

What = Literal["picks", "holdout", "suspicious", "labelled"]


@dataclass(frozen=True, slots=True)
class Listed:
    """One frame that is to be handed over.

    Attributes:
        video_no: Number of its video.
        pts: Its time.
        index: Number of the frame in its video, from 0.
        t_s: Seconds from the video's beginning.
        score: How informative, or how suspicious, 0 to 1; None where that is not known.
        reason: Why it is on the list, in words.
        boxes: What goes with it; None: what the detector guesses.
        blurs: What a reviewer wants hidden, as shares of the picture.
        split: In a dataset for training.
        fields: More that is known of it, name to text.
    """

    video_no: int
    pts: int
    index: int
    t_s: float
    score: float | None = None
    reason: str = ""
    boxes: tuple[Box, ...] | None = None
    blurs: tuple[tuple[float, float, float, float], ...] = ()
    split: Split = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """Frames in the order in which they are to be shown.

    Attributes:
        what: What they are.
        title: Of the task or project.
        frames: First the one that is most worth looking at.
        classes: What may be drawn, by name, where it is not the recipe's or the detector's.
        round: Number of the round that they were picked in; None where it is of none.
    """

    what: What
    title: str
    frames: tuple[Listed, ...]
    classes: tuple[str, ...] | None = None
    round: int | None = None

    @property
    def purpose(self) -> Literal["label", "train"]:
        """What the boxes are: guesses, or labels."""
        return "train" if self.what == "labelled" else "label"
