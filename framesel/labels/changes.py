"""What labels say that was not said before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from framesel.annotation.sheet import Box
from framesel.labels import tables
from framesel.labels.labels import BOX, Labels, box_row

WHO = ("video_no", "pts", "annotator")

Whose = tuple[int, int, str]


def news(labels: Labels, known: Labels) -> Labels:
    """The words in which labels differ from those that are known.

    Two words of an annotator on a frame are the same if they hold the same boxes, in any order, in
    a picture of the same size, and if not another time was spent on them. When they were said does
    not count.

    Args:
        labels: New.
        known: An annotator's newest words (``store.current``).
    """
    before, now = _said(known), _said(labels)
    fresh = {whose for whose, word in now.items() if not _same(before.get(whose), word)}
    return Labels(_of(labels.frames, fresh), _of(labels.boxes, fresh), labels.classes)


def _same(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> bool:
    if before is None or any(before[k] != now[k] for k in ("width", "height", "drawn")):
        return False
    return now["seconds"] is None or now["seconds"] == before["seconds"]


def _said(labels: Labels) -> dict[Whose, dict[str, Any]]:
    """What each annotator said of each frame, comparable."""
    found: dict[Whose, dict[str, Any]] = {}
    for row in labels.frames.select([*WHO, "width", "height", "seconds"]).to_pylist():
        found[row["video_no"], row["pts"], row["annotator"]] = {**row, "drawn": []}
    columns = (labels.boxes[name].to_pylist() for name in (*WHO, *BOX))
    for video_no, pts, who, *box in zip(*columns, strict=True):
        found[video_no, pts, who]["drawn"].append(repr(box))
    for word in found.values():
        word["drawn"].sort()
    return found


def _of(table: pa.Table, wanted: set[Whose]) -> pa.Table:
    columns = (table[name].to_pylist() for name in WHO)
    return table.filter(pa.array([one in wanted for one in zip(*columns, strict=True)], pa.bool_()))


def as_tables(
    words: Sequence[tuple[Mapping[str, Any], Sequence[Box]]], classes: Sequence[str]
) -> Labels:
    """Labels from words, in order of video, time and when they were said.

    Args:
        words: A row of ``tables.LABELLED`` without its count of boxes, and the boxes.
        classes: Declared names.
    """
    ordered = sorted(words, key=lambda w: [w[0][k] for k in ("video_no", "pts", "at", "annotator")])
    frames = [{**row, "boxes": len(boxes)} for row, boxes in ordered]
    drawn = [{**{k: row[k] for k in WHO}, **box_row(b)} for row, boxes in ordered for b in boxes]
    return Labels(
        pa.Table.from_pylist(frames, schema=tables.LABELLED),
        pa.Table.from_pylist(drawn, schema=tables.LABELS),
        tuple(classes),
    )
