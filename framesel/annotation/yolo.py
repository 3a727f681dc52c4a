"""Ultralytics YOLO detection: a file of five columns for each picture, and ``data.yaml``.

Where guesses are handed out, ``data.yaml`` names the classes but nothing to train on, and pictures
without guesses have no file: a frame that nobody looked at never teaches background. Confidences
stand in ``scores/``, one a line: a sixth column breaks training.

Written by hand: labelformat's writer always declares a split to train on, knows only one of them,
and writes ``path: .``, which ultralytics takes for the folder that it runs in.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from framesel.annotation.files import link
from framesel.annotation.sheet import Box, Picture, Sheet
from framesel.annotation.sheet_parts import (
    boxes_of,
    has_labels,
    link_context,
    refuse_same_files,
    split_of,
    splits_of,
    to_label,
    write_lines,
    write_scores,
)
from framesel.annotation.yolo_places import labels_of
from framesel.annotation.yolo_reading import read, sniff
from framesel.workspace import write_bytes

__all__ = ["read", "sniff", "write"]

DIGITS = 8
"""Of a coordinate between 0 and 1: exact to a thousandth of a pixel in pictures of any size."""

NOT_FOR_TRAINING = """\
# To be labelled: the files in labels/ are a detector's guesses, and a picture without a file was
# looked at by nobody. So there is no train and no val here on purpose.
"""
FOR_TRAINING = "# Without a path: the folders are looked for beside this file.\n"


def write(sheet: Sheet, folder: Path) -> None:
    """Writes images/, labels/, scores/ and data.yaml; see ``formats.Writer``.

    Raises:
        UsageError: Two pictures would share a file of labels, a box has a class that is not
            declared, or a picture to train with is in no split.
    """
    refuse_same_files(sheet, lambda name: labels_of(f"images/{name}").removeprefix("labels/"))
    for name in ("images", "labels"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    numbers = {name: number for number, name in enumerate(sheet.names)}
    for picture in to_label(sheet):
        inner = f"images/{split_of(sheet, picture)}".rstrip("/")
        link(sheet, picture, folder / inner / picture.name)
        if not has_labels(sheet, picture):
            continue
        boxes = boxes_of(sheet, picture)
        lines = [f"{numbers[box.label]} {_told(box, picture)}" for box in boxes]
        # no with_suffix: a name may have dots
        write_lines(folder / f"{labels_of(f'{inner}/{picture.name}')}.txt", lines)
        if sheet.purpose == "label":
            write_scores((folder / "scores" / picture.name).with_suffix(".txt"), boxes)
    link_context(sheet, folder)
    write_bytes(folder / "data.yaml", _data_yaml(sheet, folder).encode("utf-8"))


def _told(box: Box, picture: Picture) -> str:
    """Centre and size as shares of the picture."""
    values = (
        (box.x1 + box.x2) / 2 / picture.width,
        (box.y1 + box.y2) / 2 / picture.height,
        (box.x2 - box.x1) / picture.width,
        (box.y2 - box.y1) / picture.height,
    )
    return " ".join(f"{value:.{DIGITS}f}" for value in values)


def _data_yaml(sheet: Sheet, folder: Path) -> str:
    names = {"names": dict(enumerate(sheet.names))}
    told: str = yaml.safe_dump(names, allow_unicode=True, sort_keys=False, width=10_000)
    if sheet.purpose == "label":
        return NOT_FOR_TRAINING + told
    # ultralytics demands both of them, even if one is empty
    splits = ["train", "val", *(["test"] if "test" in splits_of(sheet) else [])]
    for split in splits:
        (folder / "images" / split).mkdir(parents=True, exist_ok=True)
        (folder / "labels" / split).mkdir(parents=True, exist_ok=True)
    return FOR_TRAINING + "".join(f"{split}: images/{split}\n" for split in splits) + told
