"""What Label Studio exports, as JSON or JSON-MIN: annotators' words on pictures.

Predictions and drafts are nobody's word and never labels. A task that was skipped was not reviewed.
Of one annotator's several annotations of a picture the newest counts. What is no upright box is
left out; where that leaves a picture without boxes, the picture is left out with it: it is not
empty.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any, Final
from urllib.parse import parse_qs, unquote, urlsplit

from framesel.annotation.checks import checked_box, checked_name, checked_size
from framesel.annotation.files import safe_name
from framesel.annotation.formats import Sizes
from framesel.annotation.left_out import LeftOut
from framesel.annotation.outside.json_values import listed, mapping, number, text, told
from framesel.annotation.returned import LabelledPicture
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError

SOURCES: Final = {"prediction": "auto", "prediction-changed": "semi-auto", "manual": "manual"}
BOX = {"x", "y", "width", "height"}
BESIDES = (
    "choices", "taxonomy", "textarea", "rating", "number", "datetime", "relation", "pairwise",
)  # fmt: skip
"""Words on a picture or a region that draw nothing."""

LARGEST_TURN = 1e-3
"""Degrees that are rounding."""

LONGEST = 200
"""Characters of an annotator's name."""


def pictures(
    content: Any, where: str, sizes: Sizes
) -> tuple[tuple[LabelledPicture, ...], tuple[str, ...]]:
    """Every annotator's word on every picture, and what was left out, in lines.

    Args:
        content: The parsed file.
        where: Its name, for messages.
        sizes: Asked for boxes that do not say how large their picture is.

    Raises:
        LabelsError: Something is wrong with it.
    """
    left = LeftOut()
    newest: dict[tuple[str, str], tuple[datetime, LabelledPicture]] = {}
    for place, row in enumerate(listed(content, where), 1):
        said = mapping(row, f"{where}, task {place}")
        told_id = said.get("id")
        here = f"{where}, task {told_id if isinstance(told_id, int) else f'no. {place}'}"
        if said.get("drafts"):
            left.add("a draft that was not submitted", here)
        for found, at in _of_task(said, here, sizes, left):
            key = (found.name, found.annotator)
            if key in newest:
                left.add("an older annotation by the same annotator", here)
                if newest[key][0] > at:
                    continue
            newest[key] = (at, found)
    return tuple(found for _, found in newest.values()), left.lines


def _of_task(
    said: dict[str, Any], where: str, sizes: Sizes, left: LeftOut
) -> Iterator[tuple[LabelledPicture, datetime]]:
    if "data" in said:
        data = mapping(said["data"], f"{where}, data")
        rows = _rows(said, "annotations", where)
    elif "annotation_id" in said:
        data, rows = said, [_unfolded(said)]
    else:
        raise LabelsError(f"{where} is no task: it has neither data nor annotation_id")
    for number_, row in enumerate(rows, 1):
        here = f"{where}, annotation {number_}"
        annotation = mapping(row, here)
        picture = _named(data, annotation, here)
        at = _when(annotation, here)
        if annotation.get("was_cancelled"):
            yield replace(picture, reviewed=False), at
            continue
        if annotation.get("ground_truth"):
            left.add("the mark of a ground truth: it counts as its annotator's word", here)
        found = _with_boxes(picture, annotation, here, sizes, left)
        if found is not None:
            yield found, at


def _unfolded(row: dict[str, Any]) -> dict[str, Any]:
    """A row of JSON-MIN as an annotation: its regions stand under the names of their tools."""
    items = (item for value in row.values() if isinstance(value, list) for item in value)
    regions = (item for item in items if isinstance(item, dict) and "original_width" in item)
    results = [
        {"type": next((key for key in item if key.endswith("labels")), ""), "value": item, **item}
        for item in regions
    ]
    return row | {"result": results, "completed_by": row.get("annotator")}


def _named(data: dict[str, Any], annotation: dict[str, Any], where: str) -> LabelledPicture:
    """The picture of a task without its boxes."""
    seconds = annotation.get("lead_time")
    at = annotation.get("updated_at") or annotation.get("created_at") or ""
    name = data.get("framesel_name") or _name_in(data, where)
    return LabelledPicture(
        name=safe_name(text(name, f"{where}, framesel_name"), where),
        boxes=(),
        annotator=_annotator(annotation.get("completed_by"), where),
        key=text(data.get("framesel_key") or "", f"{where}, framesel_key"),
        sha256=text(data.get("framesel_sha256") or "", f"{where}, framesel_sha256"),
        seconds=None if seconds is None else number(seconds, f"{where}, lead_time"),
        at=text(at, f"{where}, updated_at"),
        split=text(data.get("framesel_split") or "", f"{where}, framesel_split"),
    )


