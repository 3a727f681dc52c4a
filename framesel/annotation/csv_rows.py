"""Rows of a table of boxes from outside, each checked."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from framesel.annotation.checks import checked_box, checked_name, checked_size
from framesel.annotation.files import safe_name
from framesel.annotation.returned import LabelledPicture
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError

CORNER = ("x", "y", "w", "h")
EDGES = ("x1", "y1", "x2", "y2")
NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
WHOLE = re.compile(r"-?\d{1,18}(\.0*)?", re.ASCII)
"""With the zeros behind a point that spreadsheets and data frames put there."""
SOURCES = ("", "auto", "manual", "semi-auto")
SPLITS = ("", "train", "val", "test")
YES_NO = {"": None, "0": False, "1": True, "false": False, "true": True}
LONGEST = 4096
"""Characters of a path or a name."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        where: File and line, for messages.
        frame: What it says of its frame, without boxes.
        box: None where nothing is in the frame.
    """

    where: str
    frame: LabelledPicture
    box: Box | None

    @property
    def whose(self) -> tuple[str, ...]:
        """Which frame, and who speaks of it."""
        frame = self.frame
        numbered = (frame.video, str(frame.index))
        return (*((frame.name,) if frame.name else numbered), frame.annotator)


def has_boxes(path: Path) -> bool:
    """Whether a file begins with the columns of boxes."""
    if path.suffix.lower() != ".csv" or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.readline(LONGEST).decode("utf-8-sig", "replace")
    try:
        return _lacks(next(csv.reader([head.rstrip()]), [])) == ""
    except csv.Error:
        return False


def rows(path: Path) -> Iterator[Row]:
    """The rows of a table of boxes.

    Raises:
        LabelsError: It is no such table, or a row makes no sense.
    """
    for where, row in _records(path):
        yield Row(where, _frame(row, where), _box(row, where))


def classes(path: Path) -> tuple[str, ...]:
    """The column ``name`` of a table of classes.

    Raises:
        LabelsError: It is no such table, or a class is declared twice.
    """
    names = [checked_name(row.get("name", ""), where) for where, row in _records(path, boxes=False)]
    if len(set(names)) < len(names):
        raise LabelsError(f"{path} declares a class twice")
    return tuple(names)


def _records(path: Path, boxes: bool = True) -> Iterator[tuple[str, Mapping[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            lacks = _lacks(header) if boxes else "" if "name" in header else "name"
            if lacks:
                raise LabelsError(f"{path} has no column {lacks}")
            if len(set(header)) < len(header):
                raise LabelsError(f"{path} has a column twice")
            for row in filter(None, reader):
                where = f"{path}, line {reader.line_num}"
                if len(row) != len(header):
                    raise LabelsError(f"{where}: {len(row)} fields for {len(header)} columns")
                yield where, dict(zip(header, row, strict=True))
    except UnicodeDecodeError as error:
        raise LabelsError(f"{path} is no UTF-8 text ({error.reason})") from None
    except (OSError, csv.Error) as error:
        raise LabelsError(f"{path} cannot be read as CSV: {error}") from None


def _lacks(header: list[str]) -> str:
    """What is missing for a table of boxes; empty: nothing."""
    columns = {name.strip() for name in header}
    if "label" not in columns:
        return "label"
    if not {"video", "index"} <= columns and "name" not in columns:
        return "name, nor video and index: one of these must name the frame"
    if not any(set(edges) <= columns for edges in (CORNER, EDGES)):
        return "x, y, w and h, nor x1, y1, x2 and y2: one of these must give the box"
    return ""


def _frame(row: Mapping[str, str], where: str) -> LabelledPicture:
    texts = {c: row.get(c, "") for c in ("key", "video", "annotator", "sha256", "at")}
    key, video, annotator, sha256, at = texts.values()
    if long := [c for c, text in texts.items() if len(text) > LONGEST]:
        raise LabelsError(f"{where}: {long[0]} has more than {LONGEST} characters")
    name, index = row.get("name", ""), _whole(row.get("index", ""), "index", where)
    if not name and (not video or index is None):
        raise LabelsError(f"{where} names no frame: fill in name, or video and index")
    if index is not None and index < 0:
        raise LabelsError(f"{where}: there is no frame {index}; they count from 0")
    width, height = _size(row, where)
    seconds = _number(row.get("seconds", ""), "seconds", where)
    if seconds is not None and not 0 <= seconds < float("inf"):
        raise LabelsError(f"{where}: nobody works for {seconds} seconds")
    return LabelledPicture(
        name=safe_name(name, where) if name else "",
        boxes=(),
        width=width,
        height=height,
        index=index,
        seconds=seconds,
        split=_one_of(SPLITS, row, "split", where),
        key=key,
        video=video,
        annotator=annotator,
        sha256=sha256,
        at=at,
    )


def _size(row: Mapping[str, str], where: str) -> tuple[int, int] | tuple[None, None]:
    width, height = row.get("width", ""), row.get("height", "")
    return checked_size(width, height, where) if width or height else (None, None)


def _box(row: Mapping[str, str], where: str) -> Box | None:
    if not row["label"]:
        if any(row.get(column) for column in (*CORNER, *EDGES)):
            raise LabelsError(f"{where}: a box needs a label")
        return None
    columns = CORNER if set(CORNER) <= row.keys() else EDGES
    x1, y1, x2, y2 = (_needed(row[column], column, where) for column in columns)
    if columns is CORNER:
        x2, y2 = x1 + x2, y1 + y2
    box = Box(
        checked_name(row["label"], where),
        x1,
        y1,
        x2,
        y2,
        score=_number(row.get("score", ""), "score", where),
        source=_one_of(SOURCES, row, "source", where),
        track=_whole(row.get("track", ""), "track", where),
        occluded=_yes_no(row, "occluded", where),
        truncated=_yes_no(row, "truncated", where),
    )
    width, height = _size(row, where)
    return checked_box(box, width, height, where)


def _number(text: str, column: str, where: str) -> float | None:
    if not text:
        return None
    if not NUMBER.fullmatch(text):
        raise LabelsError(f"{where}: {column} is no number: {text[:40]!r}")
    return float(text)


def _needed(text: str, column: str, where: str) -> float:
    found = _number(text, column, where)
    if found is None:
        raise LabelsError(f"{where}: {column} is empty")
    return found


def _whole(text: str, column: str, where: str) -> int | None:
    if not text:
        return None
    if not WHOLE.fullmatch(text):
        raise LabelsError(f"{where}: {column} is no whole number: {text[:40]!r}")
    return int(text.partition(".")[0])


def _yes_no(row: Mapping[str, str], column: str, where: str) -> bool | None:
    text = row.get(column, "").lower()
    if text not in YES_NO:
        raise LabelsError(f"{where}: {column} is neither 0 nor 1: {text[:40]!r}")
    return YES_NO[text]


def _one_of(choices: tuple[str, ...], row: Mapping[str, str], column: str, where: str) -> str:
    text = row.get(column, "")
    if text not in choices:
        known = ", ".join(choice for choice in choices if choice)
        raise LabelsError(f"{where}: {column} is {text[:40]!r}, and must be one of {known}")
    return text
