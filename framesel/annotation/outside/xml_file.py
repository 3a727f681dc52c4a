"""XML from outside, element by element: no entities, no DTD, bounded memory."""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING

from framesel.errors import LabelsError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_MB = 4096
DEEPEST = 64
MOST_INSIDE = 400_000
"""Elements inside one that is given out as a whole: a track has one or two for each frame."""

LONGEST_PIECE = 16 << 20
"""Bytes without any element beginning or ending: one text or attribute as long as a book."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")


def elements(path: Path, tags: Collection[str], most_mb: int = MOST_MB) -> Iterator[Element]:
    """Goes through a file and gives every outermost element of the tags, whole.

    Elements are dropped once the next one is asked for: memory holds one at a time.

    Args:
        path: The file.
        tags: Which elements to give.
        most_mb: Larger files are refused.

    Raises:
        LabelsError: It is no XML, declares a DTD or entities, or is out of all proportion.
    """
    yield from _outermost(_events(path, most_mb), frozenset(tags), path)


def starts(path: Path) -> Iterator[tuple[int, Element]]:
    """Goes through the beginnings of elements: each with its depth, tag and attributes.

    Nothing is dropped: for looking at how a file begins.

    Raises:
        LabelsError: As ``elements``.
    """
    depth = 0
    for event, element in _events(path, MOST_MB):
        depth += 1 if event == "start" else -1
        if event == "start":
            yield depth, element


def root_of(path: Path) -> Element | None:
    """The root element as it begins, with its tag and attributes; None if that is no XML.

    Reads little and raises nothing: for telling formats apart.
    """
    try:
        return next((element for _, element in starts(path)), None)
    except (LabelsError, OSError):
        return None


def number_of(element: Element, attribute: str, where: str) -> float:
    """A decimal number in an attribute.

    Raises:
        LabelsError: It is missing, or anything but a finite decimal number.
    """
    text = element.get(attribute)
    if text is None:
        raise LabelsError(f"{where}: <{element.tag}> has no {attribute}")
    return number(text, f"{where}: {attribute}")


def number(text: str, where: str) -> float:
    """A decimal number.

    Raises:
        LabelsError: It is anything but a finite decimal number.
    """
    if len(text) > 64 or not _NUMBER.fullmatch(text.strip()):
        raise LabelsError(f"{where} is {text[:40]!r}, which is no number")
    value = float(text)
    if not math.isfinite(value):
        raise LabelsError(f"{where} is {text[:40]!r}, which is no number")
    return value


def whole_number(text: str, where: str) -> int:
    """A number from 0 without decimals.

    Raises:
        LabelsError: It is anything else.
    """
    plain = text.strip()
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 15):
        raise LabelsError(f"{where} is {text[:40]!r}, which is no whole number")
    return int(plain)


def text_at(element: Element, place: str) -> str:
    """The text of an element below another without spaces around it; empty if it is missing."""
    return (element.findtext(place) or "").strip()


class _Bounded:
    """A file that notices when it is read on and on without an element beginning or ending."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file = file
        self.path = path
        self.since_event = 0

    def read(self, count: int) -> bytes:
        if self.since_event > LONGEST_PIECE:
            raise LabelsError(f"{self.path} has a piece of text of more than 16 MB")
        self.since_event += count
        return self._file.read(count)


def _events(path: Path, most_mb: int) -> Iterator[tuple[str, Element]]:
    import defusedxml.ElementTree as Defused

    if not path.is_file():
        raise LabelsError(f"{path} is no file")
    if path.stat().st_size > most_mb << 20:
        raise LabelsError(f"{path} is larger than {most_mb} MB: split it")
    try:
        with path.open("rb") as file:
            bounded = _Bounded(file, path)
            for event, element in Defused.iterparse(bounded, ("start", "end"), forbid_dtd=True):
                bounded.since_event = 0
                yield event, element
    except Defused.ParseError as error:
        raise LabelsError(f"{path} is no valid XML: {error}") from error
    except (ValueError, LookupError) as error:
        # defusedxml's refusals are ValueErrors; unknown encodings are LookupErrors
        raise LabelsError(f"{path} is refused: {str(error)[:200]}") from error


def _outermost(
    events: Iterator[tuple[str, Element]], tags: frozenset[str], path: Path
) -> Iterator[Element]:
    above: list[Element] = []
    kept_at = 0  # depth of the wanted element that is being read; 0: none
    inside = 0
    for event, element in events:
        if event == "start":
            above.append(element)
            inside = inside + 1 if kept_at else 0
            if len(above) > DEEPEST or inside > MOST_INSIDE:
                raise LabelsError(f"{path}: <{element.tag[:40]}> is nested or filled beyond sense")
            if not kept_at and element.tag in tags:
                kept_at = len(above)
            continue
        above.pop()
        if kept_at and len(above) + 1 > kept_at:
            continue
        if kept_at:
            yield element
        kept_at = 0
        if above:
            above[-1].remove(element)
