"""Labels of many frames as two tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from framesel.annotation.sheet import Box
from framesel.labels import tables

Key = tuple[int, int]
"""video_no, pts"""

BOX = tuple(name for name in tables.GUESSES.names if name not in ("video_no", "pts"))


@dataclass(frozen=True)
class Labels:
    """What was said of frames.

    Attributes:
        frames: As ``tables.LABELLED``: a row per annotator and frame.
        boxes: As ``tables.LABELS``: a row per box.
        classes: All names that were declared, in the order of their first declaration.
    """

    frames: pa.Table
    boxes: pa.Table
    classes: tuple[str, ...] = ()

    @classmethod
    def empty(cls) -> Labels:
        """Nothing was said."""
        return cls(tables.LABELLED.empty_table(), tables.LABELS.empty_table())

    def __len__(self) -> int:
        return int(self.frames.num_rows)

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The labelled frames, each once, in order of video and time."""
        columns = (self.frames[name].to_pylist() for name in ("video_no", "pts"))
        return tuple(sorted(set(zip(*columns, strict=True))))

    @cached_property
    def annotators(self) -> tuple[str, ...]:
        """Who said something, sorted."""
        return tuple(sorted(set(self.frames["annotator"].to_pylist())))

    @cached_property
    def by_frame(self) -> dict[Key, dict[str, tuple[Box, ...]]]:
        """Of each labelled frame, what each annotator drew in it."""
        found: dict[Key, dict[str, list[Box]]] = {}
        for video_no, pts, who in _rows(self.frames, ("video_no", "pts", "annotator")):
            found.setdefault((video_no, pts), {})[who] = []
        for video_no, pts, who, *box in _rows(self.boxes, ("video_no", "pts", "annotator", *BOX)):
            found[video_no, pts][who].append(Box(**dict(zip(BOX, box, strict=True))))
        return {key: {w: tuple(b) for w, b in said.items()} for key, said in found.items()}


def box_row(box: Box) -> dict[str, Any]:
    """The columns of a box as all tables of boxes have them."""
    return {name: getattr(box, name) for name in BOX}


def _rows(table: pa.Table, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    return zip(*(table[name].to_pylist() for name in columns), strict=True)
