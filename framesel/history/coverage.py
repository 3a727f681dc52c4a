"""How much of the footage lies far from everything that is labelled or picked, round by round."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel import table_files, vector_column
from framesel.catalog import Catalog
from framesel.report.figures.coverage import spread
from framesel.report.figures.plain import number
from framesel.rounds import holdout
from framesel.rounds.decision import Key
from framesel.stage import GatherInputs
from framesel.stopping.saturation import uncovered_share
from framesel.workspace import Workspace

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

MOST_FRAMES = 20_000
"""Frames that distances are measured from; evenly spaced where there are more."""
BLOCK = 1 << 10


@dataclass(frozen=True)
class Coverage:
    """Of kept frames, each with the mass of the near-duplicates that it stands for.

    Attributes:
        width: Chord distance within which a frame counts as covered: the usual distance to the
            tenth nearest of the measured frames, the same for all rounds.
        uncovered: Share of the footage, by mass, that is farther from everything known.
        distance: Mean distance to the nearest known frame, by mass.
        radius: The largest.
    """

    width: float
    uncovered: float
    distance: float
    radius: float

    def json(self) -> dict[str, Any]:
        """For files and pages."""
        names = ("width", "uncovered", "distance", "radius")
        return {name: number(getattr(self, name)) for name in names}


def coverage(
    workspace: Workspace, keys: Mapping[str, str], known: Sequence[Collection[Key]]
) -> list[Coverage]:
    """Measures each round; empty where the tables behind it are gone.

    Args:
        workspace: Where.
        keys: Folders of the stages behind the last selection (``behind``).
        known: Of each round, the frames that are labelled or picked with it or before.
    """
    if "embeddings" not in keys or "duplicates" not in keys:
        return []
    footage = _Footage.read(workspace, keys)
    if footage is None:
        return []
    some = spread(len(footage.kept), MOST_FRAMES)
    rows = [[footage.stands[k] for k in each if k in footage.stands] for each in known]
    wanted = np.union1d(some, np.array([row for each in rows for row in each], np.int64))
    vectors, there = footage.vectors(wanted)
    place = np.full(len(footage.kept), -1, np.int64)
    place[wanted[there]] = np.arange(len(vectors))
    some = some[place[some] >= 0]
    if not len(some):
        return []
    measured, weight = vectors[place[some]], footage.mass[some] / footage.mass[some].sum()
    width = _width(measured)
    nearest = np.full(len(measured), -1.0, np.float32)
    found = []
    for each in rows:
        new = np.array([at for at in place[np.unique(np.array(each, np.int64))] if at >= 0], int)
        nearest = np.maximum(nearest, _nearest(measured, vectors[new]))
        far = np.sqrt(np.maximum(2.0 - 2.0 * nearest.astype(np.float64), 0.0))
        share = uncovered_share(far, weight, width)
        found.append(Coverage(width, share, float(weight @ far), float(far.max())))
    return found


@dataclass(frozen=True, eq=False)
class _Footage:
    """Frames outside the holdout.

    Attributes:
        inputs: Where their vectors are.
        kept: (n, 2) video_no and pts of those that stand for themselves.
        mass: (n,) how many frames they stand for.
        stands: Of each frame, the row of the kept one that stands for it.
    """

    inputs: GatherInputs
    kept: npt.NDArray[np.int64]
    mass: F64
    stands: Mapping[Key, int]

    @classmethod
    def read(cls, workspace: Workspace, keys: Mapping[str, str]) -> _Footage | None:
        """None where there are none."""
        path = workspace.stage("duplicates", keys["duplicates"]) / "all.parquet"
        if not path.exists():
            return None
        columns = ["video_no", "pts", "keeper_video_no", "keeper_pts", "mass"]
        table = table_files.read(path, columns=columns)
        catalog = Catalog(workspace)
        digests = holdout.digests(workspace)
        free = [no for no in sorted(catalog.live) if catalog.videos[no]["digest"] not in digests]
        table = table.filter(pa.compute.is_in(table["video_no"], pa.array(free, pa.int32())))
        kept = table.filter(pa.compute.greater(table["mass"], 0))
        row_of = {key: row for row, key in enumerate(_pairs(kept, "video_no", "pts"))}
        keepers = _pairs(table, "keeper_video_no", "keeper_pts")
        stands = zip(_pairs(table, "video_no", "pts"), keepers, strict=True)
        return cls(
            GatherInputs(workspace, keys, catalog, already=kept),
            np.array(list(row_of), np.int64).reshape(-1, 2),
            kept["mass"].to_numpy().astype(np.float64),
            {key: row_of[keeper] for key, keeper in stands if keeper in row_of},
        )

    def vectors(self, rows: npt.NDArray[np.int64]) -> tuple[F32, npt.NDArray[np.int64]]:
        """Vectors of some kept frames, and which of them have one; a shard in memory at a time."""
        place = {tuple(key): at for at, key in enumerate(self.kept[rows].tolist())}
        parts: list[F32] = [np.empty((0, 0), np.float32)]
        there: list[int] = []
        for shard in self.inputs.catalog.shards:
            path = self.inputs.workspace.shard(
                "embeddings", self.inputs.keys["embeddings"], shard.number
            )
            if not path.exists():
                continue
            table = table_files.read(path, columns=["video_no", "pts", "vector"])
            at = [place.get(key, -1) for key in _pairs(table, "video_no", "pts")]
            mine = np.flatnonzero(np.array(at, np.int64) >= 0)
            there += [at[row] for row in mine.tolist()]
            parts.append(vector_column.unpack_vectors(table["vector"].take(mine).combine_chunks()))
        full = [part for part in parts if part.size] or parts[:1]
        return np.concatenate(full), np.array(there, np.int64)


def _width(vectors: F32) -> float:
    from framesel.selection.coverage.widths import natural_width

    return natural_width(np.ascontiguousarray(vectors), vectors[:0])


def _nearest(measured: F32, known: F32) -> F32:
    """(n,) cosine of each measured frame to the nearest known one; -1 without any."""
    best = np.full(len(measured), -1.0, np.float32)
    for low in range(0, len(known), BLOCK):
        best = np.maximum(best, (measured @ known[low : low + BLOCK].T).max(axis=1))
    return best


def _pairs(table: pa.Table, first: str, second: str) -> list[Key]:
    return list(zip(table[first].to_pylist(), table[second].to_pylist(), strict=True))