def _name_in(data: dict[str, Any], where: str) -> str:
    """The name of a picture that somebody else made a task of, from its address."""
    address = data.get("image")
    if not isinstance(address, str):
        raise LabelsError(f"{where}: data.image must be the picture's address: {told(address)}")
    try:
        parts = urlsplit(address)
        asked = parse_qs(parts.query).get("d")
    except ValueError:
        raise LabelsError(f"{where}: data.image is no address: {told(address)}") from None
    return PurePosixPath(asked[0] if asked else unquote(parts.path)).name


def _annotator(said: Any, where: str) -> str:
    """Who: the e-mail address where the export has it, else the number on the server."""
    if isinstance(said, dict):
        said = said.get("email") or said.get("id")
    if said is None:
        return ""
    if isinstance(said, int) and not isinstance(said, bool):
        return f"label-studio-{said}"
    if not isinstance(said, str) or len(said) > LONGEST or not said.isprintable():
        raise LabelsError(f"{where}: completed_by is nobody: {told(said)}")
    return said


def _when(annotation: dict[str, Any], where: str) -> datetime:
    said = annotation.get("updated_at") or annotation.get("created_at")
    if said is None:
        return datetime.min.replace(tzinfo=UTC)
    try:
        at = datetime.fromisoformat(text(said, f"{where}, updated_at"))
    except ValueError:
        raise LabelsError(f"{where}: updated_at is no time: {told(said)}") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _with_boxes(
    picture: LabelledPicture, annotation: dict[str, Any], where: str, sizes: Sizes, left: LeftOut
) -> LabelledPicture | None:
    """What an annotation says; None where all that it says is left out, so that nobody knows."""
    rows = [mapping(row, f"{where}, result") for row in _rows(annotation, "result", where)]
    named = {str(row.get("id")) for row in rows if row.get("type") == "labels"}
    boxes: list[Box] = []
    size: tuple[int, int] | None = None
    unknown = False
    for place, row in enumerate(rows, 1):
        here = f"{where}, region {place}"
        if row.get("type") in BESIDES:
            left.add(f"{row['type']}: not a box", here)
            continue
        if row.get("type") == "rectangle" and str(row.get("id")) in named:
            continue  # the region with its labels stands in another row
        value = mapping(row.get("value", {}), here)
        if not _is_box(row, value, left, here):
            unknown = True
            continue
        own = _size(row, picture.name, sizes, here)
        if size is not None and own != size:
            raise LabelsError(f"{here}: the picture is {own} here and {size} in another region")
        size = own
        boxes.append(_box(row, value, own, here))
    if unknown and not boxes:
        return None
    width, height = size or (None, None)
    return replace(picture, boxes=tuple(boxes), reviewed=True, width=width, height=height)


def _is_box(row: dict[str, Any], value: dict[str, Any], left: LeftOut, where: str) -> bool:
    kind = row.get("type")
    if kind not in ("rectanglelabels", "labels", "rectangle") or not value.keys() >= BOX:
        left.add(f"{str(kind)[:40]}: not a box", where)
        return False
    turned = number(value.get("rotation") or 0, f"{where}, rotation") % 360
    if min(turned, 360 - turned) > LARGEST_TURN:
        left.add("a rotated box", where)
        return False
    return True


def _rows(said: dict[str, Any], name: str, where: str) -> list[Any]:
    found = said.get(name)
    return [] if found is None else listed(found, f"{where}, {name}")


def _size(row: dict[str, Any], name: str, sizes: Sizes, where: str) -> tuple[int, int]:
    if row.get("original_width") is not None:
        return checked_size(row["original_width"], row.get("original_height"), where)
    known = sizes(name)
    if known is None:
        raise LabelsError(f"{where} does not say how large its picture is (original_width)")
    return known


def _box(row: dict[str, Any], value: dict[str, Any], size: tuple[int, int], where: str) -> Box:
    x, y, w, h = (number(value[side], f"{where}, {side}") for side in ("x", "y", "width", "height"))
    width, height = size
    source = SOURCES.get(str(row.get("origin")), "")
    score = row.get("score") if source == "auto" else None
    box = Box(
        _label(value, where),
        x * width / 100,
        y * height / 100,
        (x + w) * width / 100,
        (y + h) * height / 100,
        score=None if score is None else number(score, f"{where}, score"),
        source=source,
    )
    return checked_box(box, width, height, where)


def _label(value: dict[str, Any], where: str) -> str:
    names = listed(value.get("rectanglelabels") or value.get("labels") or [], f"{where}, labels")
    if len(names) != 1:
        raise LabelsError(
            f"{where}: a box has {len(names)} labels and needs one: give it one there, or delete it"
        )
    return checked_name(names[0], where)
