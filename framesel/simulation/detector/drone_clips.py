"""The drone clips, or any footage with labels in the same form, split by a table.

A folder with ``videos/CLIP.mp4`` and ``labels/CLIP.csv``: a row per box with the columns frame
(from 0, in decode order), class, x, y, w, h (pixels, top left). Every frame was labelled.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from framesel.errors import LabelsError, UsageError
from framesel.evaluation.boxes import Truth
from framesel.simulation.detector.material import Clip, Material, Part, truth_of

PARTS: Final[dict[str, Part]] = {"train": "pool", "dev": "dev", "test": "test"}
FPS: Final = 30.0


def read_drone_clips(folder: Path, splits: Path) -> Material:
    """The clips that a table of splits names.

    Args:
        folder: With ``videos`` and ``labels``.
        splits: CSV with the columns clip, split (train, dev or test) and frames.

    Raises:
        UsageError: A file is missing, or the table of splits makes no sense.
        LabelsError: Labels make no sense; the message names file and row.
    """
    rows = list(_rows(splits, ("clip", "split", "frames")))
    tables = {row["clip"]: folder / "labels" / f"{row['clip']}.csv" for row in rows}
    videos = {name: folder / "videos" / f"{name}.mp4" for name in tables}
    missing = [path for path in (*tables.values(), *videos.values()) if not path.is_file()]
    if missing or not rows:
        raise UsageError(
            f"{splits} names {len(rows)} clips; not there: {missing[0] if missing else 'any'}. "
            "Give the folder that holds videos/ and labels/ of these clips."
        )
    listed = {name: list(_rows(path, ("frame", "class", *"xywh"))) for name, path in tables.items()}
    classes = tuple(sorted({row["class"] for boxes in listed.values() for row in boxes}))
    clips = []
    for row in sorted(rows, key=lambda row: row["clip"]):
        if row["split"] not in PARTS or not row["frames"].isdigit():
            raise UsageError(f"{splits}: clip {row['clip']!r} has a split or frames of no sense")
        name = row["clip"]
        truth = _truth(tables[name], listed[name], int(row["frames"]), classes)
        clips.append(Clip(name, videos[name], PARTS[row["split"]], FPS, truth))
    return Material("drone", classes, tuple(clips))


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """The rows of a CSV that has these columns."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.DictReader(lines)
            lacking = set(columns) - set(reader.fieldnames or ())
            if lacking:
                raise UsageError(f"{path} has no column {', '.join(sorted(lacking))}")
            yield from reader
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read as a table: {error}") from error


def _truth(path: Path, rows: list[dict[str, str]], frames: int, classes: tuple[str, ...]) -> Truth:
    """The boxes of a clip by frame."""
    number = {name: at for at, name in enumerate(classes)}
    try:
        frame = np.array([int(row["frame"]) for row in rows], np.int64)
        table = [[float(row[column]) for column in "xywh"] for row in rows]
        xywh = np.array(table, np.float64).reshape(-1, 4)
    except (TypeError, ValueError) as error:
        raise LabelsError(f"{path}: a row holds something that is no number ({error})") from error
    if len(rows) and (frame.min() < 0 or frame.max() >= frames):
        raise LabelsError(f"{path}: boxes on frames {frame.min()} to {frame.max()} of {frames}")
    if not np.isfinite(xywh).all():
        raise LabelsError(f"{path}: a box that is not finite")
    class_no = np.array([number[row["class"]] for row in rows], np.int64)
    xyxy = np.concatenate([xywh[:, :2], xywh[:, :2] + xywh[:, 2:]], axis=1)
    return truth_of(frames, frame, class_no, xyxy.astype(np.float32))
