"""What the detector sees in single frames, without reading the whole table."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from framesel import table_files
from framesel.catalog import Catalog
from framesel.report.frames import Frames
from framesel.report.pixels import group_starts
from framesel.stages.stored_boxes import Layout, unpack
from framesel.workspace import Workspace

_COLUMNS = (
    "boxes", "width", "height", "peak", "faint", "xyxy", "top_class", "top_logit", "rest", "level",
    "head",
)  # fmt: skip
_GROUPS_KEPT = 64


class Box(NamedTuple):
    """One box; the sides are shares of the whole picture."""

    x1: float
    y1: float
    x2: float
    y2: float
    class_no: int
    confidence: float


@dataclass(frozen=True)
class StoredBoxes:
    """The detections table of a selection, asked frame by frame. Not for several threads at once.

    Attributes:
        workspace: Holds it.
        catalog: Knows the shards.
        frames: The frames that are asked for.
        key: Its folder.
    """

    workspace: Workspace
    catalog: Catalog
    frames: Frames
    key: str
    _groups: OrderedDict[tuple[int, int], pa.Table] = field(default_factory=OrderedDict)
    _files: dict[int, pq.ParquetFile] = field(default_factory=dict)

    @cached_property
    def layout(self) -> Layout:
        """Classes, and how boxes are packed."""
        first = self.catalog.shards[0].number
        return Layout.read(self.workspace.shard("detections", self.key, first))

    def of(self, rows: Sequence[int], least: float) -> list[list[Box]]:
        """The boxes of some frames, most confident first.

        Args:
            rows: Of the frames.
            least: Lowest confidence.
        """
        return [self._one(int(row), least) for row in rows]

    def _one(self, row: int, least: float) -> list[Box]:
        shard, place = self._where
        if place[row] < 0:
            return []
        table, at = self._row(int(shard[row]), int(place[row]))
        found = unpack(table.slice(at, 1), self.layout, bulky=False)
        width, height = found.size_wh[0].tolist()
        x0, y0, x1, y1 = self.frames.crop[row].tolist()
        wide, high = (x1 - x0) / max(width, 1.0), (y1 - y0) / max(height, 1.0)
        sure = found.confidence()
        boxes = [
            Box(x0 + a * wide, y0 + b * high, x0 + c * wide, y0 + d * high, int(top), float(p))
            for (a, b, c, d), top, p in zip(
                found.xyxy.tolist(), found.top_class[:, 0].tolist(), sure.tolist(), strict=True
            )
            if p >= least
        ]
        return sorted(boxes, key=lambda box: -box.confidence)

    def _row(self, shard: int, place: int) -> tuple[pa.Table, int]:
        if shard not in self._files:
            path = self.workspace.shard("detections", self.key, shard)
            self._files[shard] = table_files.opened(path)
        file = self._files[shard]
        starts = group_starts(file)
        group = int(np.searchsorted(starts, place, side="right")) - 1
        if (shard, group) not in self._groups:
            self._groups[shard, group] = file.read_row_group(group, list(_COLUMNS))
            if len(self._groups) > _GROUPS_KEPT:
                self._groups.popitem(last=False)
        self._groups.move_to_end((shard, group))
        return self._groups[shard, group], place - int(starts[group])

    @cached_property
    def _where(self) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        """(n,) shard and row of each frame's boxes as it is; -1 where there are none."""
        shard = np.full(len(self.frames), -1, np.int32)
        place = np.full(len(self.frames), -1, np.int64)
        for one in self.catalog.shards:
            path = self.workspace.shard("detections", self.key, one.number)
            table = table_files.opened(path).read(["video_no", "pts", "view"])
            plain = np.flatnonzero(pc.equal(table["view"].cast(pa.string()), "").to_numpy())
            keys = table.select(["video_no", "pts"]).take(plain)
            rows = self.frames.rows_of(keys["video_no"].to_numpy(), keys["pts"].to_numpy())
            shard[rows[rows >= 0]] = one.number
            place[rows[rows >= 0]] = plain[rows >= 0]
        return shard, place
