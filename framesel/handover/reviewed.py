"""Which of the pictures that come back count as looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from framesel.annotation.returned import LabelledPicture
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError, UsageError
from framesel.handover.matching import Matcher, Refused
from framesel.labels.labels import Key

RULES = ("auto", "all", "boxed")
"""And a file with names."""

MOST_BYTES = 64 << 20


@dataclass
class Review:
    """Decides picture by picture, and counts what it left.

    Attributes:
        rule: ``auto``: what the format says; where it cannot say, pictures with boxes count, and
            empty ones do not, nor those in which a detector drew every box. ``all``: these count
            too, empty ones as background. ``boxed``: pictures with boxes count, others do not.
            ``file``: those that are listed, and no others.
        listed: The frames that a file lists.
        undecided: Pictures of which the format cannot say whether anyone looked at them.
        unreviewed: Pictures of which the tool says that nobody is done with them.
        unlisted: Pictures that are not in the file.
    """

    rule: str
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
        drawn = picture.boxes if self.rule == "boxed" else _by_people(picture)
        if drawn:
            return True
        self.undecided += 1
        return False


def _by_people(picture: LabelledPicture) -> list[Box]:
    return [box for box in picture.boxes if box.source != "auto"]


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
        return Review(rule)
    path = Path(rule)
    if not path.is_file():
        raise UsageError(
            f"--reviewed {rule}: give {', '.join(RULES)}, or a text file with the names of the "
            "pictures that were reviewed"
        )
    return Review("file", frozenset(_keys(path, matcher)))


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
