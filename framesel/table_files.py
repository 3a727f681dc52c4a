"""Reads the tables of a workspace, wherever it lies; all of them are read through here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from framesel.storage import working_copy


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
    """What the footer says of rows and row groups."""
    return pq.read_metadata(working_copy.readable(path, whole=False))


def schema(path: Path) -> pa.Schema:
    """The columns, and what is told with them."""
    return pq.read_schema(working_copy.readable(path, whole=False))
