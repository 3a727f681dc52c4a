"""Pictures of frames: as the frames table stores them, or decoded again at full size."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from framesel import table_files
from framesel.catalog import Catalog
from framesel.errors import MediaError
from framesel.report.frames import Frames
from framesel.stages.footage import Image, Video
from framesel.workspace import Workspace

_GROUPS_KEPT = 64
"""Row groups of JPEGs that stay in memory: about a megabyte each."""


@dataclass(frozen=True)
class Pixels:
    """Where the pictures of some frames are. May be asked from several threads.

    Attributes:
        workspace: Holds them.
        catalog: Knows the videos.
        frames: The frames.
        key: Folder of the frames table.
        decoder: How videos are decoded again.
    """

    workspace: Workspace
    catalog: Catalog
    frames: Frames
    key: str
    decoder: str = "pyav"
    _files: dict[int, tuple[pq.ParquetFile, npt.NDArray[np.int64]]] = field(default_factory=dict)
    _groups: OrderedDict[tuple[int, int], pa.Array] = field(default_factory=OrderedDict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def jpeg(self, row: int) -> bytes | None:
        """The stored picture of a frame, at model size; made anew where the recipe keeps none.

        None if the video cannot be decoded any more.
        """
        stored = self._stored(row)
        return stored if stored is not None else self._encoded(row)

    def picture(self, row: int) -> Image:
        """(h, w, 3) uint8 RGB: the frame at full resolution, decoded by its exact pts.

        Raises:
            MediaError: The video is gone, changed, or gives no such frame.
        """
        video_no, pts = int(self.frames.video_no[row]), int(self.frames.pts[row])
        known = self.catalog.videos[video_no]
        video = Video.of(known, self.decoder)
        for frame in video.fetch([pts]):
            return frame.image
        raise MediaError(f"{known['path']}: no frame at pts {pts}; was the file changed?")

    def _encoded(self, row: int) -> bytes | None:
        from framesel.video import jpeg

        try:
            return jpeg.encode(self.picture(row), 85, long_side=640)
        except MediaError:
            return None

    def _stored(self, row: int) -> bytes | None:
        shard, place = int(self.frames.shard[row]), int(self.frames.place[row])
        with self._lock:
            file, starts = self._file(shard)
            group = int(np.searchsorted(starts, place, side="right")) - 1
            value = self._group(file, shard, group)[place - int(starts[group])]
        found: bytes | None = value.as_py()
        return found

    def _file(self, shard: int) -> tuple[pq.ParquetFile, npt.NDArray[np.int64]]:
        if shard not in self._files:
            file = table_files.opened(self.workspace.shard("frames", self.key, shard))
            self._files[shard] = file, group_starts(file)
        return self._files[shard]

    def _group(self, file: pq.ParquetFile, shard: int, group: int) -> Any:
        at = shard, group
        if at not in self._groups:
            self._groups[at] = file.read_row_group(group, ["jpeg"])["jpeg"].combine_chunks()
            if len(self._groups) > _GROUPS_KEPT:
                self._groups.popitem(last=False)
        self._groups.move_to_end(at)
        return self._groups[at]


def group_starts(file: pq.ParquetFile) -> npt.NDArray[np.int64]:
    """(g,) the first row of each row group."""
    meta = file.metadata
    rows = [meta.row_group(g).num_rows for g in range(meta.num_row_groups)]
    return np.concatenate([[0], np.cumsum(rows)[:-1]]).astype(np.int64)
