"""FiftyOne's ``FiftyOneImageDetectionDataset``: ``data/`` and ``labels.json``.

``fiftyone`` itself needs a database server to write a file, and no other library knows the format:
it is written by hand. A key of ``labels`` is a picture's path below ``data`` without its extension;
a box is shares of the picture from its upper left corner; a label is a number in ``classes``. The
value ``null`` stands for a sample whose field is empty: nobody has looked. An empty list says that
there are no objects, by whoever filled the field.

The format has no place for what is known of a picture, and FiftyOne sorts by key. Rank, score,
reason and the frame's identity stand in ``samples.ndjson``, a line for each picture by rank::

    for line in open("samples.ndjson"):
        row = json.loads(line)
        sample = dataset[os.path.abspath(row["filepath"])]
        sample["rank"], sample["reason"] = row["rank"], row["reason"]
        sample.save()

Pictures of context lie in ``context/``: whatever lies in ``data`` may be taken for a sample.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from framesel.annotation import fiftyone_samples
from framesel.annotation.checks import checked_box, checked_name
from framesel.annotation.files import link
from framesel.annotation.formats import Sizes, no_sizes
from framesel.annotation.outside.json_file import load_json, write_lines
from framesel.annotation.outside.json_values import listed, mapping, number, text
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box, Picture, Sheet
from framesel.annotation.sheet_parts import (
    boxes_of,
    has_labels,
    link_context,
    refuse_same_files,
    to_label,
)
from framesel.errors import LabelsError
from framesel.workspace import write_atomic

LABELS, DATA, SAMPLES = "labels.json", "data", "samples.ndjson"
FLAGS = ("occluded", "truncated")


def write(sheet: Sheet, folder: Path) -> None:
    """Writes ``labels.json`` and ``samples.ndjson`` and links the pictures.

    Raises:
        UsageError: Two pictures differ in their extension alone: FiftyOne cannot tell them apart.
    """
    refuse_same_files(sheet)
    for picture in to_label(sheet):
        link(sheet, picture, folder / DATA / picture.name)
    link_context(sheet, folder)
    write_lines(folder / SAMPLES, (fiftyone_samples.line(p) for p in sheet.pictures))

    def fill(temporary: Path) -> None:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(_document(sheet))

    write_atomic(folder / LABELS, fill)


def sniff(path: Path) -> bool:
    """Whether this is a ``labels.json`` that begins as FiftyOne's does, or a folder with one."""
    file = path / LABELS if path.is_dir() else path
    try:
        if file.suffix.lower() != ".json" or not file.is_file():
            return False
        with file.open("rb") as opened:
            head = "".join(opened.read(200).decode("utf-8-sig", "ignore").split())
    except OSError:
        return False
    return head.startswith(('{"classes":[', '{"classes":null', '{"labels":{'))


def read(path: Path, sizes: Sizes = no_sizes) -> Returned:
    """Reads ``labels.json``; the format does not say whether anybody has reviewed a picture.

    Args:
        path: The file, or its folder.
        sizes: Asked for a picture that neither lies in ``data`` nor is in ``samples.ndjson``.

    Raises:
        LabelsError: Something is wrong with it, or the size of a picture with boxes is not known.
    """
    file = path / LABELS if path.is_dir() else path
    content = mapping(load_json(file), str(file))
    names = content.get("classes")
    classes = tuple(
        checked_name(name, f"{file}, classes") for name in listed(names or [], f"{file}, classes")
    )
    if len(set(classes)) < len(classes):
        raise LabelsError(f"{file} declares a class twice")
    samples = fiftyone_samples.Samples.beside(file, sizes)
    pictures = tuple(
        _picture(key, said, classes, samples, f"{file}, {key[:80]!r}")
        for key, said in mapping(content.get("labels"), f"{file}, labels").items()
        if said is not None
    )
    used = dict.fromkeys(box.label for picture in pictures for box in picture.boxes)
    return Returned("fiftyone", classes or tuple(used), pictures)


