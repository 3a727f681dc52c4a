"""Labels lined up with stored detections: which labelled frames hold a missed or a false box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from framesel import table_files
from framesel.stages.gathered import keys_of, rows_of
from framesel.stages.stored_boxes import Layout, unpack
from framesel.uncertainty.boxes import Boxes
from framesel.video.regions import Region
from framesel.workspace import Workspace

BULKY = frozenset({"features", "sides"})
"""Columns that are large and say nothing of where boxes are."""

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Drawn:
    """Boxes of n labelled frames, in pixels of the source, as columns.

    Attributes:
        offsets: (n + 1,) int64; frame i has the boxes offsets[i] to offsets[i + 1].
        xyxy: (k, 4) float32.
        label: k names.
    """

    offsets: Ints
    xyxy: npt.NDArray[np.float32]
    label: Sequence[str]


@dataclass(frozen=True)
class StoredDetections:
    """The detections of one detector, and what lines them up with labels.

    Attributes:
        workspace: Where they are.
        keys: Folders of ``detections`` and ``frames``.
        videos: Rows of the catalog, by number.
    """

    workspace: Workspace
    keys: Mapping[str, str]
    videos: Mapping[int, Mapping[str, Any]]

    def read(
        self,
        shard: int,
        wanted: Mapping[tuple[int, int], int],
        by: Literal["pts", "index"] = "pts",
    ) -> tuple[npt.NDArray[np.void], Boxes, Ints]:
        """Labelled frames of a shard.

        Args:
            shard: Its number.
            wanted: Number of a video, and pts or index of a frame, to the row of its labels.
            by: What ``wanted`` names frames by.

        Returns:
            (k,) keys of the frames, their boxes in pixels of the source, (k,) rows of their labels.
        """
        path = self.workspace.shard("detections", self.keys["detections"], shard)
        names = [name for name in table_files.schema(path).names if name not in BULKY]
        table = table_files.read(path, columns=names)
        plain = pc.equal(table["view"].cast(pa.string()), "")
        table = table.filter(pc.and_(plain, pc.invert(table["companion"])))
        frames = table_files.read(
            self.workspace.shard("frames", self.keys["frames"], shard),
            columns=["video_no", "pts", "index", "region"],
        )
        mine = keys_of(table["video_no"], table["pts"])
        frames = frames.take(rows_of(keys_of(frames["video_no"], frames["pts"]), mine))
        called = zip(table["video_no"].to_pylist(), frames[by].to_pylist(), strict=True)
        labelled = np.array([wanted.get(name, -1) for name in called], np.int64)
        rows = np.flatnonzero(labelled >= 0)
        boxes = unpack(table, Layout.read(path), bulky=False).pick(rows)
        regions = frames["region"].cast(pa.string()).take(rows).to_pylist()
        return mine[rows], self._in_source(boxes, table.take(rows), regions), labelled[rows]

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


def hold_errors(
    boxes: Boxes, called: Sequence[str], drawn: Drawn, labelled: Ints, confident: float
) -> Bools:
    """(k,) which of some frames hold a missed or a false box.

    An object of a class that the detector does not know is missed.

    Args:
        boxes: Of k frames, in pixels of the source.
        called: What labels call each of the detector's classes; empty: nobody labels it, so that a
            box of it is no claim.
        drawn: Labels of these and other frames.
        labelled: (k,) rows of the frames' labels.
        confident: Boxes under this confidence are not asserted.
    """
    from framesel.uncertainty.frame_errors import frame_errors

    numbers = {name: at for at, name in enumerate(dict.fromkeys(called))}
    top = np.array([numbers[name] for name in called], np.int64)[boxes.top_class[:, 0]]
    claimed = np.array([bool(name) for name in called], np.bool_)[boxes.top_class[:, 0]]
    counts = np.diff(drawn.offsets)[labelled]
    rows = np.repeat(drawn.offsets[:-1][labelled], counts)
    rows = rows + np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    known = np.array([numbers.get(drawn.label[row], -1) for row in rows], np.int64)
    errors = frame_errors(
        boxes.xyxy,
        top,
        np.where(claimed, boxes.confidence(), -1.0),
        boxes.offsets,
        drawn.xyxy[rows],
        known,
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        confident=confident,
    )
    return errors.any
