"""How gathering stages read frames and vectors: columns as arrays, rows aligned by key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import table_files, tables
from framesel.catalog import Shard
from framesel.errors import StageError
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages.stored_vectors import StoredVectors, Vectors

KEY = ["video_no", "pts"]
_FILE, _ROW = "file_no", "row"
_SHARE: Final = 0.4
"""Of the memory, for all vectors; what a strategy makes of its candidates' takes the rest."""
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """Every live frame that has a vector, in order of shard, part and time."""

    columns: dict[str, npt.NDArray[Any]]
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.vectors)

    def in_memory(self) -> npt.NDArray[np.float32]:
        """(n, dim) all vectors.

        Raises:
            StageError: They do not fit into the memory allowed.
        """
        if isinstance(self.vectors, StoredVectors):
            n, dim = self.vectors.shape
            raise _too_many(n, dim)
        return self.vectors

    def rows(self, video_no: npt.ArrayLike, pts: npt.ArrayLike) -> Ints:
        """Row numbers of the given keys; -1 for keys that are not there."""
        return self._lookup(video_no, pts)

    @cached_property
    def _lookup(self) -> Lookup:
        return Lookup(self.columns["video_no"], self.columns["pts"])


class Lookup:
    """Finds the rows of keys."""

    def __init__(self, video_no: npt.ArrayLike, pts: npt.ArrayLike) -> None:
        keys = _sortable(video_no, pts)
        self._order = np.lexsort((keys["pts"], keys["video_no"])).astype(np.int64)
        self._keys = keys[self._order]

    def __call__(self, video_no: npt.ArrayLike, pts: npt.ArrayLike) -> Ints:
        """Row numbers of the given keys; -1 for keys that are not there."""
        wanted = _sortable(video_no, pts)
        if not len(self._keys) or not len(wanted):
            return np.full(len(wanted), -1, np.int64)
        at = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        return np.where(self._keys[at] == wanted, self._order[at], -1).astype(np.int64)


def read(inputs: GatherInputs, columns: list[str], run: RunSettings) -> Dataset:
    """Reads these columns of the frames table, and vectors, as far as they fit into memory.

    Args:
        inputs: Where the tables are.
        columns: Of the frames table.
        run: Says how much memory may be taken.

    Raises:
        StageError: There is no frame at all.
    """
    parts, files = [], []
    for number, shard in enumerate(inputs.catalog.shards):
        files.append(inputs.workspace.shard("embeddings", inputs.keys["embeddings"], shard.number))
        parts.append(_of_shard(inputs, shard, files[-1], number, columns))
    found = (
        {name: np.concatenate([part[name] for part in parts]) for name in parts[0]} if parts else {}
    )
    if not parts or not len(found["pts"]):
        raise StageError(
            f"no frame of {len(inputs.catalog.live)} videos could be decoded. "
            "`framesel status WS` lists the reasons."
        )
    dim = int(tables.footer(files[0])["dim"])
    stored = StoredVectors(files, found.pop(_FILE), found.pop(_ROW), dim)
    fits = need_gb(len(stored), dim) <= _SHARE * run.memory()
    return Dataset(found, stored[:] if fits else stored)


def need_gb(frames: int, dim: int) -> float:
    """Memory that it takes to choose from so many vectors."""
    return frames * dim * 4 * 2.5 / 1e9


def _too_many(frames: int, dim: int) -> StageError:
    need = need_gb(frames, dim)
    return StageError(
        f"{frames:,} vectors of {dim} numbers need about {need:.1f} GB, more than run.memory_gb "
        f"allows. Raise it (--set run.memory_gb={need:.0f}) or sample fewer frames (frames.sample)."
    )


def _of_shard(
    inputs: GatherInputs, shard: Shard, path: Path, number: int, columns: list[str]
) -> dict[str, npt.NDArray[Any]]:
    """Keys and columns of a shard's live frames that have a vector, and where that is."""
    keys = table_files.read(path, columns=KEY)
    live = pa.array(sorted({part.video_no for part in shard.parts}), pa.int32())
    rows = np.flatnonzero(pa.compute.is_in(keys["video_no"], live).to_numpy())
    mine = {name: keys[name].to_numpy()[rows] for name in KEY}
    if columns:
        file = inputs.workspace.shard("frames", inputs.keys["frames"], shard.number)
        frames = table_files.read(file, columns=[*KEY, "companion", *columns])
        frames = frames.filter(pa.compute.invert(frames["companion"]))
        at = Lookup(frames["video_no"], frames["pts"])(mine["video_no"], mine["pts"])
        mine |= {name: frames[name].to_numpy()[at] for name in columns}
    places = {_FILE: np.full(len(rows), number, np.int32), _ROW: rows.astype(np.int32)}
    return {**mine, **places}


def _sortable(video_no: npt.ArrayLike, pts: npt.ArrayLike) -> npt.NDArray[np.void]:
    """(n,) keys in this machine's byte order, which compares quickly."""
    return keys_of(video_no, pts).astype([("video_no", "=i8"), ("pts", "=i8")])


def keys_of(video_no: npt.ArrayLike, pts: npt.ArrayLike) -> npt.NDArray[np.void]:
    """(n,) keys of frames, to be looked up with ``rows_of``."""
    numbers, times = np.asarray(video_no), np.asarray(pts)
    out = np.empty(len(numbers), dtype=[("video_no", ">i8"), ("pts", ">i8")])
    out["video_no"] = numbers
    out["pts"] = times
    return out


def rows_of(among: npt.NDArray[np.void], wanted: npt.NDArray[np.void]) -> Ints:
    """(k,) int64: the row of each wanted key; -1 for those that are not there."""
    rows = {key: i for i, key in enumerate(among.tolist())}
    return np.array([rows.get(key, -1) for key in wanted.tolist()], np.int64)


def column(values: npt.ArrayLike, kind: pa.DataType, mask: npt.ArrayLike | None = None) -> pa.Array:
    """An Arrow column of numbers, null where the mask is set."""
    return pa.array(np.asarray(values), kind, mask=None if mask is None else np.asarray(mask))
