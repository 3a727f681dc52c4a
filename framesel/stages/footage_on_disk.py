"""Footage whose shots are decided, as the joining of shots asks for it; vectors stay on disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import table_files, tables
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages.gathered import KEY, Lookup
from framesel.stages.vector_file import VectorFile
from framesel.stages.whole_videos import WholeVideos, by_video_and_time

if TYPE_CHECKING:
    from framesel.selection.duplicates.joining import Members
    from framesel.selection.duplicates.links import Side
    from framesel.selection.duplicates.tiles import Tiles

UNIT_ERROR: Final = 1e-5
"""Largest deviation from one of the norm of a stored vector that was scaled back."""
_SHARE: Final = 0.1
"""Of the memory, for the vectors of one load; what is made of them takes as much again."""

Ints = npt.NDArray[np.int64]
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


class FootageOnDisk:
    """See :class:`framesel.selection.duplicates.joining.Footage`, and for vectors ``Frames``.

    Args:
        inputs: Where the tables are.
        run: Says how much memory may be taken.
        tau_tile: Cosine that each tile of two duplicates reaches.
        file: For vectors that are asked for by number.
    """

    def __init__(
        self, inputs: GatherInputs, run: RunSettings, tau_tile: float, file: VectorFile
    ) -> None:
        self._inputs, self._tau_tile, self._file = inputs, np.float32(tau_tile), file
        self._dim, self._each = _widths(inputs)
        self.room = max(1, int(run.memory() * 1e9 * _SHARE / (4 * self._dim * (1 + self._each))))
        self.homes: list[Home] = []
        end = end_shot = 0
        for shard in inputs.catalog.shards:
            shots = self.shots(shard.number, "shot")["shot"]
            first, first_shot = end, end_shot
            end, end_shot = first + len(shots), first_shot + int(shots.max(initial=-1)) + 1
            self.homes.append(Home(shard.number, first, end, first_shot, end_shot))

    @classmethod
    @contextmanager
    def open(
        cls, inputs: GatherInputs, run: RunSettings, stage: str, tau_tile: float
    ) -> Iterator[FootageOnDisk]:
        """For a stage, in whose folder vectors lie meanwhile."""
        dim, each = _widths(inputs)
        folder = inputs.workspace.stage(stage, inputs.keys[stage])
        with VectorFile(folder, dim * (1 + each)) as file:
            yield cls(inputs, run, tau_tile, file)

    def shots(self, number: int, *names: str) -> Columns:
        """Columns of ``tables.SHOTS`` of the frames at home in a shard."""
        path = self._inputs.workspace.shard("shots", self._inputs.keys["shots"], number)
        home = np.array(self._inputs.catalog.at_home.get(number, ()), np.int64)
        wanted = [*KEY, *(name for name in names if name not in KEY)]
        table = table_files.read(path, columns=wanted)
        table = table.filter(pa.compute.is_in(table["video_no"], pa.array(home, pa.int32())))
        columns = {name: table[name].to_numpy(zero_copy_only=False) for name in wanted}
        order = by_video_and_time(home, columns["video_no"], columns["pts"])
        return {name: column[order] for name, column in columns.items()}

    def keepers(self, home: Home) -> Ints:
        """(n,) place in the shard of who stands for each frame; -1 for nobody."""
        found = self.shots(home.number, "keeper_pts", "keeper_cos")
        lost = np.isnan(found["keeper_cos"])
        pts = np.where(lost, 0, found["keeper_pts"]).astype(np.int64)
        at = Lookup(found["video_no"], found["pts"])(found["video_no"], pts)
        return np.where(lost, -1, at)

    def whole(self, home: Home, *names: str) -> WholeVideos:
        """The frames at home in a shard, with columns of the frames table."""
        inputs = self._inputs
        return WholeVideos.at(inputs.workspace, inputs.catalog, inputs.keys, home.number, *names)

    def kept(self) -> Side:
        """See ``Footage``."""
        from framesel.selection.duplicates.links import Side

        rows, shots = [], []
        for home in self.homes:
            found = self.shots(home.number, "pts", "keeper_pts", "shot")
            kept = np.flatnonzero(found["pts"] == found["keeper_pts"])
            rows.append(home.first + kept)
            shots.append(home.first_shot + found["shot"][kept].astype(np.int64))
        numbers = np.concatenate(rows)
        return Side(self.frames(numbers), numbers, np.concatenate(shots))

    def frames(self, rows: Ints) -> FootageOnDisk:
        """See ``Footage``."""
        lacking = self._file.lacks(rows)
        for home in self.homes:
            mine = home.among(lacking)
            if len(mine):
                whole = self.whole(home)
                names = ["vector", *(["tiles"] if self._each else [])]
                halves = [whole.halves(mine, name) for name in names]
                self._file.add(home.first + mine, np.concatenate(halves, axis=1))
        self._file.seal()
        return self

    def vectors(self, rows: Ints) -> npt.NDArray[np.float32]:
        """See ``Frames``; of those that were made available."""
        return self._file.vectors(rows, slice(0, self._dim), self._dim)[:, 0]

    def tiles(self, rows: Ints) -> Tiles:
        """See ``Frames``."""
        if not self._each:
            return self._as_tiles(np.empty((0, 1, 1), np.float32))
        return self._as_tiles(self._file.vectors(rows, slice(self._dim, None), self._dim))

    def all(self) -> Iterator[Side]:
        """See ``Footage``."""
        from framesel.selection.duplicates.frames import InMemory
        from framesel.selection.duplicates.links import Side

        for homes in _loads(self.homes, self.room):
            vectors, tiles, shots = [], [], []
            for home in homes:
                found, whole = self.shots(home.number, "rejected", "shot"), self.whole(home)
                good = np.flatnonzero(found["rejected"] == "")
                shots.append(home.first_shot + found["shot"][good].astype(np.int64))
                vectors.append(whole.vectors(good))
                tiles.append(whole.tiles(good) if self._each else np.empty((0, 1, 1), np.float32))
            known = InMemory(np.concatenate(vectors), self._as_tiles(np.concatenate(tiles)))
            shot = np.concatenate(shots)
            yield Side(known, np.arange(len(shot)), shot)

    def of(self, shots: Ints) -> Members:
        """See ``Footage``."""
        from framesel.selection.duplicates.joining import Members

        found = [Members(*(np.empty(0, kind) for kind in (int, int, float, int, np.float32)))]
        for home in self.homes:
            low, high = np.searchsorted(shots, [home.first_shot, home.end_shot])
            if low == high:
                continue
            table = self.shots(home.number, "keeper_cos", "shot")
            shot, keeper = home.first_shot + table["shot"].astype(np.int64), self.keepers(home)
            mine = np.flatnonzero(np.isin(shot, shots[low:high]) & (keeper >= 0))
            quality = self.whole(home, "sharpness").columns["sharpness"][mine].astype(np.float64)
            numbers, keeper = home.first + mine, home.first + keeper[mine]
            cosine = table["keeper_cos"][mine]
            found.append(Members(numbers, shot[mine], quality, keeper, cosine))
        columns = ([getattr(m, field.name) for m in found] for field in fields(Members))
        return Members(*(np.concatenate(column) for column in columns))

    def _as_tiles(self, tiles: npt.NDArray[np.float32]) -> Tiles:
        from framesel.selection.duplicates.tiles import Tiles

        return Tiles(tiles.reshape(-1, tiles.shape[2]), self._each, self._tau_tile)


def _widths(inputs: GatherInputs) -> tuple[int, int]:
    """Numbers of a vector, and tiles of a frame that have one."""
    first = inputs.catalog.shards[0].number
    footer = tables.footer(inputs.workspace.shard("embeddings", inputs.keys["embeddings"], first))
    return int(footer["dim"]), int(footer["tiles"])


def _loads(homes: Sequence[Home], room: int) -> Iterator[list[Home]]:
    """Shards that fit into memory together; those without frames are left out."""
    load: list[Home] = []
    for home in homes:
        if load and home.end - load[0].first > room:
            yield load
            load = []
        if home.end > home.first:
            load.append(home)
    if load:
        yield load
