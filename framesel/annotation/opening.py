"""Labels from a file, a folder or a zip, of a format that was named or is found out."""

from __future__ import annotations

from pathlib import Path

from framesel.annotation.formats import FORMATS, Format, Sizes, format_named, format_of, no_sizes
from framesel.annotation.outside.archives import RUBBISH, opened
from framesel.annotation.returned import Returned
from framesel.errors import LabelsError, UsageError

AUTO = "auto"
DEEPEST = 4
"""Folders that hold nothing but a folder, which are entered in search of labels."""


def open_labels(path: Path, format_name: str = AUTO, sizes: Sizes = no_sizes) -> Returned:
    """Reads labels.

    Folders that hold nothing but one more folder or file, as archives often do, are entered.

    Args:
        path: A file, a folder, or a zip of either.
        format_name: A format's name, or ``auto``.
        sizes: Looks up how large a picture is, for formats that do not say.

    Raises:
        UsageError: There is no such file, or no telling which format it is.
        LabelsError: Anything at all is wrong with the labels.
    """
    wanted = None if format_name == AUTO else format_named(format_name)
    if wanted is not None and not wanted.reads:
        raise UsageError(f"{wanted.name} is only written: no labels can be read from it")
    if not path.exists():
        raise UsageError(f"{path} does not exist")
    with opened(path) as place:
        try:
            if wanted is None:
                return _found_out(place, path, sizes)
            return wanted.reader.read(_entrance(place, (wanted,)) or place, sizes)
        except UnicodeDecodeError as error:
            raise LabelsError(f"{path} holds text that is not UTF-8: {error}") from error
        except OSError as error:
            raise LabelsError(f"{path} cannot be read: {error}") from error


def _found_out(place: Path, path: Path, sizes: Sizes) -> Returned:
    known = tuple(f for f in FORMATS.values() if f.reads)
    entrance = _entrance(place, known)
    try:
        return format_of(entrance or place).reader.read(entrance or place, sizes)
    except UsageError as error:
        raise UsageError(str(error).replace(str(place), str(path))) from error


def _entrance(place: Path, formats: tuple[Format, ...]) -> Path | None:
    """The first of a folder, its only child, the only child of that … that looks like labels."""
    for _ in range(DEEPEST):
        if any(f.reader.sniff(place) for f in formats):
            return place
        if not place.is_dir():
            return None
        inside = [p for p in place.iterdir() if p.name not in RUBBISH]
        if len(inside) != 1:
            return None
        place = inside[0]
    return None
