"""Rows of a coarse pass, taken over among new ones in the order of the frames."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import table_files, tables
from framesel.catalog import Part
from framesel.errors import MediaError
from framesel.stage import Inputs
from framesel.stages.gathered import KEY, Lookup
from framesel.stages.refining import Refining
from framesel.stages.stored_frames import Key

Row: TypeAlias = dict[str, Any]


class Taken:
    """Rows of the coarse pass that are taken over among those that are new.

    Args:
        stage: A stage with rows for frames.
        inputs: Names the shard, whose frames are known.
        schema: Of what is new; rows of another schema are not taken over.
    """

    def __init__(self, stage: Refining, inputs: Inputs, schema: pa.Schema) -> None:
        self._rows = schema.empty_table()
        if stage.coarse:
            path = inputs.workspace.shard(
                stage.name, inputs.keys[stage.coarse], inputs.shard.number
            )
            found = table_files.read(path)
            if found.schema.equals(schema):
                self._rows = found
        frames = inputs.workspace.shard("frames", inputs.keys["frames"], inputs.shard.number)
        keys = table_files.read(frames, columns=KEY) if len(self._rows) else _no_keys()
        self._place = Lookup(keys["video_no"], keys["pts"])
        place = self._place(self._rows["video_no"], self._rows["pts"])
        order = np.argsort(place, kind="stable")
        order = order[place[order] >= 0]  # the rest is of videos that are gone
        self._rows, self._at = self._rows.take(order), place[order]
        self.keys = frozenset(
            zip(self._rows["video_no"].to_pylist(), self._rows["pts"].to_pylist(), strict=True)
        )

    def among(self, new: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Both, in the order of the frames."""
        done = 0
        for batch in new:
            if not len(self._at):
                yield batch
                continue
            place = self._place(batch["video_no"], batch["pts"])
            upto = int(np.searchsorted(self._at, place.max(initial=-1)))
            yield from self._merged(batch, place, slice(done, upto))
            done = upto
        if done < len(self._at):
            yield from self._rows.slice(done).combine_chunks().to_batches()

    def _merged(
        self, batch: pa.RecordBatch, place: npt.NDArray[Any], which: slice
    ) -> Iterator[pa.RecordBatch]:
        mine = self._rows.slice(which.start, which.stop - which.start)
        order = np.argsort(np.concatenate([self._at[which], place]), kind="stable")
        both = pa.concat_tables([mine, pa.Table.from_batches([batch])])
        yield from both.take(order).combine_chunks().to_batches()


def _no_keys() -> pa.Table:
    return pa.table({name: pa.array([], pa.int64()) for name in KEY})


class Cursor:
    """Goes once through the frames of a coarse pass, part by part.

    Args:
        inputs: Names the shard.
        stage: Name of the instance.
    """

    def __init__(self, inputs: Inputs, stage: str) -> None:
        batches = inputs.batches(stage, tables.FRAMES.names)
        self._rows = (row for batch in batches for row in batch.to_pylist())
        self._next = next(self._rows, None)

    def upto(self, part: Part) -> Iterator[Row]:
        """The frames of a part; parts are asked for in their order."""
        start = (part.video_no, -math.inf if part.start_pts is None else part.start_pts)
        end = (part.video_no, math.inf if part.end_pts is None else part.end_pts)
        while self._next is not None and _key(self._next) < start:
            self._next = next(self._rows, None)
        while self._next is not None and _key(self._next) < end:
            row, self._next = self._next, next(self._rows, None)
            yield row


def _key(row: Row) -> Key:
    return row["video_no"], row["pts"]


def with_earlier(new: Iterable[Row], known: Iterator[Row]) -> Iterator[Row]:
    """Frames of two passes in order of time; those of both come once.

    Raises:
        MediaError: What ``new`` raises, after all that is known.
    """
    failure: MediaError | None = None
    ahead = next(known, None)
    try:
        for row in new:
            while ahead is not None and ahead["pts"] < row["pts"]:
                yield ahead
                ahead = next(known, None)
            if ahead is not None and ahead["pts"] == row["pts"]:
                row = {**row, "companion": False}
                ahead = next(known, None)
            yield row
    except MediaError as error:
        failure = error
    while ahead is not None:
        yield ahead
        ahead = next(known, None)
    if failure is not None:
        raise failure
