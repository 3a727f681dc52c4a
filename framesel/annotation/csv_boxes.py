"""A row per box: what spreadsheets, scripts and ``framesel calibrate`` read and write.

Written are ``boxes.csv``, the frames to be labelled by rank in ``frames.csv``, the classes in
``classes.csv``, the pictures, and those of context in a folder of their own. A frame in which there
is nothing has one row with an empty label; a frame without a row is not labelled.

Read are a file of boxes alone, or a folder as it was written. A row names its frame by ``name`` or
by ``video`` and ``index``, and its box by ``x, y, w, h`` or ``x1, y1, x2, y2``.
A guess says ``auto`` in the column ``source``; whoever has looked at it empties that, or writes
``manual``.

The standard library writes the rows: that is all that the format needs.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from framesel.annotation import csv_rows
from framesel.annotation.files import link
from framesel.annotation.formats import Sizes, no_sizes
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box, Picture, Sheet
from framesel.annotation.sheet_parts import boxes_of, link_context, to_label
from framesel.errors import LabelsError
from framesel.workspace import write_atomic

BOXES, FRAMES, CLASSES, CONTEXT = "boxes.csv", "frames.csv", "classes.csv", "context.csv"

FRAME_COLUMNS = ("name", "key", "video", "index", "pts", "t_s", "width", "height", "sha256")
BOX_COLUMNS = ("video", "index", "label", "x", "y", "w", "h", "score", "source", "track")
MORE_COLUMNS = ("occluded", "truncated", "name", "key", "pts", "t_s", "width", "height", "split")


def write(sheet: Sheet, folder: Path) -> None:
    """Writes the tables and links the pictures; see ``formats.Writer``."""
    for picture in to_label(sheet):
        link(sheet, picture, folder / "images" / picture.name)
    link_context(sheet, folder)
    _table(folder / CLASSES, ("name", "color"), ((c.name, c.color) for c in sheet.classes))
    listed = (*FRAME_COLUMNS, "rank", "score", "reason", "split")
    _table(folder / FRAMES, listed, (_frame(p) for p in to_label(sheet)))
    context = (*FRAME_COLUMNS, "context_of")
    around = ((*_frame(p)[: len(FRAME_COLUMNS)], p.context_of) for p in sheet.pictures)
    if any(p.context_of for p in sheet.pictures):
        _table(folder / CONTEXT, context, (row for row in around if row[-1]))
    _table(folder / BOXES, (*BOX_COLUMNS, *MORE_COLUMNS), _boxes(sheet))


def sniff(path: Path) -> bool:
    """Whether this is a table with the columns of boxes, or a folder with one."""
    try:
        return csv_rows.has_boxes(path / BOXES if path.is_dir() else path)
    except (LabelsError, OSError):
        return False


def read(path: Path, sizes: Sizes = no_sizes) -> Returned:
    """Reads boxes; a picture counts as reviewed if it has an empty row or a box of no detector.

    Args:
        path: A CSV file, or a folder with ``boxes.csv``.
        sizes: Not needed: boxes are in pixels.

    Raises:
        LabelsError: A column is missing, or a row makes no sense; the message names the line.
    """
    del sizes
    table = path / BOXES if path.is_dir() else path
    declared = _declared(path / CLASSES) if path.is_dir() else ()
    found: dict[tuple[str, ...], list[csv_rows.Row]] = {}
    for row in csv_rows.rows(table):
        found.setdefault(row.whose, []).append(row)
    pictures = tuple(_picture(said) for said in found.values())
    used = dict.fromkeys(b.label for p in pictures for b in p.boxes)
    if declared and (unknown := [name for name in used if name not in declared]):
        raise LabelsError(
            f"{table}: the class {unknown[0]!r} does not stand in {CLASSES}: add it there, or "
            "mend the label"
        )
    return Returned("csv", declared or tuple(used), pictures)


def _picture(said: Sequence[csv_rows.Row]) -> LabelledPicture:
    boxes = tuple(row.box for row in said if row.box is not None)
    first = said[0]
    if boxes and len(boxes) < len(said):
        bare = next(row for row in said if row.box is None)
        raise LabelsError(
            f"{bare.where}: an empty label says that nothing is in the frame, and other rows have "
            "boxes of it"
        )
    for row in said:
        if row.frame != first.frame:
            raise LabelsError(f"{row.where} and {first.where} say different things of one frame")
    drawn = not boxes or any(box.source != "auto" for box in boxes)
    return replace(first.frame, boxes=boxes, reviewed=drawn or None)


def _declared(path: Path) -> tuple[str, ...]:
    """Names of ``classes.csv``; none where there is no such file."""
    return csv_rows.classes(path) if path.exists() else ()


def _frame(picture: Picture) -> tuple[object, ...]:
    p = picture
    score = "" if p.score is None else p.score
    known = (p.name, p.key, p.video, p.index, p.pts, p.t_s, p.width, p.height, p.sha256)
    return (*known, p.rank, score, p.reason, p.split)


def _boxes(sheet: Sheet) -> Iterator[tuple[object, ...]]:
    """Rows of ``boxes.csv``: guesses only where they are wanted, empty rows only for labels."""
    for p in to_label(sheet):
        more = (p.name, p.key, p.pts, p.t_s, p.width, p.height, p.split)
        if sheet.purpose == "train" and not p.boxes:
            yield (p.video, p.index, *[""] * (len(BOX_COLUMNS) - 2), "", "", *more)
        for box in boxes_of(sheet, p):
            yield (p.video, p.index, *_box(box, sheet.purpose == "label"), *more)


def _box(box: Box, guess: bool) -> tuple[object, ...]:
    edges = (box.x1, box.y1, box.x2 - box.x1, box.y2 - box.y1)
    score = "" if box.score is None else f"{box.score:.6g}"
    said = ("" if f is None else int(f) for f in (box.track, box.occluded, box.truncated))
    source = box.source or ("auto" if guess else "")
    return (box.label, *(f"{edge:.10g}" for edge in edges), score, source, *said)


def _table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    def fill(temporary: Path) -> None:
        with temporary.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)

    write_atomic(path, fill)
