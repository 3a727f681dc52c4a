"""What is known of the input: videos, segments, shards, and which of them are alive.

The catalog is append-only. ``NNNNNN.parquet`` holds a row per segment of new videos;
``sources-NNNNNN.parquet`` is what a scan found, and the last one decides what is alive. A video
that appears in several appends belongs to the shards of the last (``framesel retry`` moves it).
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from framesel import table_files, tables
from framesel.errors import UsageError
from framesel.storage.place import place
from framesel.workspace import Workspace, write_json, write_table


class Part(NamedTuple):
    """A segment of a video: what a shard is a list of."""

    video_no: int
    start_pts: int | None
    end_pts: int | None


@dataclass(frozen=True)
class Shard:
    """The unit of parallel work and of resuming.

    ``poison`` names parts that killed their worker, with what is known of it: they become error
    rows and are not touched again.
    """

    number: int
    parts: tuple[Part, ...]
    poison: tuple[tuple[Part, str], ...] = ()

    @property
    def key(self) -> str:
        """A short name for logs."""
        return f"s{self.number:05d}"

    def without(self, index: int, reason: str) -> Shard:
        """This shard with one more part that nobody shall touch again."""
        return Shard(self.number, self.parts, (*self.poison, (self.parts[index], reason)))


class Catalog:
    """A view of the catalog at one moment. Cheap to make; tables are read when needed."""

    def __init__(self, workspace: Workspace) -> None:
        self.folder = workspace.catalog

    @cached_property
    def segments(self) -> pa.Table:
        """All segments ever, in order of arrival."""
        files = sorted(self.folder.glob("[0-9]*.parquet"))
        if not files:
            return tables.CATALOG.empty_table()
        return pa.concat_tables([table_files.read(f) for f in files])

    @cached_property
    def sources(self) -> pa.Table:
        """What the last complete scan found."""
        files = sorted(self.folder.glob("sources-*.parquet"))
        return table_files.read(files[-1]) if files else SOURCES_EMPTY

    @cached_property
    def videos(self) -> dict[int, dict[str, Any]]:
        """Everything known of each video ever seen, by its number."""
        rows: dict[int, dict[str, Any]] = {}
        for row in self.segments.to_pylist():
            known = rows.setdefault(row["video_no"], row)
            if row["shard"] > known["shard"]:
                known.update({k: row[k] for k in ("shard", "path", "mtime_ns")})
        for row in reversed(self.sources.to_pylist()):
            if row["video_no"] is not None:  # a moved file is found where it is now
                rows[row["video_no"]]["path"] = row["path"]
                rows[row["video_no"]]["metadata"] = json.loads(row["metadata"] or "{}")
        return rows

    @cached_property
    def live(self) -> frozenset[int]:
        """Numbers of the videos that the last scan found."""
        return frozenset(v for v in self.sources["video_no"].to_pylist() if v is not None)

    @cached_property
    def shards(self) -> tuple[Shard, ...]:
        """Every shard with a live part, its live parts in order."""
        home: dict[tuple[int, int | None], tuple[int, Part]] = {}
        columns = ("shard", "video_no", "start_pts", "end_pts")
        for shard, video_no, start, end in zip(
            *(self.segments[c].to_pylist() for c in columns), strict=True
        ):
            if video_no in self.live:
                home[video_no, start] = (shard, Part(video_no, start, end))
        found: dict[int, list[Part]] = {}
        for shard, part in home.values():
            found.setdefault(shard, []).append(part)
        ordered = sorted(found.items())
        return tuple(Shard(n, tuple(sorted(parts, key=_order))) for n, parts in ordered)

    @cached_property
    def shards_of(self) -> dict[int, tuple[int, ...]]:
        """Of each live video, the numbers of the shards that its parts lie in, in their order."""
        found: dict[int, list[int]] = {}
        for shard in self.shards:
            for part in shard.parts:
                if shard.number not in found.setdefault(part.video_no, []):
                    found[part.video_no].append(shard.number)
        return {video_no: tuple(numbers) for video_no, numbers in found.items()}

    @cached_property
    def at_home(self) -> dict[int, tuple[int, ...]]:
        """Of each shard, the live videos that begin there."""
        found: dict[int, list[int]] = {}
        for video_no, numbers in self.shards_of.items():
            found.setdefault(numbers[0], []).append(video_no)
        return {number: tuple(videos) for number, videos in found.items()}

    @cached_property
    def parts_digest(self) -> str:
        """A digest of what is alive: what a gathering stage will see."""
        alive = [
            [p.video_no, p.start_pts, self.videos[p.video_no]["digest"]]
            for shard in self.shards
            for p in shard.parts
        ]
        return hashlib.sha256(json.dumps(sorted(alive, key=str)).encode()).hexdigest()

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Files of the last scan that could not be opened."""
        return [row for row in self.sources.to_pylist() if row["video_no"] is None]

    def find(self, name: str) -> int:
        """The number of the video that a user means by a number, a path or a file name.

        Raises:
            UsageError: No video, or more than one, is called so.
        """
        if name.isdecimal() and len(name) < 10 and int(name) in self.videos:
            return int(name)
        rows = [(v, Path(r["path"])) for v, r in sorted(self.videos.items())]
        full = str(place(name).absolute())
        found = [v for v, r in sorted(self.videos.items()) if r["path"] == full]
        found = found or [v for v, path in rows if path.name == name or path.stem == name]
        last = Path(name).parts
        found = found or [v for v, path in rows if path.parts[-len(last) :] == last]
        if len(found) == 1:
            return found[0]
        if not found:
            raise UsageError(
                f"no video is called {name!r}. `framesel status WS --videos` lists them all."
            )
        listed = ", ".join(f"{v} ({self.videos[v]['path']})" for v in found[:5])
        raise UsageError(f"{name!r} could be any of {listed}. Give the number or the whole path.")

    @cached_property
    def short_names(self) -> dict[int, str]:
        """Of each video, as little of its path as tells it from all others: mostly the file's name.

        Others are told no more of where videos lie. ``find`` knows a video by it.
        """
        paths = {v: Path(row["path"]) for v, row in self.videos.items()}
        deepest = max((len(path.parts) for path in paths.values()), default=0)
        found: dict[Path, str] = {}
        for depth in range(1, deepest + 1):
            ends = {path: path.parts[-depth:] for path in set(paths.values()) - set(found)}
            often = Counter(ends.values())
            for path, end in ends.items():
                if often[end] == 1 or depth == deepest:
                    found[path] = Path(*end).as_posix()
        return {v: found[path] for v, path in paths.items()}


