"""Which of the pictures that come back count as looked at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from framesel.annotation.returned import LabelledPicture
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError, UsageError
from framesel.handover.known_frames import KnownFrames
from framesel.handover.matching import Matcher, Refused
from framesel.labels.labels import Key

RULES = ("auto", "all", "boxed")
"""And a file with names."""

MOST_BYTES = 64 << 20

ROUNDED_PX = 0.51
"""What a tool that knows whole pixels only makes of an edge."""


@dataclass
class Review:
    """Decides picture by picture, and counts what it left.

    Attributes:
        rule: ``auto``: what the format says; where it cannot say, pictures with boxes count, and
            empty ones do not, nor those in which a detector drew every box, nor those whose boxes
            are what went out. ``all``: these count too, empty ones as background. ``boxed``:
            pictures with boxes count, others do not. ``file``: those that are listed, and no
            others.
        known: Knows what went out.
        listed: The frames that a file lists.
        undecided: Pictures of which the format cannot say whether anyone looked at them.
        unreviewed: Pictures of which the tool says that nobody is done with them.
        unlisted: Pictures that are not in the file.
    """

    rule: str
    known: KnownFrames
    listed: frozenset[Key] = field(default_factory=frozenset)
    undecided: int = 0
    unreviewed: int = 0
    unlisted: int = 0

    def counts(self, picture: LabelledPicture, key: Key) -> bool:
        """Whether a picture is taken."""
        if self.rule == "file":
            self.unlisted += key not in self.listed
            return key in self.listed
        if picture.reviewed is False:
            self.unreviewed += 1
            return False
        if self.rule == "all" or (picture.reviewed and self.rule == "auto"):
            return True
        if picture.boxes and (self.rule == "boxed" or self._touched(picture, key)):
            return True
        self.undecided += 1
        return False

    def _touched(self, picture: LabelledPicture, key: Key) -> bool:
        """Whether a person must have been at its boxes."""
        if all(box.source == "auto" for box in picture.boxes):
            return False
        return not any(_same(picture.boxes, handed) for handed in self.known.handed_boxes(key))


def _same(boxes: Sequence[Box], handed: Sequence[Box]) -> bool:
    """Whether boxes are those that went out, as well as a format can say it."""
    if len(boxes) != len(handed):
        return False
    left = list(handed)
    for box in boxes:
        twin = next((one for one in left if _is(box, one)), None)
        if twin is None:
            return False
        left.remove(twin)
    return True


def _is(box: Box, other: Box) -> bool:
    apart = max(abs(a - b) for a, b in zip(box.xyxy, other.xyxy, strict=True))
    return box.label == other.label and apart <= ROUNDED_PX


def review(rule: str, matcher: Matcher) -> Review:
    """Reads what counts as reviewed.

    Args:
        rule: ``auto``, ``all``, ``boxed``, or the path of a text file with a picture's name a line.
        matcher: Knows whose names they are.

    Raises:
        UsageError: It is neither a rule nor a file.
        LabelsError: The file names what is no frame.
    """
    if rule in RULES:
        return Review(rule, matcher.known)
    path = Path(rule)
    if not path.is_file():
        raise UsageError(
            f"--reviewed {rule}: give {', '.join(RULES)}, or a text file with the names of the "
            "pictures that were reviewed"
        )
    return Review("file", matcher.known, frozenset(_keys(path, matcher)))


def _keys(path: Path, matcher: Matcher) -> Iterable[Key]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise LabelsError(f"{path} is too large for a list of names")
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise LabelsError(f"{path} cannot be read as text: {error}") from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            found = matcher.find(LabelledPicture(line.strip(), ()))
            if isinstance(found, Refused):
                raise LabelsError(f"{path}, line {number}: {found}")
            yield found.key
