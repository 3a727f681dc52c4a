"""Files of an export: second names for pictures, no copies."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from framesel.annotation.sheet import Picture, Sheet
from framesel.errors import LabelsError
from framesel.workspace import write_bytes


def link(sheet: Sheet, picture: Picture, target: Path) -> None:
    """Gives a picture of a sheet a second name, or a copy where the file system has none.

    What stands there already is kept: it was written by the same export before it was killed.
    """
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    source = sheet.images / picture.name
    try:
        os.link(source, target)
    except OSError:
        write_bytes(target, source.read_bytes())


def safe_name(name: str, where: str) -> str:
    """A relative name from outside, checked: it stays below the folder that it is put under.

    Raises:
        LabelsError: It is empty, absolute, climbs, or holds control characters.
    """
    plain = PurePosixPath(name.replace("\\", "/"))
    drive = len(name) > 1 and name[1] == ":"
    if not name or plain.is_absolute() or drive or ".." in plain.parts or not name.isprintable():
        raise LabelsError(f"{where}: {name[:80]!r} is no name of a picture in a folder")
    return plain.as_posix()
