"""Makes a workspace as large as one likes out of a few hundred rendered pictures.

    python benchmarks/big_workspace.py FOLDER --frames 100000 --picks 500

A few videos are rendered and run through framesel as they are. Then their tables are copied again
and again under new numbers, as if each had been filmed at many places: a copy's vectors are turned
by a direction of its own, so that copies resemble one another without being the same. Near-
duplicates, selection and export are computed for the large workspace as always. The copies' files
are links to the rendered ones, so that every frame can be decoded.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from framesel import catalog, planning, recipe, tables, vector_column
from framesel.catalog import Catalog, Shard
from framesel.pipeline import Pipeline
from framesel.recipe import Recipe
from framesel.simulation.footage import render
from framesel.simulation.presets import PRESETS
from framesel.sources import expand
from framesel.task import Outcome
from framesel.workspace import Workspace, write_bytes, write_json, write_table

PRESET = "demo"
PLACE = 0.6
"""Length of what sets the vectors of one copy of a video apart, beside vectors of length 1."""
NOISE = 0.05
"""Length of what sets every frame apart."""
MADE_OF_PICTURES = ("frames", "embeddings", "detections")
COPIES_PER_SHARD = 8
ROWS_PER_GROUP = 64
SITES = ("north gate", "harbour", "depot", "ring road", "market", "bridge")

Ints = npt.NDArray[np.int64]


class Quiet:
    """Watches a pipeline and says nothing."""

    def begin(self, stage: str, todo: int, total: int, why: str) -> None:
        """A stage starts."""

    def wrote(self, key: str, rows: int) -> None:
        """Rows were finished."""

    def finished(self, outcome: Outcome) -> None:
        """A piece of work is done."""

    def end(self, stage: str, seconds: float) -> None:
        """A stage is done."""

    def note(self, remark: str) -> None:
        """Something that a person should hear."""


@dataclass(frozen=True)
class Small:
    """The workspace that is copied."""

    workspace: Workspace
    recipe: Recipe
    keys: dict[str, str]
    rows: list[dict[str, Any]]
    """Of its catalog, one for each video."""

    @property
    def frames(self) -> int:
        """How many it has."""
        return int(self.table("frames").num_rows)

    def table(self, stage: str) -> pa.Table:
        """All rows of a stage, by video."""
        paths = sorted(self.workspace.stage(stage, self.keys[stage]).glob("s*.parquet"))
        whole = pa.concat_tables([pq.ParquetFile(path).read() for path in paths])
        return whole.sort_by([("video_no", "ascending"), ("pts", "ascending")])


def make(folder: Path, frames: int, picks: int, settings: Sequence[str] = ()) -> Workspace:
    """Makes ``folder/ws`` with at least so many frames.

    Args:
        folder: Also takes the rendered videos, ``footage``, and the links to them, ``videos``.
        frames: At least so many.
        picks: To choose.
        settings: Of the recipe, as ``--set`` takes them.
    """
    chosen = recipe.load(None, [f"selection.budget={picks}", *settings])
    small = _small(folder, chosen)
    copies = -(-frames // small.frames)
    large = Workspace.create(folder / "ws")
    write_bytes(large.recipe, chosen.to_yaml().encode("utf-8"))
    write_json(large.root / "sources.json", [str((folder / "videos").absolute())])
    write_json(large.root / "runtimes.json", planning.recorded_runtimes(small.workspace))
    _write_catalog(large, small, folder / "videos", copies)
    for step in planning.plan(large, chosen):
        if step.name in MADE_OF_PICTURES:
            _write_stage(large, small, step.name, step.key, step.identity)
    Pipeline(large, chosen, Quiet()).run(None)
    return large


def _small(folder: Path, chosen: Recipe) -> Small:
    footage = folder / "footage"
    if not footage.exists():
        render(footage, PRESETS[PRESET].model_copy(update={"damaged": False}), 0, workers=2)
    workspace = Workspace.create(folder / "small")
    Pipeline(workspace, chosen, Quiet()).run(expand([str(footage)], sequence=False))
    keys = {step.name: step.key for step in planning.plan(workspace, chosen)}
    return Small(workspace, chosen, keys, Catalog(workspace).segments.to_pylist())


def _write_catalog(large: Workspace, small: Small, videos: Path, copies: int) -> None:
    videos.mkdir(exist_ok=True)
    segments, sources = [], []
    for copy in range(copies):
        for at, row in enumerate(small.rows):
            number = copy * len(small.rows) + at
            path = videos / f"{Path(row['path']).stem}_{copy:04d}{Path(row['path']).suffix}"
            if not path.exists():
                os.link(row["path"], path)
            known = {"path": str(path.absolute()), "video_no": number}
            segments.append(
                {
                    **row,
                    **known,
                    "shard": copy // COPIES_PER_SHARD,
                    "digest": f"{row['digest'][:-8]}{number:08x}",
                }
            )
            sidecar = f'{{"site": "{SITES[copy % len(SITES)]}"}}'
            told = {k: row[k] for k in ("bytes", "mtime_ns")}
            sources.append({**known, **told, "error": None, "metadata": sidecar})
    catalog.append(large, segments)
    catalog.write_sources(large, sources)


def _write_stage(large: Workspace, small: Small, name: str, key: str, identity: Any) -> None:
    """Copies the tables of one stage, shard by shard."""
    write_json(large.stage(name, key) / "stage.json", identity)
    source = small.table(name)
    change = _turned(source) if name == "embeddings" else _plain
    for shard in Catalog(large).shards:
        write_table(
            large.shard(name, key, shard.number),
            source.schema,
            _rows(source, shard, len(small.rows), change),
            entries=lambda shard=shard: {"fingerprint": key, "parts": shard.parts, "errors": []},  # type: ignore[misc]
        )


Change = Callable[[pa.Table, int], pa.Table]


def _rows(source: pa.Table, shard: Shard, videos: int, change: Change) -> Iterator[pa.RecordBatch]:
    first, last = shard.parts[0].video_no // videos, shard.parts[-1].video_no // videos
    for copy in range(first, last + 1):
        numbers = source["video_no"].to_numpy() + np.int32(copy * videos)
        place = source.schema.get_field_index("video_no")
        numbered = source.set_column(place, "video_no", pa.array(numbers, pa.int32()))
        changed = change(numbered, copy).combine_chunks()
        yield from changed.to_batches(max_chunksize=ROWS_PER_GROUP)


def _plain(table: pa.Table, copy: int) -> pa.Table:
    del copy
    return table


def _turned(source: pa.Table) -> Change:
    """Vectors of a copy: those of the original and a direction that each of its videos has."""
    vectors = vector_column.unpack_vectors(source["vector"])
    _, video = np.unique(source["video_no"].to_numpy(), return_inverse=True)

    def change(table: pa.Table, copy: int) -> pa.Table:
        rng = np.random.default_rng(copy)
        dim = vectors.shape[1]
        places = rng.standard_normal((video.max() + 1, dim)).astype(np.float32) / np.sqrt(dim)
        noise = rng.standard_normal(vectors.shape).astype(np.float32) / np.sqrt(dim)
        moved = vectors + PLACE * places[video] + NOISE * noise
        moved /= np.linalg.norm(moved, axis=1, keepdims=True)
        place = table.schema.get_field_index("vector")
        return table.set_column(place, table.schema.field(place), vector_column.pack_vectors(moved))

    return change


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--picks", type=int, default=500)
    parser.add_argument("--set", action="append", default=[], metavar="STAGE.KEY=VALUE")
    options = parser.parse_args()
    made = make(options.folder, options.frames, options.picks, options.set)
    count = sum(tables.footer(path)["rows"] for path in made.root.glob("frames/*/s*.parquet"))
    print(f"{made.root}: {len(Catalog(made).live):,} videos, {count:,} frames")


if __name__ == "__main__":
    main()
