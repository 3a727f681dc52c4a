"""Boxes and tags in CVAT's XML, and a count of all that is neither."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from framesel.annotation.checks import checked_box, checked_name
from framesel.annotation.cvat.labels import SCORE
from framesel.annotation.outside.xml_file import number, number_of
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

SHAPES = frozenset(
    "box polygon polyline points cuboid skeleton mask ellipse tag track attribute".split()
)
BY_PEOPLE = frozenset({"manual", "semi-auto"})
BY_MACHINES = frozenset({"auto", "file"})
"""``file``: uploaded with a file, and not touched since; CVAT forgets who had drawn it."""

STRAIGHT_DEG = 0.01


class Left:
    """Counts what is not taken, with the place where it was met first."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}

    def note(self, what: str, where: str) -> None:
        """Notes one thing."""
        self._counts[what] += 1
        self._first.setdefault(what, where)

    def lines(self) -> tuple[str, ...]:
        """A line for each kind of thing."""
        return tuple(
            f"{count} x {what} (first in {self._first[what]})"
            for what, count in sorted(self._counts.items())
        )


class Declared:
    """Classes of a file: those that it declares, or else those that it uses."""

    def __init__(self, classes: tuple[str, ...] | None, file: Path) -> None:
        self._known = list(classes or ())
        self._closed = classes is not None
        self._file = file

    def checked(self, element: Element, where: str) -> str:
        """The class of a box.

        Raises:
            LabelsError: It has none, or one that the file does not declare.
        """
        name = checked_name(element.get("label"), where)
        if name not in self._known:
            if self._closed:
                raise LabelsError(f"{where}: the file does not declare the label {name!r}")
            self._known.append(name)
        return name

    @property
    def names(self) -> tuple[str, ...]:
        """All of them."""
        return tuple(self._known)


def box_of(
    element: Element, label: str, source: str, size: tuple[int, int] | None, where: str
) -> Box | None:
    """A box in pixels; None for one that is turned, which is no box of ours.

    Raises:
        LabelsError: It makes no sense.
    """
    rotation = number(element.get("rotation", "0"), f"{where}: rotation") % 360
    if min(rotation, 360 - rotation) > STRAIGHT_DEG:
        return None
    x1, y1, x2, y2 = (number_of(element, edge, where) for edge in ("xtl", "ytl", "xbr", "ybr"))
    said = attributes_of(element)
    # what a person draws has the attribute's default
    guessed = source in BY_MACHINES and said.get(SCORE, "")
    box = Box(
        label=label,
        x1=x1,
        y1=y1,
        x2=x2,
        y2=y2,
        score=number(said[SCORE], f"{where}: {SCORE}") if guessed else None,
        source=source_name(source, bool(guessed)),
        occluded={"1": True, "0": False}.get(element.get("occluded", "")),
    )
    width, height = size or (None, None)
    return checked_box(box, width, height, where)


def source_name(source: str, scored: bool) -> str:
    """Who drew a box, in our words.

    What came with a file may be anybody's, unless it has a score.
    """
    if source in BY_PEOPLE or source == "auto":
        return source
    return "auto" if source == "file" and scored else ""


def attributes_of(element: Element) -> dict[str, str]:
    """The attributes of a shape or a tag, without the empty ones."""
    found = {one.get("name", ""): (one.text or "").strip() for one in element.iter("attribute")}
    return {name: text for name, text in found.items() if text}


def note_others(element: Element, taken: Collection[str], left: Left, where: str) -> None:
    """Notes every child that is a shape of another kind.

    Raises:
        LabelsError: One is nothing that CVAT writes.
    """
    for child in element:
        if child.tag in taken:
            continue
        if child.tag not in SHAPES:
            raise LabelsError(f"{where}: <{child.tag[:40]}> is nothing that CVAT writes")
        left.note(f"{child.tag}: only boxes are taken", where)
