"""Stored frames by video, for what looks at a sample of the footage: calibration, pretraining."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np

from framesel import table_files
from framesel.catalog import Catalog
from framesel.errors import StageError
from framesel.stages.footage import Image
from framesel.workspace import Workspace

COLUMNS = ["video_no", "pts", "jpeg", "region", "companion"]


@dataclass(frozen=True)
class Stored:
    """One stored frame."""

    video_no: int
    pts: int
    jpeg: bytes
    region: str

    def image(self) -> Image:
        """(h, w, 3) uint8 RGB, inside its camera's region."""
        from framesel.video import jpeg
        from framesel.video.regions import Region

        image = jpeg.decode(self.jpeg)
        return Region.from_json(self.region).apply(image) if self.region else image


def sample(workspace: Workspace, frames_key: str, most: int) -> list[Stored]:
    """At most so many stored frames of live videos, evenly spaced over all of them.

    Raises:
        StageError: There are no frames, or the recipe stores no pixels.
    """
    catalog = Catalog(workspace)
    rows = _row_counts(workspace, frames_key, catalog)
    total = sum(rows)
    if not total:
        raise StageError(f"{workspace.root} has no frames yet: `framesel run` first")
    chosen = np.unique(np.linspace(0, total - 1, min(most, total)).round().astype(np.int64))
    found = list(_read(workspace, frames_key, catalog, chosen))
    if not found:
        raise StageError(
            "the frames were stored without pixels (frames.store_px is 0). "
            "Run with frames.store_px=640 first."
        )
    return found


def of(
    workspace: Workspace, frames_key: str, keys: Collection[tuple[int, int]]
) -> dict[tuple[int, int], Stored]:
    """The frames with these (video_no, pts), as far as their pixels are stored."""
    wanted, found = set(keys), {}
    for shard in Catalog(workspace).shards:
        with table_files.opened(workspace.shard("frames", frames_key, shard.number)) as file:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, ["video_no", "pts"])
                pairs = zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True)
                rows = [row for row, key in enumerate(pairs) if key in wanted]
                if rows:
                    for row in file.read_row_group(group, COLUMNS).take(rows).to_pylist():
                        if row["jpeg"] is not None and not row.pop("companion"):
                            found[row["video_no"], row["pts"]] = Stored(**row)
    return found


def _row_counts(workspace: Workspace, key: str, catalog: Catalog) -> list[int]:
    paths = [workspace.shard("frames", key, s.number) for s in catalog.shards]
    return [table_files.metadata(p).num_rows if p.exists() else 0 for p in paths]


def _read(workspace: Workspace, key: str, catalog: Catalog, chosen: np.ndarray) -> Iterator[Stored]:
    first = 0
    for shard in catalog.shards:
        path = workspace.shard("frames", key, shard.number)
        if not path.exists():
            continue
        alive = {part.video_no for part in shard.parts}
        with table_files.opened(path) as file:
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                wanted = chosen[(chosen >= first) & (chosen < first + rows)] - first
                first += rows
                if len(wanted):
                    table = file.read_row_group(group, COLUMNS)
                    for row in table.take(wanted).to_pylist():
                        usable = row["jpeg"] is not None and not row.pop("companion")
                        if row["video_no"] in alive and usable:
                            yield Stored(**row)
