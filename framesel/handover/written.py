"""The tables of a handover: which picture is which frame, and the boxes that went with it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from framesel.annotation.sheet import Box
from framesel.handover.listing import Listed
from framesel.handover.pictures import measured
from framesel.handover.planned import Planned
from framesel.labels import tables
from framesel.labels.labels import box_row
from framesel.rounds.decision import Box as Share
from framesel.workspace import write_table

ROWS_AT_ONCE = 1024

BoxesOf = Callable[[Listed, int, int], tuple[Box, ...]]
"""The boxes that go with a frame whose picture has this width and height."""


@dataclass(frozen=True, slots=True)
class Row:
    """One picture.

    Attributes:
        picture: What was planned.
        video: Its video's row of the catalog.
        video_name: What others are told of its path.
        blurs: All that is hidden in it.
    """

    picture: Planned
    video: Mapping[str, Any]
    video_name: str
    blurs: tuple[Share, ...]


def write_tables(folder: Path, rows: Iterable[Row], boxes: BoxesOf) -> None:
    """Writes ``pictures.parquet`` and ``boxes.parquet``, a row group at a time, in one order.

    Args:
        folder: Of the handover; its ``images`` are there.
        rows: Context behind the picture that it belongs to.
        boxes: Is asked once for each picture that is no context.
    """
    drawn: list[tuple[Row, int, int]] = []

    def pictures() -> Iterator[dict[str, Any]]:
        for row in rows:
            found = measured(folder / "images" / row.picture.name)
            width, height, digest = found or (row.video["width"], row.video["height"], "")
            if row.picture.rank:
                drawn.append((row, width, height))
            yield _picture(row, width, height, digest)

    def guesses() -> Iterator[dict[str, Any]]:
        for row, width, height in drawn:
            frame = row.picture.frame
            for box in boxes(frame, width, height):
                yield {"video_no": frame.video_no, "pts": frame.pts, **box_row(box)}

    write_table(folder / "pictures.parquet", tables.HANDED, _batches(pictures(), tables.HANDED))
    write_table(folder / "boxes.parquet", tables.GUESSES, _batches(guesses(), tables.GUESSES))


def _picture(row: Row, width: int, height: int, digest: str) -> dict[str, Any]:
    one, frame = row.picture, row.picture.frame
    return {
        "name": one.name,
        **{c: getattr(frame, c) for c in ("video_no", "pts", "index", "t_s", "split")},
        "video": row.video_name,
        "width": width,
        "height": height,
        "sha256": digest,
        "rank": one.rank,
        "score": frame.score,
        "reason": frame.reason,
        "context_of": one.context_of,
        "blurs": json.dumps(row.blurs) if row.blurs else "",
        "fields": list(frame.fields.items()),
    }


def _batches(rows: Iterator[dict[str, Any]], schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == ROWS_AT_ONCE:
            yield pa.RecordBatch.from_pylist(chunk, schema=schema)
            chunk = []
    if chunk:
        yield pa.RecordBatch.from_pylist(chunk, schema=schema)