def _picture(
    key: str,
    said: Any,
    classes: tuple[str, ...],
    samples: fiftyone_samples.Samples,
    where: str,
) -> LabelledPicture:
    found = samples.find(key, where)
    drawn = listed(said, where)
    if drawn and (found.width is None or found.height is None):
        raise LabelsError(
            f"{where}: boxes are shares of the picture, whose size is not known: put the picture "
            f"into {DATA}, or import into the workspace that handed it out"
        )
    size = (found.width or 1, found.height or 1)
    boxes = tuple(_box(one, classes, size, f"{where}, box {n}") for n, one in enumerate(drawn, 1))
    return LabelledPicture(
        found.name,
        boxes,
        found.width,
        found.height,
        key=found.key,
        sha256=found.sha256,
        split=found.split,
    )


def _box(said: Any, classes: tuple[str, ...], size: tuple[int, int], where: str) -> Box:
    row = mapping(said, where)
    shares = listed(row.get("bounding_box"), f"{where}, bounding_box")
    if len(shares) != 4:
        raise LabelsError(f"{where}: bounding_box has {len(shares)} numbers and not 4")
    x, y, w, h = (number(share, f"{where}, bounding_box") for share in shares)
    width, height = size
    attributes = mapping(row.get("attributes") or {}, f"{where}, attributes")
    score = row.get("confidence")
    box = Box(
        _label(row.get("label"), classes, where),
        x * width,
        y * height,
        (x + w) * width,
        (y + h) * height,
        score=None if score is None else number(score, f"{where}, confidence"),
        source=_source(attributes),
        occluded=_flag(attributes, "occluded"),
        truncated=_flag(attributes, "truncated"),
    )
    return checked_box(box, width, height, where)


def _label(said: Any, classes: tuple[str, ...], where: str) -> str:
    """A class by its number, or by its name where no classes are declared."""
    if isinstance(said, int) and not isinstance(said, bool):
        if not 0 <= said < len(classes):
            raise LabelsError(f"{where}: there is no class number {said} among {len(classes)}")
        return classes[said]
    name = checked_name(text(said, f"{where}, label"), where)
    if classes and name not in classes:
        raise LabelsError(f"{where}: the class {name!r} does not stand in classes")
    return name


def _flag(attributes: Mapping[str, Any], name: str) -> bool | None:
    said = attributes.get(name)
    said = said.get("value") if isinstance(said, dict) else said
    return said if isinstance(said, bool) else None


def _source(attributes: Mapping[str, Any]) -> str:
    said = attributes.get("source")
    return said if said in ("auto", "manual", "semi-auto") else ""


def _document(sheet: Sheet) -> Iterator[str]:
    numbers = {name: number for number, name in enumerate(sheet.names)}
    yield f'{{\n"classes": {_json(list(sheet.names))},\n"labels": {{'
    between = "\n"
    for picture in to_label(sheet):
        yield f"{between}{_json(_key(picture.name))}: {_json(_said(picture, sheet, numbers))}"
        between = ",\n"
    yield "\n}\n}\n"


def _said(
    picture: Picture, sheet: Sheet, numbers: Mapping[str, int]
) -> list[dict[str, object]] | None:
    """What is said of a picture; None: nothing, it is to be labelled from scratch."""
    if not has_labels(sheet, picture):
        return None
    return [_detection(box, picture, numbers) for box in boxes_of(sheet, picture)]


def _detection(box: Box, picture: Picture, numbers: Mapping[str, int]) -> dict[str, object]:
    width, height = picture.width, picture.height
    shares = [box.x1 / width, box.y1 / height]
    shares += [(box.x2 - box.x1) / width, (box.y2 - box.y1) / height]
    found: dict[str, object] = {"label": numbers[box.label], "bounding_box": shares}
    if box.score is not None:
        found["confidence"] = round(box.score, 6)
    attributes: dict[str, object] = {"source": box.source} if box.source else {}
    attributes |= {f: said for f in FLAGS if (said := getattr(box, f)) is not None}
    return found | ({"attributes": attributes} if attributes else {})


def _key(name: str) -> str:
    return str(PurePosixPath(name).with_suffix(""))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
