"""MOT challenge: boxes of one sequence, a row each; only read.

``gt.txt`` has ``frame, id, left, top, width, height, flag, class, visibility``; ``det.txt`` has the
confidence in place of the flag. Frames count from 1. Corners are taken as they stand, from the edge
of the picture: so do CVAT and datumaro. Boxes go on behind the edge of the picture in this format:
they are cut off there, as far as the size is known. Rows with the flag 0 are not to be considered:
they are counted and left.

The name of the sequence stands for the video; its folder holds ``seqinfo.ini`` and ``gt/gt.txt``.
Classes have the names in ``gt/labels.txt`` (CVAT, datumaro), or else those of the challenge. A
sequence is labelled throughout: with a length in ``seqinfo.ini``, frames without a row are empty.
"""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from framesel.annotation.checks import checked_box, checked_name, checked_size
from framesel.annotation.formats import Sizes, no_sizes
from framesel.annotation.left_out import LeftOut
from framesel.annotation.outside.json_file import read_bytes
from framesel.annotation.returned import LabelledPicture, Returned
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError

CLASSES: Final = (
    "pedestrian",
    "person on vehicle",
    "car",
    "bicycle",
    "motorbike",
    "non motorized vehicle",
    "static person",
    "distractor",
    "occluder",
    "occluder on the ground",
    "occluder full",
    "reflection",
    "crowd",
)
"""Of the challenges from 2016 on, by number from 1."""
FILES = ("gt.txt", "det.txt")
LONGEST_FRAMES = 1_000_000
MOST_TABLE_MB = 512
NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?", re.ASCII)


@dataclass(frozen=True)
class Sequence:
    """What is known of a sequence.

    Attributes:
        name: Of its video.
        length: Number of its frames; 0 where that is not known.
        size: Width and height in pixels; None where that is not known.
        classes: By number from 1.
    """

    name: str
    length: int
    size: tuple[int, int] | None
    classes: tuple[str, ...]


def sniff(path: Path) -> bool:
    """Whether this is a ``gt.txt`` or ``det.txt``, or a folder of one or of several sequences."""
    try:
        return next(_tables(path), None) is not None
    except OSError:
        return False


def read(path: Path, sizes: Sizes = no_sizes) -> Returned:
    """Reads all sequences of a folder, or one table.

    Args:
        path: A table, the folder of a sequence, or one with several sequences.
        sizes: Not needed: boxes are in pixels.

    Raises:
        LabelsError: There is no table, or a row makes no sense.
    """
    del sizes
    pictures: list[LabelledPicture] = []
    classes: dict[str, None] = {}
    left = LeftOut()
    names: set[str] = set()
    for table in _tables(path):
        sequence = _sequence(table)
        if sequence.name in names:
            raise LabelsError(f"{table}: there are two tables for the sequence {sequence.name!r}")
        names.add(sequence.name)
        said = _read(table, sequence, left, truth=table.name == "gt.txt")
        declared = (table.parent / "labels.txt").exists()
        used = sequence.classes if declared else (b.label for p in said for b in p.boxes)
        classes |= dict.fromkeys(used)
        pictures += said
    if not names:
        raise LabelsError(f"{path} has no gt/gt.txt and no det/det.txt")
    return Returned("mot", tuple(classes), tuple(pictures), left.lines)


def sequences(path: Path) -> list[str]:
    """Names of the sequences of a folder that have ground truth, with or without a row.

    Raises:
        LabelsError: A ``seqinfo.ini`` makes no sense.
    """
    return [_sequence(table).name for table in _tables(path) if table.name == "gt.txt"]


def _tables(path: Path) -> Iterator[Path]:
    """The tables at a path: ground truth where there is some, else detections."""
    if path.is_file():
        if path.name in FILES:
            yield path
        return
    for name in FILES:
        folder = name.removesuffix(".txt")
        here = [p for p in (path / name, path / folder / name) if p.is_file()]
        found = here or sorted(path.glob(f"*/{folder}/{name}"))
        inside = path.resolve()
        yield from (p for p in found if p.resolve().is_relative_to(inside))
        if found:
            return


