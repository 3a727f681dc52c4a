"""How much of the footage lies far from everything that is labelled or picked, round by round."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from framesel import tables
from framesel.catalog import Catalog
from framesel.report.figures.coverage import spread
from framesel.report.figures.plain import number
from framesel.rounds import holdout
from framesel.rounds.decision import Key
from framesel.stage import GatherInputs
from framesel.workspace import Workspace

F32 = npt.NDArray[np.float32]
F64 = npt.NDArray[np.float64]

MOST_FRAMES = 20_000
"""Frames that distances are measured from; evenly spaced where there are more."""
BLOCK = 1 << 10


@dataclass(frozen=True)
class Coverage:
    """Kept frames (near-duplicates count as their keeper's mass) and what is known of them.

    Attributes:
        width: Chord distance within which a frame counts as covered: the usual distance to the
            tenth nearest frame, the same for all rounds.
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
    footage = _footage(workspace, keys)
    if footage is None:
        return []
    frames, vectors, mass = footage
    some = spread(len(vectors), MOST_FRAMES)
    measured, weight = vectors[some], mass[some] / mass[some].sum()
    width = _width(measured)
    nearest = np.full(len(measured), -1.0, np.float32)
    seen: set[Key] = set()
    found = []
    for some_keys in known:
        rows = [frames[key] for key in some_keys if key in frames and key not in seen]
        seen |= set(some_keys)
        nearest = np.maximum(nearest, _nearest(measured, vectors, rows))
        far = np.sqrt(np.maximum(2.0 - 2.0 * nearest.astype(np.float64), 0.0))
        far_mass = float(weight[far > width].sum())
        found.append(Coverage(width, far_mass, float(weight @ far), float(far.max())))
    return found


def _footage(
    workspace: Workspace, keys: Mapping[str, str]
) -> tuple[dict[Key, int], F32, F64] | None:
    """Rows of all frames outside the holdout by key, vectors of those, mass; kept frames only.

    A known frame that is a near-duplicate stands where its keeper does.
    """
    path = workspace.stage("duplicates", keys["duplicates"]) / "all.parquet"
    if not path.exists():
        return None
    columns = ["video_no", "pts", "keeper_video_no", "keeper_pts", "mass"]
    table = pq.read_table(path, columns=columns, partitioning=None)
    catalog = Catalog(workspace)
    digests = holdout.digests(workspace)
    free = [no for no in sorted(catalog.live) if catalog.videos[no]["digest"] not in digests]
    table = table.filter(pa.compute.is_in(table["video_no"], pa.array(free, pa.int32())))
    kept = table.filter(pa.compute.greater(table["mass"], 0))
    if not kept.num_rows:
        return None
    inputs = GatherInputs(workspace, keys, catalog, already=kept)
    embedded = inputs.table("embeddings", ["video_no", "pts", "vector"])
    place = {key: row for row, key in enumerate(_pairs(embedded, "video_no", "pts"))}
    mine = _pairs(kept, "video_no", "pts")
    there = [at for at, key in enumerate(mine) if key in place]
    rows = np.array([place[mine[at]] for at in there], np.int64)
    vectors = tables.unpack_vectors(embedded["vector"].combine_chunks())[rows]
    row_of = {mine[at]: row for row, at in enumerate(there)}
    keepers = _pairs(table, "keeper_video_no", "keeper_pts")
    stands = dict(zip(_pairs(table, "video_no", "pts"), keepers, strict=True))
    frames = {key: row_of[keeper] for key, keeper in stands.items() if keeper in row_of}
    return frames, vectors, kept["mass"].to_numpy()[there].astype(np.float64)


def _width(vectors: F32) -> float:
    from framesel.selection.coverage.widths import natural_width

    return natural_width(np.ascontiguousarray(vectors), vectors[:0])


def _nearest(measured: F32, vectors: F32, rows: Sequence[int]) -> F32:
    """(n,) cosine of each measured frame to the nearest of some rows; -1 without any."""
    best = np.full(len(measured), -1.0, np.float32)
    for low in range(0, len(rows), BLOCK):
        some = vectors[np.array(rows[low : low + BLOCK], np.int64)]
        best = np.maximum(best, (measured @ some.T).max(axis=1))
    return best


def _pairs(table: pa.Table, first: str, second: str) -> list[Key]:
    return list(zip(table[first].to_pylist(), table[second].to_pylist(), strict=True))
