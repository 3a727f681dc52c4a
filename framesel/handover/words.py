"""One annotator's word on one frame, checked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from framesel.annotation.checks import checked_box, checked_name
from framesel.annotation.returned import LabelledPicture
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError
from framesel.handover.known_frames import Known
from framesel.handover.matching import Refused, called
from framesel.labels.labels import Key

LONGEST_S = 1e7
LARGEST_TRACK = (1 << 63) - 1
SOURCES = frozenset({"auto", "semi-auto", "manual"})


@dataclass(frozen=True, slots=True)
class Word:
    """What one annotator says of one frame.

    Attributes:
        name: What the labels call the picture.
        known: The frame.
        annotator: Who says it; empty where nobody knows.
        boxes: In pixels of the whole picture.
        seconds: Spent on it; None where that is not said.
        at: When, in UTC; empty where that is not said.
    """

    name: str
    known: Known
    annotator: str = ""
    boxes: tuple[Box, ...] = ()
    seconds: float | None = None
    at: str = ""

    @property
    def whose(self) -> tuple[Key, str]:
        """Frame and annotator."""
        return self.known.key, self.annotator

    @property
    def row(self) -> dict[str, Any]:
        """As in ``tables.LABELLED``."""
        return {
            "video_no": self.known.key[0],
            "pts": self.known.key[1],
            "annotator": self.annotator,
            "width": self.known.width,
            "height": self.known.height,
            "seconds": self.seconds,
            "at": self.at,
        }


def word_of(
    picture: LabelledPicture, known: Known, rename: Mapping[str, str], annotator: str
) -> Word:
    """Checks what is said of a frame.

    Args:
        picture: What came in.
        known: The frame that it shows.
        rename: Old names of classes to new ones.
        annotator: Who said it, where the picture does not say.

    Raises:
        LabelsError: A box lies outside the frame, or something else makes no sense.
    """
    who = picture.annotator or annotator
    if who:
        checked_name(who, "the annotator's name")
    seconds = picture.seconds
    if seconds is not None and not (math.isfinite(seconds) and 0 <= seconds <= LONGEST_S):
        raise LabelsError(f"{seconds} seconds were spent on it, it says")
    boxes = []
    for number, box in enumerate(picture.boxes, 1):
        where = f"box {number}"
        if box.track is not None and abs(box.track) > LARGEST_TRACK:
            raise LabelsError(f"{where}: its track has a number that nobody can count to")
        label = checked_name(rename.get(box.label, box.label), where)
        source = box.source if box.source in SOURCES else ""
        plain = replace(box, label=label, source=source)
        boxes.append(checked_box(plain, known.width, known.height, where))
    return Word(called(picture), known, who, tuple(boxes), seconds, in_utc(picture.at))


def in_utc(text: str) -> str:
    """A time in UTC, so that times compare as texts; empty where it is none."""
    try:
        at = datetime.fromisoformat(text)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return at.isoformat(timespec="milliseconds")


def one_each(words: Iterable[Word]) -> tuple[list[Word], list[Refused]]:
    """One word of an annotator on a frame: the same twice is once, of two that differ the later.

    Returns:
        The words that hold, and those of which nobody can tell which does.
    """
    held: dict[tuple[Key, str], Word] = {}
    torn: dict[tuple[Key, str], Refused] = {}
    for word in words:
        before = held.setdefault(word.whose, word)
        if before is word or sorted(map(repr, before.boxes)) == sorted(map(repr, word.boxes)):
            continue
        if before.at and word.at and before.at != word.at:
            held[word.whose] = max(before, word, key=lambda w: w.at)
            continue
        who = f" by {word.annotator}" if word.annotator else ""
        why = f"was labelled twice{who}, as {before.name} too, and differently"
        torn[word.whose] = Refused(word.name, why)
    return [word for whose, word in held.items() if whose not in torn], list(torn.values())