SOURCES_EMPTY = tables.SOURCES.empty_table()


def _order(part: Part) -> tuple[int, int]:
    return part.video_no, -(1 << 62) if part.start_pts is None else part.start_pts


def append(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> None:
    """Adds segments to the catalog as one new file."""
    taken = [int(p.stem) for p in workspace.catalog.glob("[0-9]*.parquet")]
    path = workspace.catalog / f"{max(taken, default=0) + 1:06d}.parquet"
    batch = pa.RecordBatch.from_pylist(list(rows), schema=tables.CATALOG)
    write_table(path, tables.CATALOG, [batch])


def write_sources(workspace: Workspace, rows: Sequence[dict[str, Any]]) -> bool:
    """Writes what a scan found, unless it is what the last one found. Says whether it did."""
    table = pa.Table.from_pylist(list(rows), schema=tables.SOURCES)
    files = sorted(workspace.catalog.glob("sources-*.parquet"))
    if files and table_files.read(files[-1]).equals(table):
        return False
    number = int(files[-1].stem.removeprefix("sources-")) + 1 if files else 1
    path = workspace.catalog / f"sources-{number:06d}.parquet"
    write_table(path, tables.SOURCES, table.combine_chunks().to_batches())
    for old in files:
        old.unlink()
    return True


def forgotten(workspace: Workspace) -> frozenset[str]:
    """Digests of content that a user had forgotten: it must not come back with the next scan."""
    path = workspace.catalog / "forgotten.json"
    return frozenset(json.loads(path.read_text("utf-8"))) if path.exists() else frozenset()


def remember_forgotten(workspace: Workspace, digest: str) -> None:
    """Adds a digest to those that must not come back."""
    write_json(workspace.catalog / "forgotten.json", sorted({*forgotten(workspace), digest}))
