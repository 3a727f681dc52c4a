"""The pictures of a handover, read from its tables a row group at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from framesel import table_files
from framesel.annotation.sheet import Box, Picture, Pictures
from framesel.labels.labels import BOX, Key
from framesel.report.pixels import group_starts

_PLAIN = (
    "name", "width", "height", "video_no", "pts", "index", "t_s", "video", "sha256", "rank",
    "score", "reason", "context_of", "split",
)  # fmt: skip


@dataclass(frozen=True)
class StoredPictures(Pictures):
    """Goes through ``pictures.parquet`` and ``boxes.parquet`` side by side.

    The boxes lie in the order of the pictures. What could not be made is left out.

    Attributes:
        folder: Of the handover.
    """

    folder: Path

    def __iter__(self) -> Iterator[Picture]:
        drawn = _Boxes(self.folder / "boxes.parquet")
        with table_files.opened(self.folder / "pictures.parquet") as file:
            for batch in file.iter_batches(1024):
                for row in batch.to_pylist():
                    boxes = () if row["context_of"] else drawn.of((row["video_no"], row["pts"]))
                    if row["sha256"]:
                        yield _picture(row, boxes)

    def __len__(self) -> int:
        return int(pc.sum(pc.not_equal(self._column("sha256"), "")).as_py() or 0)

    def __contains__(self, item: object) -> bool:
        return isinstance(item, Picture) and any(item == one for one in self)

    def of_context(self, name: str) -> tuple[Picture, ...]:
        """The pictures that give context to one, in order of time."""
        first, last = self._spans.get(name, (0, 0))
        if first == last:
            return ()
        found = [row for row in map(self._row, range(first, last)) if row["sha256"]]
        return tuple(_picture(row, ()) for row in found)

    def _row(self, at: int) -> dict[str, Any]:
        starts, kept = self._group_starts, self._kept
        group = int(np.searchsorted(starts, at, side="right")) - 1
        if group not in kept:
            kept.clear()  # formats ask in order: one group is enough
            with table_files.opened(self.folder / "pictures.parquet") as file:
                kept[group] = file.read_row_group(group)
        (row,) = kept[group].slice(at - int(starts[group]), 1).to_pylist()
        return dict(row)

    @cached_property
    def _kept(self) -> dict[int, pa.Table]:
        return {}

    @cached_property
    def _group_starts(self) -> npt.NDArray[np.int64]:
        with table_files.opened(self.folder / "pictures.parquet") as file:
            return group_starts(file)

    @cached_property
    def _spans(self) -> dict[str, tuple[int, int]]:
        """Name of a picture to the rows of its context: they follow it."""
        found: dict[str, tuple[int, int]] = {}
        at = 0
        for name, rows in groupby(self._column("context_of").to_pylist()):
            end = at + sum(1 for _ in rows)
            if name:
                found[name] = (at, end)
            at = end
        return found

    def _column(self, name: str) -> pa.ChunkedArray:
        table = table_files.read(self.folder / "pictures.parquet", columns=[name])
        return table[name]


class _Boxes:
    """Boxes in the order of their pictures, asked for in that order."""

    def __init__(self, path: Path) -> None:
        self._groups = groupby(_box_rows(path), key=lambda row: row[0])
        self._next = next(self._groups, None)

    def of(self, key: Key) -> tuple[Box, ...]:
        if self._next is None or self._next[0] != key:
            return ()
        boxes = tuple(box for _, box in self._next[1])
        self._next = next(self._groups, None)
        return boxes


def _box_rows(path: Path) -> Iterator[tuple[Key, Box]]:
    with table_files.opened(path) as file:
        for batch in file.iter_batches(4096):
            for row in batch.to_pylist():
                yield (row["video_no"], row["pts"]), Box(**{name: row[name] for name in BOX})


def _picture(row: dict[str, Any], boxes: tuple[Box, ...]) -> Picture:
    plain = {name: row[name] for name in _PLAIN}
    return Picture(**plain, boxes=boxes, fields=dict(row["fields"] or ()))
