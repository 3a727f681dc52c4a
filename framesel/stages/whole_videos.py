"""The frames of whole videos, which may lie in several shards: columns at once, vectors in loads.

A video is at home in the shard that its first part lies in. What is decided for a video as a whole
is decided there; so the work is that of shards, and each frame is looked at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import table_files, tables, vector_column
from framesel.catalog import Catalog
from framesel.stages.gathered import KEY, Lookup
from framesel.workspace import Workspace

LOAD: Final = 2**16
"""Frames whose vectors are in memory at once. Of a longer video, so many are a stretch by itself:
no shot goes on in the next. Raising it changes results."""

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Halves = npt.NDArray[np.float16]


@dataclass(frozen=True, eq=False)
class WholeVideos:
    """Frames that have a vector, of the videos at home in one shard, by video and time.

    Attributes:
        columns: (n,) each: the key, and columns of the frames table.
        shard: (n,) number of the shard that a frame lies in.
        row: (n,) its row in that shard's embeddings.
    """

    workspace: Workspace
    keys: Mapping[str, str]
    columns: Mapping[str, npt.NDArray[Any]]
    shard: Ints
    row: Ints

    @classmethod
    def at(
        cls,
        workspace: Workspace,
        catalog: Catalog,
        keys: Mapping[str, str],
        number: int,
        *names: str,
    ) -> WholeVideos:
        """Those at home in a shard, with some columns of the frames table."""
        home = np.array(catalog.at_home.get(number, ()), np.int64)
        found: list[dict[str, npt.NDArray[Any]]] = []
        for shard in sorted({s for v in home.tolist() for s in catalog.shards_of[v]}):
            embedded = _table(workspace, "embeddings", keys, shard, KEY)
            frames = _table(workspace, "frames", keys, shard, [*KEY, "companion", *names])
            frames = frames.filter(pa.compute.invert(frames["companion"]))
            rows = np.flatnonzero(np.isin(embedded["video_no"].to_numpy(), home))
            mine = {name: embedded[name].to_numpy()[rows] for name in KEY}
            at = Lookup(frames["video_no"], frames["pts"])(mine["video_no"], mine["pts"])
            mine |= {name: frames[name].to_numpy()[at] for name in names}
            found.append({**mine, "shard": np.full(len(rows), shard), "row": rows})
        if not found:
            found = [{name: np.empty(0, np.int64) for name in (*KEY, *names, "shard", "row")}]
        whole = {name: np.concatenate([part[name] for part in found]) for name in found[0]}
        order = by_video_and_time(home, whole["video_no"], whole["pts"])
        whole = {name: column[order] for name, column in whole.items()}
        return cls(workspace, keys, whole, whole.pop("shard"), whole.pop("row"))

    def __len__(self) -> int:
        return len(self.shard)

    def loads(self) -> Iterator[slice]:
        """Frames of consecutive videos, at most ``LOAD``; a longer video comes in stretches."""
        video_no = self.columns["video_no"]
        ends = np.append(np.flatnonzero(np.diff(video_no)) + 1, len(self))
        low = high = 0
        for end in ends[ends > 0].tolist():
            if end - low > LOAD and high > low:
                yield slice(low, high)
                low = high
            while end - low > LOAD:
                yield slice(low, low + LOAD)
                low += LOAD
            high = end
        if high > low:
            yield slice(low, high)

    @property
    def dim(self) -> int:
        """Numbers of a vector."""
        return int(self._footer()["dim"])

    @property
    def each(self) -> int:
        """Tiles of a frame that have a vector; 0 where there are none."""
        return int(self._footer()["tiles"])

    def vectors(self, rows: Ints) -> Floats:
        """(r, dim) unit rows of some frames."""
        return vector_column.units(self.halves(rows, "vector"), self.dim)[:, 0]

    def tiles(self, rows: Ints) -> Floats:
        """(r, t, dim) unit rows of the tiles of some frames."""
        return vector_column.units(self.halves(rows, "tiles"), self.dim)

    def halves(self, rows: Ints, name: str) -> Halves:
        """(r, numbers) of some frames, as they are stored."""
        out = np.empty((len(rows), self.dim * (1 if name == "vector" else self.each)), np.float16)
        for shard in np.unique(self.shard[rows]).tolist():
            mine = np.flatnonzero(self.shard[rows] == shard)
            stored = _table(self.workspace, "embeddings", self.keys, shard, [name])[name]
            out[mine] = vector_column.unpack_halves(stored)[self.row[rows[mine]]]
        return out

    def _footer(self) -> Mapping[str, Any]:
        path = self.workspace.shard("embeddings", self.keys["embeddings"], int(self.shard[0]))
        return tables.footer(path)


def by_video_and_time(home: Ints, video_no: npt.NDArray[Any], pts: npt.NDArray[Any]) -> Ints:
    """The order of frames at home in a shard: by the place of the video there, and by time."""
    rising = np.argsort(home)
    place = rising[np.searchsorted(home, video_no, sorter=rising)] if len(home) else video_no
    return np.lexsort((pts, place))


def _table(
    workspace: Workspace, stage: str, keys: Mapping[str, str], shard: int, columns: list[str]
) -> pa.Table:
    path = workspace.shard(stage, keys[stage], shard)
    return table_files.read(path, columns=columns)
