"""Rows of Labelbox's export v2: one data row with all that was said of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from framesel.annotation.checks import checked_box, checked_name, checked_size
from framesel.annotation.files import safe_name
from framesel.annotation.left_out import LeftOut
from framesel.annotation.outside.json_values import listed, mapping, number, text
from framesel.annotation.returned import LabelledPicture
from framesel.annotation.sheet import Box, Picture
from framesel.annotation.split_words import split_word
from framesel.errors import LabelsError

UNDONE = ("TO_LABEL", "IN_REWORK")
"""States of a data row in a workflow in which its label is not a finished one."""
BOX_KIND = "ImageBoundingBox"


def pictures(
    rows: Iterable[tuple[str, Any]],
) -> tuple[tuple[LabelledPicture, ...], tuple[str, ...]]:
    """What was said in an export, and what of it is no box.

    Args:
        rows: Values of the export, each with its place for messages.

    Raises:
        LabelsError: A row makes no sense, or somebody labelled a data row twice.
    """
    found: dict[tuple[str, str], LabelledPicture] = {}
    left = LeftOut()
    for where, value in rows:
        for said in _labels(mapping(value, where), where, left):
            if (said.name, said.annotator) in found:
                raise LabelsError(
                    f"{where}: {said.annotator or 'somebody'} labelled {said.name!r} twice: export "
                    "one project, and the data rows of one data set"
                )
            found[said.name, said.annotator] = said
    return tuple(found.values()), left.lines


def row(picture: Picture, global_key: str, boxes: Iterable[Box], title: str) -> dict[str, Any]:
    """A labelled picture as a row of an export."""
    objects = [
        {
            "name": box.label,
            "value": box.label,
            "annotation_kind": BOX_KIND,
            "classifications": [],
            "bounding_box": corner(box),
        }
        for box in boxes
    ]
    said = {
        "label_kind": "Default",
        "version": "1.0.0",
        "label_details": {},
        "performance_details": {"skipped": False},
        "annotations": {"objects": objects, "classifications": [], "relationships": []},
    }
    split = {"train": "train", "val": "valid", "test": "test"}.get(picture.split)
    return {
        "data_row": {
            "id": picture.key,
            "global_key": global_key,
            "external_id": picture.name,
            "row_data": f"images/{picture.name}",
        },
        "media_attributes": {"height": picture.height, "width": picture.width},
        "metadata_fields": [{"schema_name": "split", "value": split}] if split else [],
        "projects": {"framesel": {"name": title, "labels": [said]}},
    }


def corner(box: Box) -> dict[str, float]:
    """A box as Labelbox writes it: corner and size in pixels."""
    size = {"height": box.y2 - box.y1, "width": box.x2 - box.x1}
    return {"top": box.y1, "left": box.x1, **size}


def checked(
    said: Any,
    label: str,
    size: tuple[int | None, int | None],
    where: str,
    score: float | None = None,
) -> Box:
    """A box from outside.

    Raises:
        LabelsError: It is none, or lies outside its picture.
    """
    edges = mapping(said, f"{where}, the box of {label!r}")
    x, y, w, h = (number(edges.get(e), f"{where}, {e}") for e in ("left", "top", "width", "height"))
    source = "" if score is None else "auto"
    return checked_box(Box(label, x, y, x + w, y + h, score, source), *size, where)


def _labels(data: dict[str, Any], where: str, left: LeftOut) -> list[LabelledPicture]:
    data_row = mapping(data.get("data_row"), f"{where}, data_row")
    known = (data_row.get(key) for key in ("external_id", "global_key"))
    name = safe_name(text(next(filter(None, known), None), f"{where}, external_id"), where)
    media = mapping(data.get("media_attributes") or {}, f"{where}, media_attributes")
    blank = LabelledPicture(name, (), split=_split(data, where))
    if media.get("width") is not None or media.get("height") is not None:
        width, height = checked_size(media.get("width"), media.get("height"), where)
        blank = replace(blank, width=width, height=height)
    found = []
    for project in mapping(data.get("projects") or {}, f"{where}, projects").values():
        said = mapping(project, f"{where}, projects")
        details = mapping(said.get("project_details") or {}, f"{where}, project_details")
        done = details.get("workflow_status") not in UNDONE
        for label in listed(said.get("labels") or [], f"{where}, labels"):
            taken = _label(mapping(label, f"{where}, labels"), blank, where, left)
            found += [replace(taken, reviewed=done)] if taken else []
    return found


def _label(
    said: dict[str, Any], blank: LabelledPicture, where: str, left: LeftOut
) -> LabelledPicture | None:
    """What one label says of a picture; None: it was skipped."""
    work = mapping(said.get("performance_details") or {}, f"{where}, performance_details")
    if work.get("skipped") is True:
        left.add("a data row that was skipped", where)
        return None
    annotations = mapping(said.get("annotations"), f"{where}, annotations")
    if "frames" in annotations or "segments" in annotations:
        raise LabelsError(f"{where}: {blank.name!r} is a video; labels of pictures are read")
    boxes = []
    for one in listed(annotations.get("objects") or [], f"{where}, objects"):
        drawn = mapping(one, f"{where}, objects")
        kind = text(drawn.get("annotation_kind"), f"{where}, annotation_kind")
        if kind == BOX_KIND:
            label = checked_name(drawn.get("name"), where)
            size = (blank.width, blank.height)
            boxes.append(checked(drawn.get("bounding_box"), label, size, where))
        else:
            left.add(f"an annotation of the kind {kind[:40]!r}", where)
    for _ in listed(annotations.get("classifications") or [], f"{where}, classifications"):
        left.add("a classification of a whole picture", where)
    details = mapping(said.get("label_details") or {}, f"{where}, label_details")
    at = text(details.get("content_last_updated_at") or details.get("created_at") or "", where)
    spent = work.get("seconds_to_create")
    return replace(
        blank,
        boxes=tuple(boxes),
        annotator=text(details.get("created_by") or "", f"{where}, created_by"),
        seconds=None if spent is None else number(spent, f"{where}, seconds_to_create"),
        at=at,
    )


def _split(data: dict[str, Any], where: str) -> str:
    """Of Labelbox's own metadata field of that name."""
    for one in listed(data.get("metadata_fields") or [], f"{where}, metadata_fields"):
        field = mapping(one, f"{where}, metadata_fields")
        if field.get("schema_name") == "split" and isinstance(field.get("value"), str):
            return split_word(field["value"])
    return ""
