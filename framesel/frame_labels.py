"""`framesel calibrate`: labelled frames tell what a score is worth."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import planning, table_files
from framesel.annotation.classes import feeds, spoken
from framesel.catalog import Catalog
from framesel.errors import UsageError
from framesel.recipe import Recipe
from framesel.stages.calibration_file import write_calibration
from framesel.stages.gathered import keys_of, rows_of
from framesel.stages.labelled_detections import Drawn, StoredDetections, hold_errors
from framesel.uncertainty.registry import SCORES, checked_names
from framesel.workspace import Workspace

COLUMNS = ("video", "index", "label", "x", "y", "w", "h")
LEAST = 20
"""Labelled frames under which a calibration says nothing."""


@dataclass(frozen=True)
class Labels:
    """Boxes of labelled frames, in pixels of the source, as columns.

    Attributes:
        frames: (video, index of the frame) of each of the n labelled frames.
        offsets: (n + 1,) int64.
        xyxy: (k, 4) float32.
        label: k names.
    """

    frames: tuple[tuple[str, int], ...]
    offsets: npt.NDArray[np.int64]
    xyxy: npt.NDArray[np.float32]
    label: tuple[str, ...]


def read_labels(path: Path) -> Labels:
    """Reads a CSV of boxes: ``video,index,label,x,y,w,h``, x and y of the top left corner.

    ``video`` is a path or a file name, ``index`` counts frames from 0. A frame in which there is
    nothing has one row with an empty label: a frame without a row is not labelled.

    Raises:
        UsageError: A column is missing, or a row makes no sense; the message names the line.
    """
    boxes: dict[tuple[str, int], list[tuple[str, list[float]]]] = defaultdict(list)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.DictReader(file)
            if missing := set(COLUMNS) - set(rows.fieldnames or ()):
                raise UsageError(f"{path} lacks the columns {', '.join(sorted(missing))}")
            for line, row in enumerate(rows, 2):
                _take(row, boxes, f"{path}, line {line}")
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path} cannot be read as CSV: {error}") from None
    found = [box for frame in boxes.values() for box in frame]
    corners = np.array([c for _, c in found], np.float32).reshape(-1, 4)
    counts = [len(frame) for frame in boxes.values()]
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return Labels(tuple(boxes), offsets, corners, tuple(label for label, _ in found))


def _take(row: dict[str, Any], boxes: dict[Any, list[Any]], where: str) -> None:
    try:
        frame = boxes[(str(row["video"]), int(row["index"]))]
        x, y, w, h = (float(row[name]) if row["label"] else 1.0 for name in "xywh")
    except (ValueError, TypeError) as error:
        raise UsageError(f"{where}: {error}") from None
    if not (np.isfinite([x, y, w, h]).all() and w > 0 and h > 0):
        raise UsageError(f"{where}: a box needs a finite place and a positive size")
    if row["label"]:
        frame.append((row["label"], [x, y, x + w, y + h]))


def calibrate(
    workspace: Workspace, recipe: Recipe, labels: Path, out: Path, score: str = ""
) -> Iterator[str]:
    """Compares the stored detections of labelled frames with their labels, and writes the map.

    Args:
        workspace: With scores.
        recipe: Which of them.
        labels: See ``read_labels``.
        out: Where the calibration is written.
        score: Which score; empty: the one with the best AUROC.

    Yields:
        Lines for a person: the AUROC of every score.

    Raises:
        UsageError: There are no scores, no such score, or too few labelled frames among them.
    """
    from framesel.uncertainty import calibration

    keys = {step.name: step.key for step in planning.plan(workspace, recipe)}
    path = workspace.stage("scores", keys.get("scores", "none")) / "all.parquet"
    if not path.exists():
        raise UsageError(f"{workspace.root} has no scores: run with detections.weights first")
    scores = table_files.read(path)
    held, rows = _errors(workspace, keys, recipe, read_labels(labels), scores)
    if len(rows) < LEAST:
        raise UsageError(
            f"{len(rows)} of the labelled frames in {labels} are among the scored ones; at least "
            f"{LEAST} are needed. Labels name frames by `video` and `index`: are these the ones?"
        )
    yield f"{len(rows):,} labelled frames, {held.sum():,} hold a missed or a false box"
    values = {n: scores[n].to_numpy()[rows] for n in scores.column_names if n in SCORES}
    quality = {name: calibration.auroc(column, held) for name, column in values.items()}
    for name in sorted(quality, key=lambda n: -np.nan_to_num(quality[n])):
        yield f"  {name:26} AUROC {quality[name]:.3f}"
    best = score or max(quality, key=lambda n: np.nan_to_num(quality[n]))
    if best not in values:
        checked_names((best,))
        raise UsageError(f"the score {best!r} was not computed: add it to scores.compute")
    write_calibration(out, best, calibration.calibrate(values[best], held))
    yield f"{out}: {best}, AUROC {quality[best]:.3f}"


def _errors(
    workspace: Workspace, keys: dict[str, str], recipe: Recipe, labels: Labels, scores: pa.Table
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Which labelled frames hold an error, and their rows in the scores."""
    catalog = Catalog(workspace)
    named = {Path(v["path"]).name: n for n, v in catalog.videos.items()}
    named |= {str(v["path"]): n for n, v in catalog.videos.items()}
    wanted = {(named.get(v, -1), i): at for at, (v, i) in enumerate(labels.frames)}
    stored = StoredDetections(workspace, keys, catalog.videos)
    rename = recipe.train.rename
    names = [rename.get(name, name) for name in labels.label]
    drawn = Drawn(labels.offsets, labels.xyxy, names)
    held, found = [], []
    for shard in catalog.shards:
        mine, boxes, labelled = stored.read(shard.number, wanted, "index")
        called = spoken(boxes.classes, feeds(recipe.classes), rename)
        held.append(hold_errors(boxes, called, drawn, labelled, recipe.scores.settings.confident))
        found.append(mine)
    rows = rows_of(keys_of(scores["video_no"], scores["pts"]), np.concatenate(found))
    return np.concatenate(held)[rows >= 0], rows[rows >= 0]
