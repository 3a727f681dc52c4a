"""Catalog: finds the input, opens each file once, and cuts the work into frozen shards."""

from __future__ import annotations

import csv
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from framesel.catalog import Catalog, append, forgotten, write_sources
from framesel.errors import MediaError, UsageError
from framesel.storage.place import Place, place
from framesel.task import Outcome, Say, Takes
from framesel.workspace import Workspace

PIECE = 32
"""Files that one worker opens in one go; of few files fewer, so that all workers have some."""

APPEND = 1024
"""Files per append: what a kill while scanning can cost."""

STILLS_PER_VIDEO = 16
"""A still image counts as this part of a video when shards are filled."""


class CatalogSettings(BaseModel):
    """How input is read. Applies to what is new; what is in the catalog stays as it is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sequence: bool = Field(False, description="a folder of images is one video, not many stills")
    metadata: Path | None = Field(
        None, description="CSV with a column `path` (or file name) and columns to carry along"
    )
    full_digest: bool = Field(False, description="digest every byte instead of samples")
    segment_s: Annotated[float, Field(ge=10)] = Field(
        300.0, description="longer videos are cut at keyframes into segments of about this length"
    )
    shard_mb: Annotated[float, Field(gt=0)] = Field(
        64.0, description="size at which a shard is full"
    )
    shard_videos: Annotated[int, Field(ge=1)] = Field(
        64, description="videos at which a shard is full; 16 stills count as one"
    )


@dataclass(frozen=True)
class Piece:
    """Files that one worker opens, in order."""

    number: int
    paths: tuple[str, ...]
    poison: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """A short name for logs."""
        return f"files-{self.number}"

    def without(self, index: int, reason: str) -> Piece:
        """The same files, one of which nobody shall open again."""
        return Piece(self.number, self.paths, (*self.poison, (self.paths[index], reason)))


@dataclass(frozen=True)
class ProbeTask:
    """Opens files: digest, what a catalog row holds, segments. Hostile files die in a worker."""

    segment_s: float
    full_digest: bool
    takes: ClassVar[Takes] = Takes(gb=0.3)
    title: str = "catalog"

    def open(self) -> Callable[[Piece, Say], Outcome]:
        """Returns the function that opens one piece's files."""
        return self._one

    def _one(self, piece: Piece, say: Say) -> Outcome:
        began = time.monotonic()
        poison = dict(piece.poison)
        found = []
        for index, path in enumerate(piece.paths):
            if path in poison:
                found.append({"error": poison[path]})
                continue
            say(index, 1)
            try:
                found.append(self._probe(place(path)))
            except (MediaError, OSError, ValueError) as error:
                found.append({"error": str(error).removeprefix(f"{path}: ")})
        seconds = time.monotonic() - began
        return Outcome(piece.key, len(found), (), seconds, payload=found)

    def _probe(self, path: Place) -> dict[str, Any]:
        from framesel.video import content_digest, plan_segments, probe

        info = probe(path)
        row = asdict(info)
        fps, base = row.pop("fps"), row.pop("time_base")
        row["first_pts"] = row.pop("start_pts")
        row["digest"] = content_digest(path, full=self.full_digest)
        row["fps_num"], row["fps_den"] = (fps.numerator, fps.denominator) if fps else (None, None)
        row["time_base_num"], row["time_base_den"] = base.numerator, base.denominator
        row["segments"] = [tuple(s) for s in plan_segments(path, info, self.segment_s)]
        return row


RunPieces = Callable[[ProbeTask, Sequence[Piece]], Iterator[Outcome]]


def scan(
    workspace: Workspace,
    files: Sequence[Place],
    settings: CatalogSettings,
    run: RunPieces,
    *,
    again: bool = False,
) -> None:
    """Brings the catalog up to date with the files that exist now.

    A file that was seen with the same size and time is not opened again. New content becomes a
    new video in a new shard; known content under another name becomes another path of the same
    video; videos whose files are gone are no longer alive.

    Args:
        workspace: Where the catalog is.
        files: All files of the input, in order.
        settings: How to read them.
        run: Runs probing tasks, here or elsewhere.
        again: Also open files that could not be opened the last time.
    """
    metadata = _sidecar(settings.metadata)
    book = _Book(Catalog(workspace), settings, forgotten(workspace), again=again)
    stats = [_stat(path) for path in files]
    fresh = [s for s in stats if not book.knows(s)]
    task = ProbeTask(settings.segment_s, settings.full_digest)
    for first in range(0, len(fresh), APPEND):
        window = fresh[first : first + APPEND]
        rows = book.enter(window, _probed(task, window, run))
        if rows:
            append(workspace, rows)
    write_sources(workspace, [book.source(s, metadata) for s in stats])


