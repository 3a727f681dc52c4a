"""A table of boxes for each video: ``VIDEO.csv`` with the columns frame, class, x, y, w, h.

Frames count from 0 in the order in which they are decoded, corners are pixels from the top left.
Every frame of the video was labelled: one without a row is empty, and so is one whose class is.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from framesel.annotation.checks import checked_box, checked_name
from framesel.annotation.csv_rows import NUMBER, WHOLE
from framesel.annotation.outside.archives import RUBBISH
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError

COLUMNS: Final = frozenset({"frame", "class", "x", "y", "w", "h"})
FORMAT: Final = "clips"
LONGEST_HEAD = 4096
LAST_FRAME = 100_000_000


def sniff(path: Path) -> bool:
    """Whether this is such a table, or a folder of nothing else."""
    files = _tables(path)
    return bool(files) and all(_is_table(file) for file in files)


def read(path: Path) -> Returned:
    """Reads a table, or all tables below a folder; videos are named by their place in it.

    Raises:
        LabelsError: There is none, or a row makes no sense.
    """
    files = _tables(path)
    if not files:
        raise LabelsError(f"{path} holds no tables of boxes (VIDEO.csv: {', '.join(COLUMNS)})")
    root = path if path.is_dir() else path.parent
    pictures: list[LabelledPicture] = []
    for file in files:
        pictures += _pictures(file, file.relative_to(root).with_suffix("").as_posix())
    classes = sorted({box.label for one in pictures for box in one.boxes})
    return Returned(FORMAT, tuple(classes), tuple(pictures))


def _tables(path: Path) -> list[Path]:
    if path.is_file():
        return [path] if path.suffix.lower() == ".csv" else []
    return sorted(
        file
        for file in path.rglob("*.csv")
        if file.is_file() and set(RUBBISH).isdisjoint(file.relative_to(path).parts)
    )


def _is_table(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.readline(LONGEST_HEAD).decode("utf-8-sig", "replace")
    return {name.strip() for name in head.split(",")} >= COLUMNS


def _pictures(path: Path, video: str) -> Iterator[LabelledPicture]:
    """A picture for each frame that has a row; one for frame 0 at least: the video is labelled."""
    found: dict[int, list[Box]] = {0: []}
    for where, row in _rows(path):
        frame = row["frame"].strip()
        if not WHOLE.fullmatch(frame) or not 0 <= int(frame.partition(".")[0]) <= LAST_FRAME:
            raise LabelsError(f"{where}: {frame[:40]!r} is no number of a frame from 0 on")
        boxes = found.setdefault(int(frame.partition(".")[0]), [])
        if row["class"].strip():
            boxes.append(_box(row, where))
    for index, boxes in sorted(found.items()):
        yield LabelledPicture("", tuple(boxes), reviewed=True, video=video, index=index)


def _rows(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = [name.strip() for name in next(reader, [])]
            if missing := sorted(COLUMNS - set(header)):
                raise LabelsError(f"{path} has no column {', '.join(missing)}")
            for row in filter(None, reader):
                where = f"{path}, line {reader.line_num}"
                if len(row) != len(header):
                    raise LabelsError(f"{where}: {len(row)} fields for {len(header)} columns")
                yield where, dict(zip(header, row, strict=True))
    except UnicodeDecodeError as error:
        raise LabelsError(f"{path} is no UTF-8 text ({error.reason})") from None
    except (OSError, csv.Error) as error:
        raise LabelsError(f"{path} cannot be read as CSV: {error}") from None


def _box(row: Mapping[str, str], where: str) -> Box:
    numbers = [row[column].strip() for column in ("x", "y", "w", "h")]
    for text in numbers:
        if not NUMBER.fullmatch(text):
            raise LabelsError(f"{where}: {text[:40]!r} is no number")
    x, y, w, h = map(float, numbers)
    label = checked_name(row["class"].strip(), where)
    return checked_box(Box(label, x, y, x + w, y + h, source="manual"), None, None, where)
