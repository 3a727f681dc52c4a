"""How gathering stages read frames and vectors: columns as arrays, rows aligned by key."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import tables, vector_column
from framesel.errors import StageError
from framesel.settings import RunSettings
from framesel.stage import GatherInputs

KEY = ["video_no", "pts"]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """Every live frame that has a vector, in order of shard, part and time."""

    columns: dict[str, npt.NDArray[Any]]
    vectors: npt.NDArray[np.float32]
    tiles: npt.NDArray[np.float32] | None = None
    """(n, t, dim) unit rows, where they were asked for and there are any."""

    def __len__(self) -> int:
        return len(self.vectors)

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


def read(
    inputs: GatherInputs, columns: list[str], run: RunSettings, *, tiles: bool = False
) -> Dataset:
    """Reads vectors and these columns of the frames table.

    Args:
        inputs: Where the tables are.
        columns: Of the frames table.
        run: Says how much memory may be taken.
        tiles: Read the vectors of tiles too, if the recipe makes them.

    Raises:
        StageError: There is no frame at all, or they do not fit into the memory allowed.
    """
    keys = inputs.table("embeddings", KEY)
    dim, each = _check_size(inputs, len(keys), run, tiles=tiles)
    embedded = inputs.table("embeddings", [*KEY, "vector", *(["tiles"] if each else [])])
    frames = inputs.table("frames", [*KEY, "companion", *columns])
    frames = frames.filter(pa.compute.invert(frames["companion"]))
    order = Lookup(frames["video_no"], frames["pts"])(embedded["video_no"], embedded["pts"])
    picked = {c: frames[c].to_numpy()[order] for c in [*KEY, *columns]}
    vectors = vector_column.unpack_vectors(embedded["vector"])
    parts = vector_column.unpack_vectors(embedded["tiles"], dim) if each else None
    return Dataset(picked, vectors, parts)


def _check_size(
    inputs: GatherInputs, rows: int, run: RunSettings, *, tiles: bool
) -> tuple[int, int]:
    """Numbers per vector, and tiles to read for each frame."""
    if not rows:
        raise StageError(
            f"no frame of {len(inputs.catalog.live)} videos could be decoded. "
            "`framesel status WS` lists the reasons."
        )
    first = inputs.catalog.shards[0].number
    path = inputs.workspace.shard("embeddings", inputs.keys["embeddings"], first)
    footer = tables.footer(path)
    dim, each = int(footer["dim"]), int(footer["tiles"]) if tiles else 0
    need_gb = rows * (1 + each) * dim * 4 * 2.5 / 1e9
    if need_gb > run.memory_gb:
        raise StageError(
            f"{rows * (1 + each):,} vectors of {dim} numbers need about {need_gb:.1f} GB; "
            f"run.memory_gb allows {run.memory_gb:g}. Raise it (--set "
            f"run.memory_gb={need_gb:.0f}) or sample fewer frames (frames.sample)."
        )
    return dim, each


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
