"""``dataset_meta.json``: the declared classes, for formats whose files name only those in use.

datumaro's convention, which CVAT reads too: without it, datumaro takes the twenty classes of the
VOC challenge for the only ones.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from framesel.annotation.checks import checked_name
from framesel.annotation.outside.json_file import load_json
from framesel.annotation.outside.json_values import listed, mapping
from framesel.annotation.sheet import Sheet
from framesel.errors import LabelsError
from framesel.workspace import write_json

FILE = "dataset_meta.json"
MOST_MB = 1


def write_classes(sheet: Sheet, folder: Path) -> None:
    """Writes the names of the classes, in the order of their numbers."""
    write_json(folder / FILE, {"labels": list(sheet.names)})


def all_classes(folders: Iterable[Path], used: set[str]) -> tuple[str, ...]:
    """The classes that are declared in any of some folders, and behind them others that are used.

    Raises:
        LabelsError: A file is there and makes no sense.
    """
    declared = dict.fromkeys(name for folder in folders for name in _declared(folder))
    return (*declared, *sorted(used.difference(declared)))


def _declared(folder: Path) -> tuple[str, ...]:
    path = folder / FILE
    if not path.is_file() or path.is_symlink():
        return ()
    content = mapping(load_json(path, MOST_MB), str(path))
    names = content.get("labels") or list(
        mapping(content.get("label_map", {}), f"{path}: label_map").values()
    )
    found = [checked_name(name, str(path)) for name in listed(names, f"{path}: labels")]
    if len(set(found)) < len(found):
        raise LabelsError(f"{path} names a class twice")
    return tuple(found)
