"""What lies beside CVAT's annotations: pictures, their context, their order and the labels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from framesel.annotation.cvat.labels import constructor
from framesel.annotation.files import link
from framesel.annotation.outside.json_file import write_lines
from framesel.annotation.sheet import Picture, Sheet
from framesel.workspace import write_json

IMAGES = "images"
MANIFEST = "manifest.jsonl"
LABELS = "labels.json"


def to_label(sheet: Sheet) -> Iterator[Picture]:
    """The pictures of a sheet that are to be labelled."""
    return (picture for picture in sheet.pictures if not picture.context_of)


def link_pictures(sheet: Sheet, folder: Path) -> None:
    """Gives all pictures a name in the export; those of context where CVAT looks for them."""
    for picture in sheet.pictures:
        name = context_name(picture) if picture.context_of else picture.name
        link(sheet, picture, folder / IMAGES / name)


def context_name(picture: Picture) -> str:
    """Where CVAT looks for a picture that is shown beside the one that it gives context to."""
    shown = PurePosixPath(picture.context_of)
    below = f"{shown.stem}_{shown.suffix[1:]}" if shown.suffix else shown.name
    return str(shown.parent / "related_images" / below / PurePosixPath(picture.name).name)


def with_context(sheet: Sheet) -> Iterator[tuple[Picture, tuple[str, ...]]]:
    """Each picture to be labelled with the names of those behind it that give it context."""
    shown: Picture | None = None
    context: list[str] = []
    for picture in sheet.pictures:
        if picture.context_of:
            context.append(context_name(picture))
            continue
        if shown is not None:
            yield shown, tuple(context)
        shown, context = picture, []
    if shown is not None:
        yield shown, tuple(context)


def write_manifest(folder: Path, pictures: Iterable[tuple[Picture, tuple[str, ...]]]) -> None:
    """Writes the file that makes CVAT keep an order of pictures.

    Args:
        folder: The export.
        pictures: In that order, each with the names of its pictures of context.
    """
    write_lines(folder / IMAGES / MANIFEST, _manifest(pictures))


def write_labels(sheet: Sheet, folder: Path) -> None:
    """Writes what is pasted into a new task under "Raw"."""
    write_json(folder / LABELS, constructor(sheet.classes))


def _manifest(pictures: Iterable[tuple[Picture, tuple[str, ...]]]) -> Iterator[dict[str, Any]]:
    yield {"version": "1.1"}
    yield {"type": "images"}
    for picture, context in pictures:
        name = PurePosixPath(picture.name)
        row: dict[str, Any] = {
            "name": str(name.with_suffix("")),
            "extension": name.suffix,
            "width": picture.width,
            "height": picture.height,
        }
        if context:
            row["meta"] = {"related_images": list(context)}
        yield row
