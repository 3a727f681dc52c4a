"""`framesel calibrate`: labelled frames tell what a score is worth."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from framesel import planning
from framesel.catalog import Catalog
from framesel.errors import UsageError
from framesel.recipe import Recipe
from framesel.stages.calibration_file import write_calibration
from framesel.stages.gathered import keys_of, rows_of
from framesel.stages.stored_boxes import Layout, unpack
from framesel.uncertainty.boxes import Boxes
from framesel.uncertainty.registry import SCORES, checked_names
from framesel.video.regions import Region
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
    scores = pq.read_table(path, partitioning=None)
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


@dataclass(frozen=True)
class _Source:
    """Where a shard's detections are, and what lines them up with labels."""

    workspace: Workspace
    keys: dict[str, str]
    videos: dict[int, dict[str, Any]]
    wanted: dict[tuple[int, int], int]

    def read(self, shard: int) -> tuple[pa.Table, Boxes, npt.NDArray[np.int64]]:
        """Labelled frames of a shard, their boxes in pixels of the source, and their labels."""
        path = self.workspace.shard("detections", self.keys["detections"], shard)
        table = pq.read_table(path, partitioning=None)
        plain = pc.equal(table["view"].cast(pa.string()), "")
        table = table.filter(pc.and_(plain, pc.invert(table["companion"])))
        frames = pq.read_table(
            self.workspace.shard("frames", self.keys["frames"], shard),
            columns=["video_no", "pts", "index", "region"],
            partitioning=None,
        )
        mine = keys_of(table["video_no"], table["pts"])
        frames = frames.take(rows_of(keys_of(frames["video_no"], frames["pts"]), mine))
        names = zip(table["video_no"].to_pylist(), frames["index"].to_pylist(), strict=True)
        labelled = np.array([self.wanted.get(name, -1) for name in names], np.int64)
        rows = np.flatnonzero(labelled >= 0)
        boxes = unpack(table, Layout.read(path), bulky=False).pick(rows)
        regions = frames["region"].cast(pa.string()).take(rows).to_pylist()
        return table.take(rows), self._in_source(boxes, table.take(rows), regions), labelled[rows]

    def _in_source(self, boxes: Boxes, table: pa.Table, regions: list[str]) -> Boxes:
        """Boxes in pixels of the source: the detector saw a smaller, perhaps a cropped picture."""
        factor, shift = np.ones((boxes.pictures, 4)), np.zeros((boxes.pictures, 4))
        for at, (video_no, text) in enumerate(
            zip(table["video_no"].to_pylist(), regions, strict=True)
        ):
            full = np.array([self.videos[video_no]["width"], self.videos[video_no]["height"]])
            crop = (Region.from_json(text).crop if text else None) or (0.0, 0.0, 1.0, 1.0)
            size = (np.array(crop[2:]) - crop[:2]) * full
            factor[at] = np.tile(size / boxes.size_wh[at], 2)
            shift[at] = np.tile(np.array(crop[:2]) * full, 2)
        picture = boxes.picture_of()
        xyxy = boxes.xyxy * factor[picture] + shift[picture]
        return replace(boxes, xyxy=xyxy.astype(np.float32))


def _errors(
    workspace: Workspace, keys: dict[str, str], recipe: Recipe, labels: Labels, scores: pa.Table
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Which labelled frames hold an error, and their rows in the scores."""
    catalog = Catalog(workspace)
    named = {Path(v["path"]).name: n for n, v in catalog.videos.items()}
    named |= {str(v["path"]): n for n, v in catalog.videos.items()}
    wanted = {(named.get(v, -1), i): at for at, (v, i) in enumerate(labels.frames)}
    source = _Source(workspace, keys, catalog.videos, wanted)
    held, found = [], []
    for shard in catalog.shards:
        table, boxes, labelled = source.read(shard.number)
        held.append(_held(boxes, labels, labelled, recipe.scores.settings.confident))
        found.append(keys_of(table["video_no"], table["pts"]))
    rows = rows_of(keys_of(scores["video_no"], scores["pts"]), np.concatenate(found))
    return np.concatenate(held)[rows >= 0], rows[rows >= 0]


def _held(
    boxes: Boxes, labels: Labels, labelled: npt.NDArray[np.int64], confident: float
) -> npt.NDArray[np.bool_]:
    """Which of some frames hold a missed or a false box.

    An object of a class that the detector does not know is missed.
    """
    from framesel.uncertainty.frame_errors import frame_errors

    numbers = {name: at for at, name in enumerate(boxes.classes)}
    counts = np.diff(labels.offsets)[labelled]
    rows = np.repeat(labels.offsets[:-1][labelled], counts)
    rows = rows + np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    known = np.array([numbers.get(labels.label[row], -1) for row in rows], np.int64)
    errors = frame_errors(
        boxes.xyxy,
        boxes.top_class[:, 0].astype(np.int64),
        boxes.confidence(),
        boxes.offsets,
        labels.xyxy[rows],
        known,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        confident=confident,
    )
    return errors.any
