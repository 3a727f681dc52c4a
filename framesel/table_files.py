"""Reads the tables of a workspace, wherever it lies; all of them are read through here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from framesel.storage import working_copy

_AT_ONCE: Final = 16


def read(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """A table, or some columns of it; of a large one in an object store only those are fetched."""
    source = working_copy.readable(path, whole=columns is None)
    return pq.read_table(source, columns=columns, partitioning=None)


def opened(path: Path) -> pq.ParquetFile:
    """A table for reading by row groups.

    Of frames, whose pictures are most of all bytes, few are read at a time: their tables are read
    by ranges where they lie in an object store. Others are fetched.
    """
    source = working_copy.readable(path, whole=path.parent.parent.name != "frames")
    return pq.ParquetFile(source, pre_buffer=source is not path)


def metadata(path: Path) -> pq.FileMetaData:
    """What the footer says of rows and row groups; of tables in an object store it is kept."""
    if not working_copy.is_place(path):
        return pq.read_metadata(path)
    stat = path.stat()
    return _kept(path, stat.st_size, stat.st_mtime_ns)


def look_at(paths: Iterable[Path]) -> None:
    """Fetches the footers of tables in an object store, many at once, for those who ask later."""
    far = [path for path in paths if working_copy.is_place(path)]
    if far:
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(metadata, far))


@lru_cache(maxsize=1 << 16)
def _kept(path: Path, _size: int, _mtime_ns: int) -> pq.FileMetaData:
    return pq.read_metadata(working_copy.readable(path, whole=False))


def schema(path: Path) -> pa.Schema:
    """The columns, and what is told with them."""
    return pq.read_schema(working_copy.readable(path, whole=False))
