"""Footage of which the shots of each video are decided: what shards say of it, and its vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import table_files, tables
from framesel.stage import GatherInputs
from framesel.stages.gathered import KEY, Lookup
from framesel.stages.vector_file import VectorsOnFile
from framesel.stages.whole_videos import WholeVideos, by_video_and_time

if TYPE_CHECKING:
    from framesel.selection.duplicates.links import Side
    from framesel.selection.duplicates.tiles import Tiles

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
Columns = dict[str, npt.NDArray[Any]]


@dataclass(frozen=True)
class Home:
    """The frames at home in a shard; frames and shots are numbered over all shards.

    Attributes:
        number: Of the shard.
        first: Number of its first frame.
        end: Number after that of its last.
        first_shot: Number of its first shot.
        end_shot: Number after that of its last.
    """

    number: int
    first: int
    end: int
    first_shot: int
    end_shot: int

    def among(self, rows: Ints) -> Ints:
        """Places in the shard of those of some frames (rising) that are at home there."""
        low, high = np.searchsorted(rows, [self.first, self.end])
        return rows[low:high] - self.first


@dataclass(frozen=True)
class DecidedShots:
    """The tables of such footage.

    Attributes:
        inputs: Where they are.
        tau_tile: Cosine that each tile of two duplicates reaches.
    """

    inputs: GatherInputs
    tau_tile: float

    @cached_property
    def dim(self) -> int:
        """Numbers of a vector."""
        return int(self._footer["dim"])

    @cached_property
    def each(self) -> int:
        """Tiles of a frame that have a vector; 0 where there are none."""
        return int(self._footer["tiles"])

    @property
    def width(self) -> int:
        """Numbers of a frame, tiles included."""
        return self.dim * (1 + self.each)

    @cached_property
    def _footer(self) -> dict[str, Any]:
        shard, key = self.inputs.catalog.shards[0].number, self.inputs.keys["embeddings"]
        return tables.footer(self.inputs.workspace.shard("embeddings", key, shard))

    def homes(self) -> list[Home]:
        """All shards."""
        homes: list[Home] = []
        end = end_shot = 0
        for shard in self.inputs.catalog.shards:
            shots = self.shots(shard.number, "shot")["shot"]
            first, first_shot = end, end_shot
            end, end_shot = first + len(shots), first_shot + int(shots.max(initial=-1)) + 1
            homes.append(Home(shard.number, first, end, first_shot, end_shot))
        return homes

    def shots(self, number: int, *names: str) -> Columns:
        """Columns of ``tables.SHOTS`` of the frames at home in a shard."""
        inputs = self.inputs
        path = inputs.workspace.shard("shots", inputs.keys["shots"], number)
        home = np.array(inputs.catalog.at_home.get(number, ()), np.int64)
        wanted = [*KEY, *(name for name in names if name not in KEY)]
        table = table_files.read(path, columns=wanted)
        table = table.filter(pa.compute.is_in(table["video_no"], pa.array(home, pa.int32())))
        columns = {name: table[name].to_numpy(zero_copy_only=False) for name in wanted}
        order = by_video_and_time(home, columns["video_no"], columns["pts"])
        return {name: column[order] for name, column in columns.items()}

    def whole(self, home: Home, *names: str) -> WholeVideos:
        """The frames at home in a shard, with columns of the frames table."""
        inputs = self.inputs
        return WholeVideos.at(inputs.workspace, inputs.catalog, inputs.keys, home.number, *names)

    def side(self, homes: Sequence[Home]) -> Side:
        """The good frames at home in some shards, with their vectors, and their shots."""
        from framesel.selection.duplicates.frames import InMemory
        from framesel.selection.duplicates.links import Side

        vectors, tiles, shots = [], [], []
        for home in homes:
            found, whole = self.shots(home.number, "rejected", "shot"), self.whole(home)
            good = np.flatnonzero(found["rejected"] == "")
            shots.append(home.first_shot + found["shot"][good].astype(np.int64))
            vectors.append(whole.vectors(good))
            tiles.append(whole.tiles(good) if self.each else np.empty((0, 1, 1), np.float32))
        known = InMemory(np.concatenate(vectors), self.as_tiles(np.concatenate(tiles)))
        shot = np.concatenate(shots)
        return Side(known, np.arange(len(shot)), shot)

    def as_tiles(self, tiles: Floats) -> Tiles:
        """Vectors (r, t, dim) as the rule asks for them."""
        from framesel.selection.duplicates.tiles import Tiles

        return Tiles(tiles.reshape(-1, tiles.shape[2]), self.each, np.float32(self.tau_tile))


def keepers_of(found: Columns) -> Ints:
    """(n,) place in the shard of who stands for each frame; -1 for nobody.

    Args:
        found: Of a shard, with ``keeper_pts`` and ``keeper_cos``.
    """
    lost = np.isnan(found["keeper_cos"])
    pts = np.where(lost, 0, found["keeper_pts"]).astype(np.int64)
    at = Lookup(found["video_no"], found["pts"])(found["video_no"], pts)
    return np.where(lost, -1, at)


@dataclass(frozen=True)
class FromFile:
    """Frames whose vectors are in a file; see :mod:`framesel.selection.duplicates.frames`."""

    decided: DecidedShots
    file: VectorsOnFile

    def vectors(self, rows: Ints) -> Floats:
        """(r, dim) unit rows of some frames."""
        dim = self.decided.dim
        return self.file.vectors(rows, slice(0, dim), dim)[:, 0]

    def tiles(self, rows: Ints) -> Tiles:
        """The tiles of some frames, or none."""
        dim = self.decided.dim
        if not self.decided.each:
            return self.decided.as_tiles(np.empty((0, 1, 1), np.float32))
        return self.decided.as_tiles(self.file.vectors(rows, slice(dim, None), dim))