def _probed(task: ProbeTask, window: Sequence[_Stat], run: RunPieces) -> list[dict[str, Any]]:
    size = max(1, min(PIECE, len(window) // PIECE))
    pieces = [
        Piece(n, tuple(s.path for s in window[i : i + size]))
        for n, i in enumerate(range(0, len(window), size))
    ]
    payloads = {outcome.key: outcome.payload for outcome in run(task, pieces)}
    return [row for piece in pieces for row in payloads[piece.key]]


@dataclass(frozen=True)
class _Stat:
    path: str
    bytes: int
    mtime_ns: int
    error: str | None = None

    @property
    def identity(self) -> tuple[str, int, int]:
        return self.path, self.bytes, self.mtime_ns


def _stat(path: Place) -> _Stat:
    text = str(path)
    try:
        text.encode("utf-8")
        entries = (
            [p.stat() for p in path.iterdir() if p.is_file()] if path.is_dir() else [path.stat()]
        )
    except UnicodeEncodeError:
        safe = os.fsencode(text).decode("utf-8", "backslashreplace")
        return _Stat(safe, 0, 0, "its name is not valid UTF-8: rename it")
    except OSError as error:
        return _Stat(text, 0, 0, f"cannot be read: {error.strerror}")
    return _Stat(text, sum(e.st_size for e in entries), max(e.st_mtime_ns for e in entries))


class _Book:
    """Gives out video and shard numbers, and remembers what is known of each file."""

    def __init__(
        self, catalog: Catalog, settings: CatalogSettings, banned: frozenset[str], *, again: bool
    ) -> None:
        self.settings = settings
        self.banned = banned
        self.by_digest: dict[str, int] = {}
        self.by_file: dict[tuple[str, int, int], tuple[int | None, str | None]] = {}
        self.next_shard = 0
        for row in catalog.segments.select(
            ["video_no", "shard", "digest", "path", "bytes", "mtime_ns"]
        ).to_pylist():
            self.by_digest[row["digest"]] = row["video_no"]
            self.by_file[row["path"], row["bytes"], row["mtime_ns"]] = (row["video_no"], None)
            self.next_shard = max(self.next_shard, row["shard"] + 1)
        for row in catalog.sources.to_pylist():
            if row["video_no"] is not None or not again:
                file = (row["path"], row["bytes"], row["mtime_ns"])
                self.by_file[file] = (row["video_no"], row["error"])
        self.next_video = max(self.by_digest.values(), default=-1) + 1

    def knows(self, stat: _Stat) -> bool:
        return stat.error is not None or stat.identity in self.by_file

    def source(self, stat: _Stat, metadata: dict[str, dict[str, str]]) -> dict[str, Any]:
        video_no, error = self.by_file.get(stat.identity, (None, stat.error))
        path = Path(stat.path)
        extra = metadata.get(stat.path) or metadata.get(path.name) or metadata.get(path.stem) or {}
        return {
            "path": stat.path,
            "bytes": stat.bytes,
            "mtime_ns": stat.mtime_ns,
            "video_no": video_no,
            "error": error,
            "metadata": json.dumps(extra, sort_keys=True, ensure_ascii=False),
        }

    def enter(
        self, stats: Sequence[_Stat], probed: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """Numbers what is new. Returns catalog rows, shards filled by size."""
        rows: list[dict[str, Any]] = []
        filler = Filler(self.settings, self.next_shard)
        for stat, row in zip(stats, probed, strict=True):
            if "error" in row:
                self.by_file[stat.identity] = (None, row["error"])
                continue
            if row["digest"] in self.banned:
                self.by_file[stat.identity] = (None, "forgotten on request (framesel forget)")
                continue
            known = self.by_digest.get(row["digest"])
            self.by_file[stat.identity] = (self.next_video if known is None else known, None)
            if known is None:
                self.by_digest[row["digest"]] = self.next_video
                rows.extend(filler.place(self.next_video, stat, row))
                self.next_video += 1
        self.next_shard = filler.shard + (1 if rows else 0)
        return rows


class Filler:
    """Fills shards in order, by bytes and by number of videos."""

    def __init__(self, settings: CatalogSettings, shard: int) -> None:
        self.settings = settings
        self.shard = shard
        self.bytes = 0.0
        self.videos = 0.0

    def place(self, video_no: int, stat: _Stat, row: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Rows of a video's segments, each with its shard."""
        segments = row.pop("segments")
        for start, end in segments:
            yield {
                **row,
                "video_no": video_no,
                "shard": self.take(stat.bytes / len(segments), row["kind"]),
                "start_pts": start,
                "end_pts": end,
                "path": stat.path,
                "bytes": stat.bytes,
                "mtime_ns": stat.mtime_ns,
            }

    def take(self, size: float, kind: str) -> int:
        """The shard of a segment of so many bytes."""
        videos = 1 / STILLS_PER_VIDEO if kind == "image" else 1.0
        full = (
            self.bytes + size > self.settings.shard_mb * 1e6
            or self.videos + videos > self.settings.shard_videos
        )
        if full and self.videos:
            self.shard += 1
            self.bytes = self.videos = 0.0
        self.bytes += size
        self.videos += videos
        return self.shard


def _sidecar(path: Path | None) -> dict[str, dict[str, str]]:
    """Columns to carry along, by what the column `path` says (a path, a name, or a stem)."""
    if path is None:
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"catalog.metadata: {path} cannot be read as CSV ({error}).") from None
    if not rows or "path" not in rows[0]:
        raise UsageError(f"catalog.metadata: {path} needs a header with a column `path`, and rows.")
    return {r["path"]: {k: v for k, v in r.items() if k and k != "path" and v} for r in rows}
