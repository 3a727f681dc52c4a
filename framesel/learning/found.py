"""``found.parquet``: what a model found in the frames that it was judged by."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa

from framesel import table_files
from framesel.errors import WorkspaceError
from framesel.evaluation.boxes import Found
from framesel.labels.labels import Key
from framesel.learning.judging import Exam
from framesel.workspace import write_table

NAME = "found.parquet"

SCHEMA = pa.schema(
    [
        ("video_no", pa.int32()),
        ("pts", pa.int64()),
        ("set", pa.string()),  # val, holdout
        ("xyxy", pa.list_(pa.float32())),  # four a box, in pixels of the full picture
        ("class_no", pa.list_(pa.int16())),  # place in the model's classes
        ("conf", pa.list_(pa.float32())),
    ]
)
"""One row per frame, with all its boxes, most confident first."""


def write(path: Path, exams: Mapping[str, Exam], found: Mapping[str, Found]) -> None:
    """Keeps what was found in each set of frames."""
    rows = [
        {
            "video_no": one.key[0],
            "pts": one.key[1],
            "set": name,
            "xyxy": found[name].xyxy[rows].reshape(-1).tolist(),
            "class_no": found[name].class_no[rows].tolist(),
            "conf": found[name].conf[rows].tolist(),
        }
        for name, exam in exams.items()
        for one, rows in zip(exam.frames, _rows(found[name]), strict=True)
    ]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    write_table(path, SCHEMA, table.to_batches())


def read(path: Path) -> dict[str, tuple[tuple[Key, ...], Found]]:
    """Of each set of frames, which they are and what was found in them.

    Raises:
        WorkspaceError: The file is gone or damaged.
    """
    try:
        table = table_files.read(path).select(SCHEMA.names).cast(SCHEMA)
    except (OSError, KeyError, pa.ArrowException) as error:
        raise WorkspaceError(
            f"{path} cannot be read ({error}): remove metrics.json beside it, and "
            "`framesel train` judges the model again"
        ) from None
    return {name: _of(table.filter(pa.compute.equal(table["set"], name))) for name in _sets(table)}


def _sets(table: pa.Table) -> list[str]:
    return list(dict.fromkeys(table["set"].to_pylist()))


def _of(table: pa.Table) -> tuple[tuple[Key, ...], Found]:
    columns = (table[name].to_pylist() for name in ("video_no", "pts"))
    keys = tuple(zip(*columns, strict=True))
    counts = [len(each) for each in table["conf"].to_pylist()]
    flat = {name: pa.compute.list_flatten(table[name]) for name in ("xyxy", "class_no", "conf")}
    return keys, Found(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        flat["xyxy"].to_numpy().astype(np.float32).reshape(-1, 4),
        flat["class_no"].to_numpy().astype(np.int64),
        flat["conf"].to_numpy().astype(np.float32),
    )


def _rows(found: Found) -> list[slice]:
    return [
        slice(int(first), int(last))
        for first, last in zip(found.offsets[:-1], found.offsets[1:], strict=True)
    ]