def _sequence(table: Path) -> Sequence:
    inner = table.parent.name in ("gt", "det")
    folder = table.parent.parent if inner else table.parent
    said = _seqinfo(folder / "seqinfo.ini")
    labels = table.parent / "labels.txt"
    classes: tuple[str, ...] = CLASSES
    if labels.exists():
        lines = _text(labels).splitlines()
        classes = tuple(checked_name(name.strip(), str(labels)) for name in lines if name.strip())
        if len(set(classes)) < len(classes):
            raise LabelsError(f"{labels} declares a class twice")
    size = None
    if "imwidth" in said or "imheight" in said:
        where = str(folder / "seqinfo.ini")
        size = checked_size(said.get("imwidth"), said.get("imheight"), where)
    length = said.get("seqlength", "0")
    if not re.fullmatch(r"\d{1,9}", length, re.ASCII) or int(length) > LONGEST_FRAMES:
        raise LabelsError(f"{folder / 'seqinfo.ini'}: {length[:40]!r} is no number of frames")
    return Sequence(said.get("name") or folder.name, int(length), size, classes)


def _seqinfo(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read_string(_text(path), str(path))
    except configparser.Error as error:
        raise LabelsError(f"{path} cannot be read: {error}") from None
    return dict(parser["Sequence"]) if "Sequence" in parser else {}


def _text(path: Path, most_mb: float = 1) -> str:
    try:
        return read_bytes(path, most_mb).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise LabelsError(f"{path} is no UTF-8 text ({error.reason})") from None


def read_truth(table: Path, video: str, left: LeftOut) -> list[LabelledPicture]:
    """Ground truth that lies in a file of its own, with the challenge's classes.

    Args:
        table: The file.
        video: Whose it is.
        left: Counts what is not taken.

    Raises:
        LabelsError: A row makes no sense.
    """
    return _read(table, Sequence(video, 0, None, CLASSES), left, truth=True)


def _read(table: Path, sequence: Sequence, left: LeftOut, *, truth: bool) -> list[LabelledPicture]:
    """What a table says of its frames, in order of time."""
    found: dict[int, list[Box]] = {n: [] for n in range(sequence.length if truth else 0)}
    for number, line in enumerate(_text(table, MOST_TABLE_MB).splitlines(), 1):
        if not line.strip():
            continue
        where = f"{table}, line {number}"
        row = [_number(field.strip(), where) for field in line.split(",")]
        if not 7 <= len(row) <= 10:
            raise LabelsError(f"{where}: {len(row)} fields; MOT has 9, or 10 for detections")
        boxes = found.setdefault(_frame(row[0], sequence, where), [])
        box = None if truth and row[6] == 0 else _box(row, sequence, truth, where)
        if box is None:
            what = "its flag 0, not to be considered" if truth and row[6] == 0 else "nothing inside"
            left.add(f"a box with {what}", where)
        else:
            boxes.append(box)
    width, height = sequence.size or (None, None)
    return [
        LabelledPicture(
            name="",
            boxes=tuple(boxes),
            width=width,
            height=height,
            reviewed=True if truth else None,
            video=sequence.name,
            index=index,
        )
        for index, boxes in sorted(found.items())
    ]


def _frame(number: float, sequence: Sequence, where: str) -> int:
    """Index of a frame, from 0."""
    last = sequence.length or LONGEST_FRAMES
    if not 1 <= number <= last or number != int(number):
        raise LabelsError(f"{where}: there is no frame {number:g}; they count from 1 to {last}")
    return int(number) - 1


def _box(row: list[float], sequence: Sequence, truth: bool, where: str) -> Box | None:
    """The box of a row, cut off at the picture's edges; None: nothing is inside."""
    _, track, x, y, w, h, confidence = row[:7]
    number = row[7] if truth and len(row) > 7 and row[7] != -1 else 1
    if number != int(number) or not 1 <= number <= len(sequence.classes):
        raise LabelsError(f"{where}: there is no class number {number:g}")
    if track != int(track) or abs(track) > 2**53:
        raise LabelsError(f"{where}: {track:g} is no number of an object")
    label = sequence.classes[int(number) - 1]
    box = checked_box(Box(label, x, y, x + w, y + h), None, None, where)
    width, height = sequence.size or (float("inf"), float("inf"))
    x1, y1, x2, y2 = max(0.0, x), max(0.0, y), min(width, box.x2), min(height, box.y2)
    if x1 >= x2 or y1 >= y2:
        return None
    return Box(
        label,
        x1,
        y1,
        x2,
        y2,
        # detectors of the challenge have scores of any scale
        score=None if truth or not 0 <= confidence <= 1 else confidence,
        source="" if truth else "auto",
        track=int(track) if track >= 0 else None,
        truncated=True if (x1, y1, x2, y2) != box.xyxy else None,
    )


def _number(text: str, where: str) -> float:
    if not NUMBER.fullmatch(text):
        raise LabelsError(f"{where}: {text[:40]!r} is no number")
    return float(text)
