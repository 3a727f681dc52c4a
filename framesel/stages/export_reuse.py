"""What a new export takes over from the one before: pictures that show the same, and labels."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa

from framesel import table_files
from framesel.workspace import write_bytes


def identity_of(folder: Path) -> Any:
    """What an export was made from, its ``export.json``; None if it cannot be read."""
    try:
        found = json.loads((folder / "export.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    if isinstance(found, dict) and found.get("classes") == []:
        del found["classes"]  # older exports named classes here, mostly none
    return found


def take_over(old: Path, new: Path, picks: pa.Table) -> None:
    """Gives a new export the files of an older one that stay as they are.

    A picture stays if its name and what is blurred in it are the same, and it is encoded alike.
    Files under ``labels`` are people's work: all of them stay.

    Args:
        old: A finished export, or nothing.
        new: One that is being made; its ``export.json`` is there.
        picks: What it will list.
    """
    if _encoding(old) == _encoding(new) is not None:
        for name in sorted(_pictures(picks) & _pictures(_listed(old))):
            _link(old / "images" / name[0], new / "images" / name[0])
    if (old / "labels").is_dir():
        for path in sorted((old / "labels").iterdir()):
            _link(path, new / "labels" / path.name)


def _encoding(folder: Path) -> tuple[object, object] | None:
    found = identity_of(folder)
    return (found.get("format"), found.get("jpeg_quality")) if isinstance(found, dict) else None


def _listed(folder: Path) -> pa.Table:
    try:
        return table_files.read(folder / "picks.parquet")
    except (OSError, pa.ArrowInvalid):
        return pa.table({"image": pa.array([], pa.string())})


def _pictures(picks: pa.Table) -> set[tuple[str, str]]:
    """(file name, what is blurred) of each; exports of old had no blurs."""
    names = picks["image"].to_pylist()
    blurs = picks["blurs"].to_pylist() if "blurs" in picks.column_names else [""] * len(names)
    return set(zip(names, blurs, strict=True))


def _link(source: Path, target: Path) -> None:
    """A second name for a file, or a copy where the file system has no second names."""
    if source.is_symlink() or not source.is_file() or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        write_bytes(target, source.read_bytes())
