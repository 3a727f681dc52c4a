"""Labels for tests, in few words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pyarrow as pa

from framesel.annotation.sheet import Box
from framesel.labels import tables
from framesel.labels.labels import Labels, box_row


@dataclass(frozen=True)
class Word:
    """What one annotator says of one frame."""

    row: dict[str, object]
    boxes: tuple[Box, ...]


def word(
    boxes: Sequence[Box],
    *,
    who: str = "",
    video_no: int = 0,
    pts: int = 0,
    seconds: float | None = None,
    at: str = "",
) -> Word:
    """One word on a frame of 100 x 100 pixels."""
    row = {
        "video_no": video_no,
        "pts": pts,
        "annotator": who,
        "width": 100,
        "height": 100,
        "boxes": len(boxes),
        "seconds": seconds,
        "at": at,
    }
    return Word(row, tuple(boxes))


def labels(words: Sequence[Word], classes: Sequence[str] = ()) -> Labels:
    """The tables that say so."""
    keys = ("video_no", "pts", "annotator")
    boxes = [{**{k: w.row[k] for k in keys}, **box_row(b)} for w in words for b in w.boxes]
    return Labels(
        pa.Table.from_pylist([w.row for w in words], schema=tables.LABELLED),
        pa.Table.from_pylist(boxes, schema=tables.LABELS),
        tuple(classes),
    )
