"""Looks at the input as the next scan would, and leaves the workspace as it is."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

from framesel.catalog import Catalog, append, write_sources
from framesel.errors import StageError
from framesel.foresight.expected import MOST_FRAMES, length_s
from framesel.recipe import Recipe
from framesel.runners.local import LocalRunner
from framesel.stages.catalog import Filler, Piece, ProbeTask, scan
from framesel.storage.place import Place
from framesel.task import Outcome
from framesel.workspace import Workspace

_WHOLE_S = 1e12
"""Length of segments that keeps every video whole: cutting at keyframes reads the whole file."""

_CUT = frozenset({"h264", "hevc", "prores", "dnxhd", "dvvideo", "rawvideo", "v210", "mjpeg"})
"""Codecs in which a scan finds places to cut."""


class Shadow(Workspace):
    """A workspace as it is, but for a catalog elsewhere."""

    def __init__(self, root: Path, catalog: Path) -> None:
        super().__init__(root)
        self._catalog = catalog

    @property
    def catalog(self) -> Path:
        """The folder of the catalog as the next scan would leave it."""
        return self._catalog


@dataclass(frozen=True)
class Ahead:
    """The input as the next run will find it.

    Attributes:
        workspace: For reading.
        seconds: What looking took.
        fresh: Videos that the workspace did not know.
        indexed: Of these, frames of those that the scan will read whole, to cut them.
    """

    workspace: Workspace
    seconds: float
    fresh: frozenset[int]
    indexed: int


def look_ahead(
    workspace: Workspace | None, files: Sequence[Place], recipe: Recipe, folder: Path
) -> Ahead:
    """Opens what is new: its metadata, no more.

    Long videos are cut by the clock instead of at keyframes, which are not known yet.

    Args:
        workspace: Where the run will be; None: a new one.
        files: The input.
        recipe: What will be done.
        folder: For the catalog; nothing else is written.

    Raises:
        StageError: Nothing can be opened.
    """
    known: frozenset[int] = frozenset()
    if workspace is None:
        seen: Workspace = Workspace.create(folder)
    else:
        seen = Shadow(workspace.root, folder / "catalog")
        if workspace.catalog.exists():
            shutil.copytree(workspace.catalog, seen.catalog)
        known = frozenset(Catalog(workspace).videos)
    began = time.monotonic()
    runner = LocalRunner(recipe.run.worker_count(ProbeTask.takes.gb), recipe.run.hang_s)

    def run(task: ProbeTask, pieces: Sequence[Piece]) -> Iterator[Outcome]:
        whole = replace(task, segment_s=_WHOLE_S)
        for outcome in runner.map(whole, pieces):
            yield replace(outcome, payload=[_cut(row, task.segment_s) for row in outcome.payload])

    scan(seen, files, recipe.catalog, run)
    catalog = Catalog(seen)
    if not catalog.live:
        told = "\n".join(f"  {e['path']}: {e['error']}" for e in catalog.errors[:20])
        raise StageError(f"none of {len(catalog.errors)} files could be opened:\n{told}")
    fresh = catalog.live - known
    limit_s = 1.5 * recipe.catalog.segment_s
    long = [r for v in fresh if (r := catalog.videos[v])["kind"] == "video"]
    indexed = sum(int(r["frames"] or 0) for r in long if (r["duration_s"] or 0.0) > limit_s)
    return Ahead(seen, time.monotonic() - began, fresh, indexed)


def sharded_anew(ahead: Ahead, recipe: Recipe, folder: Path) -> Ahead:
    """The same input where nothing of it is known yet, in shards of other sizes."""
    catalog = Catalog(ahead.workspace)
    rows = catalog.segments.to_pylist()
    parts = Counter(row["video_no"] for row in rows)
    filler = Filler(recipe.catalog, 0)
    for row in rows:
        row["shard"] = filler.take(row["bytes"] / parts[row["video_no"]], row["kind"])
    changed = Shadow(ahead.workspace.root, folder)
    append(changed, rows)
    write_sources(changed, catalog.sources.to_pylist())
    return replace(ahead, workspace=changed)


def _cut(row: dict[str, Any], segment_s: float) -> dict[str, Any]:
    """A probed file with segments about as long as those that a scan makes."""
    if "error" in row or row["kind"] != "video" or row["codec"] not in _CUT:
        return row
    if (row["duration_s"] or 0.0) <= 1.5 * segment_s:
        return row
    base = Fraction(row["time_base_num"], row["time_base_den"])
    step = int(Fraction(segment_s) / base)
    seconds = length_s({**row, "bytes": MOST_FRAMES})
    end = row["first_pts"] + int(Fraction(seconds) / base)
    cuts = [
        pts for pts in range(row["first_pts"] + step, end, max(step, 1)) if end - pts >= step // 2
    ]
    edges = [None, *cuts, None]
    return {**row, "segments": list(pairwise(edges))}
