"""Frames of a workspace with their times and vectors, as a split compares them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from framesel import planning, table_files, vector_column
from framesel.catalog import Catalog
from framesel.errors import WorkspaceError
from framesel.recipe import Recipe
from framesel.report.frames import Frames
from framesel.splitting.near import F32, Floats, Footage, Ints
from framesel.workspace import Workspace


@dataclass(frozen=True)
class Stored:
    """Frames in order of video and time, n of them.

    Attributes:
        video_no: (n,)
        pts: (n,)
        index: (n,) number of the frame in its video, from 0.
        t_s: (n,) seconds from the video's beginning.
        vectors: (n, d) float32 unit rows; zeros for frames that have none.
    """

    video_no: Ints
    pts: Ints
    index: Ints
    t_s: Floats
    vectors: F32

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def footage(self) -> Footage:
        """The same, as it is compared."""
        return Footage(self.video_no, self.t_s, self.vectors)

    def rows(self, keys: Collection[tuple[int, int]]) -> Ints:
        """Rows of frames; -1 for those that are not there."""
        pairs = zip(self.video_no.tolist(), self.pts.tolist(), strict=True)
        known = {key: row for row, key in enumerate(pairs)}
        return np.array([known.get(key, -1) for key in keys], np.int64)


def read(workspace: Workspace, recipe: Recipe, videos: Collection[int] | None = None) -> Stored:
    """All live frames that were sampled, companions left out.

    Args:
        workspace: Where.
        recipe: Of the last run.
        videos: Numbers of the videos that are asked for; None for all.

    Raises:
        WorkspaceError: They are not all there yet.
    """
    steps = {step.name: step for step in planning.plan(workspace, recipe)}
    for name in ("frames", "embeddings"):
        if steps[name].todo:
            raise WorkspaceError(
                f"{workspace.root}: not every video was looked at yet (`framesel status`): "
                "`framesel run` first"
            )
    catalog = Catalog(workspace)
    frames = Frames.read(workspace, catalog, steps["frames"].key)
    chosen = np.ones(len(frames), np.bool_)
    if videos is not None:
        chosen = np.isin(frames.video_no, np.array(sorted(videos), np.int64))
    rows = np.flatnonzero(chosen)
    columns = frames.columns
    return Stored(
        columns["video_no"][rows].astype(np.int64),
        columns["pts"][rows].astype(np.int64),
        columns["index"][rows].astype(np.int64),
        columns["t_s"][rows].astype(np.float64),
        _vectors(workspace, catalog, steps["embeddings"].key, frames, rows),
    )


def tau_of(workspace: Workspace, recipe: Recipe) -> float:
    """The cosine from which two frames count as the same in this workspace."""
    tau = recipe.duplicates.tau_cos
    if tau != "auto":
        return float(tau)
    step = next(s for s in planning.plan(workspace, recipe) if s.name == "tau")
    path = workspace.stage("tau", step.key) / "all.parquet"
    if not path.exists():
        raise WorkspaceError(f"{workspace.root}: tau_cos is not known yet: `framesel run` first")
    table = table_files.read(path)
    return float(table.filter(table["chosen"])["tau_cos"][0].as_py())


def _vectors(workspace: Workspace, catalog: Catalog, key: str, frames: Frames, rows: Ints) -> F32:
    """(k, d) vectors of some frames, shard by shard."""
    place = np.full(len(frames), -1, np.int64)
    place[rows] = np.arange(len(rows))
    found: F32 | None = None
    for shard in catalog.shards:
        path = workspace.shard("embeddings", key, shard.number)
        table = table_files.read(path, columns=["video_no", "pts", "vector"])
        alive = sorted({p.video_no for p in shard.parts})
        table = table.filter(pc.is_in(table["video_no"], value_set=_int32(alive)))
        mine = frames.rows_of(table["video_no"].to_numpy(), table["pts"].to_numpy())
        at = np.where(mine >= 0, place[mine], -1)
        vectors = vector_column.unpack_vectors(table["vector"].combine_chunks())
        if found is None:
            found = np.zeros((len(rows), vectors.shape[1]), np.float32)
        found[at[at >= 0]] = vectors[at >= 0]
    return np.zeros((len(rows), 1), np.float32) if found is None else found


def _int32(numbers: list[int]) -> object:
    import pyarrow as pa

    return pa.array(numbers, pa.int32())
