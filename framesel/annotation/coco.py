"""COCO detection: images, annotations and categories in one JSON file.

To label: ``annotations/instances_default.json`` with the guesses as annotations, and their
confidences in ``guesses.json``, a COCO file of results, because an annotation has no place for
them. To train: ``annotations/instances_train.json`` and so on. These are the names that datumaro
and CVAT look for. Ids begin with 1 (pycocotools takes 0 for "no match"), in the order of the sheet:
for what is to be labelled, the id of an image is its rank.

Written by hand: labelformat's writer gives annotations no ids, no area and no ``iscrowd``, which
pycocotools needs, and holds everything in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from framesel.annotation.coco_reading import read, sniff
from framesel.annotation.files import link
from framesel.annotation.outside.json_file import write_streamed
from framesel.annotation.sheet import Box, Picture, Sheet
from framesel.annotation.sheet_parts import (
    boxes_of,
    link_context,
    split_of,
    splits_of,
    to_label,
)

__all__ = ["read", "sniff", "write"]

DIGITS = 3


def write(sheet: Sheet, folder: Path) -> None:
    """Writes images/ and annotations/ with a file for each split; see ``formats.Writer``.

    Raises:
        UsageError: A box has a class that is not declared, or a picture to train with is in no
            split.
    """
    for picture in to_label(sheet):
        link(sheet, picture, folder / "images" / picture.name)
    link_context(sheet, folder)
    for split in splits_of(sheet) or ("",):
        name = f"instances_{split or 'default'}.json"
        write_streamed(folder / "annotations" / name, _document(sheet, split))
    if sheet.purpose == "label" and next(_results(sheet), None) is not None:
        write_streamed(folder / "guesses.json", _results(sheet))


def _document(sheet: Sheet, split: str) -> dict[str, Any]:
    return {
        "info": {"description": sheet.title},
        "licenses": [],
        "categories": [
            {"id": number, "name": name, "supercategory": ""}
            for number, name in enumerate(sheet.names, 1)
        ],
        "images": (_image(no, picture) for no, picture in _numbered(sheet, split)),
        "annotations": _annotations(sheet, split),
    }


def _numbered(sheet: Sheet, split: str) -> Iterator[tuple[int, Picture]]:
    """The pictures of a split; numbers run over all splits, so that no two share an id."""
    numbered = enumerate(to_label(sheet), 1)
    return ((no, picture) for no, picture in numbered if split_of(sheet, picture) == split)


def _image(no: int, picture: Picture) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": no,
        "file_name": picture.name,
        "width": picture.width,
        "height": picture.height,
    }
    if picture.pts >= 0:
        told["framesel_key"] = picture.key
    if picture.sha256:
        told["framesel_sha256"] = picture.sha256
    if picture.score is not None:
        told["framesel_score"] = picture.score
    if picture.reason:
        told["framesel_reason"] = picture.reason
    return told


def _drawn(sheet: Sheet, split: str) -> Iterator[tuple[int, dict[str, Any], Box]]:
    """Every box with its image's number and what annotations and results both say of it."""
    categories = {name: number for number, name in enumerate(sheet.names, 1)}
    for no, picture in _numbered(sheet, split):
        for box in boxes_of(sheet, picture):
            rounded = partial(round, ndigits=DIGITS)
            edges = (box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1)
            told = {
                "image_id": no,
                "category_id": categories[box.label],
                "bbox": [rounded(edge) for edge in edges],
            }
            yield no, told, box


def _annotations(sheet: Sheet, split: str) -> Iterator[dict[str, Any]]:
    ids = count(1)
    for _, told, box in _drawn(sheet, split):
        _, _, width, height = told["bbox"]
        known = {
            "occluded": box.occluded,
            "truncated": box.truncated,
            "track_id": box.track,
        }
        attributes = {name: value for name, value in known.items() if value is not None}
        yield {
            "id": next(ids),
            **told,
            "area": round(width * height, DIGITS),
            "iscrowd": 0,
            "segmentation": [],
            **({"attributes": attributes} if attributes else {}),
        }


def _results(sheet: Sheet) -> Iterator[dict[str, Any]]:
    for _, told, box in _drawn(sheet, ""):
        if box.score is not None:
            yield {**told, "score": box.score}
