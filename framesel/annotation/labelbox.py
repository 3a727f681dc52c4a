"""Labelbox: data rows with attachments and pre-labels on the way out, its export on the way back.

The format is written by hand: Labelbox's own SDK makes these objects only while it talks to the
service, labelformat reads its export and writes nothing. Where the purpose is to label:

    data_rows.json        for ``dataset.create_data_rows``, run in this folder: it uploads the files
                          that ``row_data`` names. In the order of rank, which
                          ``project.set_labeling_parameter_overrides`` keeps
    annotations.ndjson    for ``MALPredictionImport.create_from_file``: guesses with confidence
    ontology.json         tools with colours
    images/, context/     attachments must be at an address: upload those of ``context`` by
                          ``client.upload_file`` and put its answer in place of the path

Where it is to train: ``export.ndjson``, laid out as Labelbox's export v2, which other tools read.

A label that was submitted is a reviewed one; a data row without a label, one that was skipped and
one that was sent back are not.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any, Final

from framesel.annotation import labelbox_export
from framesel.annotation.checks import checked_name
from framesel.annotation.files import link, safe_name
from framesel.annotation.formats import Sizes, no_sizes
from framesel.annotation.outside.json_file import load_json, write_lines, write_streamed
from framesel.annotation.outside.json_lines import first_line, json_rows
from framesel.annotation.outside.json_values import listed, mapping, number, text
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box, Class, Picture, Sheet
from framesel.annotation.sheet_parts import boxes_of, link_context, to_label
from framesel.errors import LabelsError

EXPORT, ANNOTATIONS, ROWS, ONTOLOGY = (
    "export.ndjson",
    "annotations.ndjson",
    "data_rows.json",
    "ontology.json",
)
SUFFIXES = (".ndjson", ".jsonl", ".json")
LONGEST_KEY = 200
"""Characters that Labelbox allows in a global key."""
SPACE: Final = uuid.UUID("9b6e4cf7-6c0b-5d0f-8c4f-6a3f7f2f6e11")


def write(sheet: Sheet, folder: Path) -> None:
    """Writes rows, annotations and ontology, and links the pictures; see ``formats.Writer``."""
    for picture in to_label(sheet):
        link(sheet, picture, folder / "images" / picture.name)
    link_context(sheet, folder)
    write_streamed(folder / ONTOLOGY, _ontology(sheet.classes))
    if sheet.purpose == "train":
        named = ((p, global_key(p.name)) for p in to_label(sheet))
        rows = (labelbox_export.row(p, key, boxes_of(sheet, p), sheet.title) for p, key in named)
        write_lines(folder / EXPORT, rows)
        return
    write_streamed(folder / ROWS, _data_rows(sheet.pictures))
    write_lines(folder / ANNOTATIONS, _annotations(sheet))


def sniff(path: Path) -> bool:
    """Whether this is an export of Labelbox, or a folder with one or with what we write."""
    try:
        if path.is_dir():
            return (path / EXPORT).is_file() or (path / ROWS).is_file()
        if path.suffix.lower() not in SUFFIXES or not path.is_file():
            return False
        head = first_line(path)
    except (LabelsError, OSError):
        return False
    return isinstance(head, dict) and ({"data_row", "projects"} <= head.keys() or _imports(head))


def read(path: Path, sizes: Sizes = no_sizes) -> Returned:
    """Reads an export v2 as NDJSON or as a list, or annotations as Labelbox imports them.

    Args:
        path: The file, or a folder with ``export.ndjson`` or ``annotations.ndjson``.
        sizes: Not needed: boxes are in pixels.

    Raises:
        LabelsError: Something is wrong with it; the message names file and line.
    """
    del sizes
    file = path
    if path.is_dir():
        file = path / EXPORT if (path / EXPORT).exists() else path / ANNOTATIONS
    declared = _declared(file.parent / ONTOLOGY)
    rows = json_rows(file)
    head = next(rows, None)
    pictures: tuple[LabelledPicture, ...] = ()
    left: tuple[str, ...] = ()
    if head is not None and isinstance(head[1], dict) and _imports(head[1]):
        pictures = _imported(chain([head], rows), _names(file.parent / ROWS))
    elif head is not None:
        pictures, left = labelbox_export.pictures(chain([head], rows))
    used = dict.fromkeys(box.label for picture in pictures for box in picture.boxes)
    if declared and (unknown := [name for name in used if name not in declared]):
        raise LabelsError(f"{file}: the class {unknown[0]!r} does not stand in {ONTOLOGY}")
    return Returned("labelbox", declared or tuple(used), pictures, left)


def global_key(name: str) -> str:
    """What Labelbox knows a picture by: its name, cut with a digest where it is too long."""
    if len(name) <= LONGEST_KEY:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:16]
    return f"{name[: LONGEST_KEY - len(digest) - 1]}-{digest}"


def _imports(head: dict[str, Any]) -> bool:
    """Whether a line is one of what Labelbox imports."""
    return {"dataRow", "name"} <= head.keys()


def _ontology(classes: Iterable[Class]) -> dict[str, Any]:
    tools = [
        {
            "tool": "rectangle",
            "name": one.name,
            "color": one.color,
            "required": False,
            "classifications": [],
        }
        for one in classes
    ]
    return {"tools": tools, "classifications": []}


def _declared(path: Path) -> tuple[str, ...]:
    """Names of the tools of an ontology; none where there is no such file."""
    if not path.exists():
        return ()
    tools = listed(mapping(load_json(path), str(path)).get("tools"), f"{path}, tools")
    rows = [mapping(tool, f"{path}, tools") for tool in tools]
    names = tuple(checked_name(r.get("name"), f"{path}, tools") for r in rows)
    if len(set(names)) < len(names):
        raise LabelsError(f"{path} declares a class twice")
    return names


def _data_rows(pictures: Iterable[Picture]) -> Iterator[dict[str, Any]]:
    """A row for each picture that is to be labelled, with those that give it context."""
    row: dict[str, Any] = {}
    for picture in pictures:
        if picture.context_of:
            when = f"at {picture.t_s:.3f} s"
            row["attachments"].append(
                {
                    "type": "IMAGE",
                    "value": f"context/{picture.context_of}/{picture.name}",
                    "name": when,
                }
            )
            continue
        if row:
            yield row
        row = {
            "row_data": f"images/{picture.name}",
            "global_key": global_key(picture.name),
            "external_id": picture.name,
            "attachments": [{"type": "RAW_TEXT", "value": why, "name": "why"}]
            if (why := _why(picture))
            else [],
        }
    if row:
        yield row


def _why(picture: Picture) -> str:
    score = "" if picture.score is None else f" (score {picture.score:.4f})"
    return f"{picture.rank}. {picture.reason}{score}" if picture.reason or score else ""


def _annotations(sheet: Sheet) -> Iterator[dict[str, Any]]:
    for picture in to_label(sheet):
        for number_, box in enumerate(boxes_of(sheet, picture)):
            found: dict[str, Any] = {
                "uuid": str(uuid.uuid5(SPACE, f"{picture.key}/{picture.name}/{number_}")),
                "name": box.label,
                "dataRow": {"globalKey": global_key(picture.name)},
                "bbox": labelbox_export.corner(box),
                "classifications": [],
            }
            yield found | ({} if box.score is None else {"confidence": round(box.score, 6)})


def _imported(
    rows: Iterable[tuple[str, Any]], names: Mapping[str, str]
) -> tuple[LabelledPicture, ...]:
    """Annotations as Labelbox imports them; nobody says that anybody has looked at them."""
    found: dict[str, list[Box]] = {}
    for where, row in rows:
        said = mapping(row, where)
        data_row = mapping(said.get("dataRow"), f"{where}, dataRow")
        key = text(data_row.get("globalKey"), f"{where}, dataRow, globalKey")
        name = safe_name(names.get(key, key), where)
        score = said.get("confidence")
        found.setdefault(name, []).append(
            labelbox_export.checked(
                said.get("bbox"),
                checked_name(said.get("name"), where),
                (None, None),
                where,
                None if score is None else number(score, f"{where}, confidence"),
            )
        )
    return tuple(LabelledPicture(name, tuple(boxes)) for name, boxes in found.items())


def _names(path: Path) -> dict[str, str]:
    """From global key to the picture's name, by our own data rows; none without them."""
    if not path.exists():
        return {}
    rows = [mapping(row, str(path)) for row in listed(load_json(path), str(path))]
    return {
        text(row.get("global_key"), f"{path}, global_key"): text(
            row.get("external_id"), f"{path}, external_id"
        )
        for row in rows
    }
