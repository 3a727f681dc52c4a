"""The sample's tables many times over: as many frames as all of the footage will give.

Inside a copy all frames are to one another as in the sample. To other copies they are as footage of
other places: what sets a vector apart from the mean is turned, by exchanging its numbers and their
signs, each copy in its own way.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from framesel import catalog, planning, vector_column
from framesel.catalog import Catalog, Part
from framesel.planning import Step
from framesel.recipe import Recipe
from framesel.stage import Gather
from framesel.workspace import Workspace, write_json, write_table

_ROWS = 256
"""In a row group."""


@dataclass(frozen=True)
class _Stored:
    """A stage's rows of the whole sample, and where they lie."""

    step: Step
    table: pa.Table
    folder: Path


def repeat(sample: Workspace, recipe: Recipe, copies: int, folder: Path) -> Workspace:
    """Makes a workspace in which all that is done shard by shard is done.

    Args:
        sample: A workspace that is finished.
        recipe: With which it was.
        copies: How often each video is there, once or more.
        folder: For the new workspace.
    """
    seen, made = Catalog(sample), Workspace.create(folder)
    numbers = {v: n for n, v in enumerate(sorted(seen.live))}
    _write_catalog(made, seen, numbers, copies)
    stored = [
        _Stored(step, _table(sample, seen, step, numbers), sample.stage(step.name, step.key))
        for step in planning.plan(sample, recipe)
        if not isinstance(step.stage, Gather)
    ]
    for one in stored:
        target = made.stage(one.step.name, one.step.key)
        write_json(target / "stage.json", one.step.identity)
        for beside in one.folder.iterdir():
            if beside.suffix not in (".parquet", ".tmp") and beside.name != "stage.json":
                shutil.copy(beside, target / beside.name)
        for shard in Catalog(made).shards:
            table = _copy(one.table, shard.number, len(numbers))
            parts = shard.parts
            write_table(
                made.shard(one.step.name, one.step.key, shard.number),
                table.schema,
                table.combine_chunks().to_batches(max_chunksize=_ROWS),
                entries=lambda parts=parts: {"parts": parts, "errors": []},  # type: ignore[misc]
            )
    return made


def _write_catalog(made: Workspace, seen: Catalog, numbers: Mapping[int, int], copies: int) -> None:
    parts = {part.video_no: part for shard in seen.shards for part in shard.parts}
    rows: list[dict[str, Any]] = []
    sources: list[dict[str, Any]] = []
    for copy in range(copies):
        for video_no, number in numbers.items():
            row = dict(seen.videos[video_no])
            del row["metadata"]
            part: Part = parts[video_no]
            number += copy * len(numbers)
            own = {"video_no": number, "path": f"{row['path']}#{number}"}
            pts = {"start_pts": part.start_pts, "end_pts": part.end_pts}
            rows.append({**row, **own, **pts, "shard": copy, "digest": f"{number:032x}"})
            told = {name: row[name] for name in ("bytes", "mtime_ns")}
            sources.append({**own, **told, "error": None, "metadata": "{}"})
    catalog.append(made, rows)
    catalog.write_sources(made, sources)


def _table(sample: Workspace, seen: Catalog, step: Step, numbers: Mapping[int, int]) -> pa.Table:
    """All rows of a stage; videos numbered anew without gaps, shots throughout, no pictures."""
    found, shots = [], 0
    for shard in seen.shards:
        table = pq.ParquetFile(sample.shard(step.name, step.key, shard.number)).read()
        if "shot" in table.column_names and table.num_rows:
            moved = pc.add(table["shot"], pa.scalar(shots, pa.int32()))
            shots = pc.max(moved).as_py() + 1
            table = _with(table, "shot", moved)
        if "jpeg" in table.column_names:
            table = _with(table, "jpeg", pa.nulls(table.num_rows, pa.binary()))
        found.append(table)
    whole = pa.concat_tables(found).combine_chunks()
    anew = [numbers.get(v, -1) for v in whole["video_no"].to_pylist()]
    whole = _with(whole, "video_no", pa.array(anew, pa.int32()))
    return whole.filter(pc.greater_equal(whole["video_no"], 0)).combine_chunks()


def _copy(table: pa.Table, copy: int, videos: int) -> pa.Table:
    if copy == 0:
        return table
    moved = pc.add(table["video_no"], pa.scalar(copy * videos, pa.int32()))
    table = _with(table, "video_no", moved)
    if "vector" in table.column_names:
        for name in {"vector", "tiles"} & set(table.column_names):
            dim = table.schema.field("vector").type.byte_width // 2
            table = _with(table, name, vector_column.pack_vectors(_turned(table[name], dim, copy)))
    return table


def _turned(column: pa.ChunkedArray, dim: int, copy: int) -> npt.NDArray[np.float32]:
    """(n, numbers) vectors as another place would give them."""
    vectors = vector_column.unpack_vectors(column, dim)
    flat = vectors.reshape(-1, dim)
    rng = np.random.default_rng(copy)
    order, sign = rng.permutation(dim), rng.choice(np.array([-1, 1], np.float32), dim)
    mean = flat.mean(axis=0)
    turned = mean + (flat - mean)[:, order] * sign
    turned /= np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-9)
    return np.asarray(turned.reshape(len(vectors), -1), np.float32)


def _with(table: pa.Table, name: str, values: Any) -> pa.Table:
    """The table with another column in the place of one."""
    at, metadata = table.schema.get_field_index(name), table.schema.metadata
    field = table.schema.field(at)
    return table.set_column(at, field, values.cast(field.type)).replace_schema_metadata(metadata)
