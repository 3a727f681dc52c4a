"""What happened: the input, what failed, what took how long, what was set, how to go on."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from framesel import tables
from framesel.history.behind import behind
from framesel.report.figures.changed_settings import Change, changed_settings
from framesel.report.figures.log_times import log_times
from framesel.report.figures.plain import number
from framesel.report.view import View


@dataclass(frozen=True)
class Failure:
    """One thing that broke: a file in a stage."""

    stage: str
    path: str
    error: str


@dataclass(frozen=True)
class StageRow:
    """One stage that the selection was made from.

    Attributes:
        name: The stage.
        rows: Rows of its tables; of the catalog, files; None for the export.
        seconds: How long it took when it last ran; None where the log does not say.
    """

    name: str
    rows: int | None
    seconds: float | None


@dataclass(frozen=True)
class Happened:
    """All of it.

    Attributes:
        videos: With frames.
        images: Likewise.
        hours: Of video.
        frames: That were looked at.
        picks: As reviewed.
        failures: Each file and stage once.
        stages: In the order in which they run.
        settings: Those that are not the defaults.
        commands: Command line, and what it does.
    """

    videos: int
    images: int
    hours: float
    frames: int
    picks: int
    failures: tuple[Failure, ...]
    stages: tuple[StageRow, ...]
    settings: tuple[Change, ...]
    commands: tuple[tuple[str, str], ...]

    def json(self) -> dict[str, Any]:
        """For the page."""
        return {
            "input": {
                "videos": self.videos,
                "images": self.images,
                "hours": number(self.hours),
                "frames": self.frames,
                "picks": self.picks,
            },
            "failures": [
                {"stage": row.stage, "path": row.path, "error": row.error} for row in self.failures
            ],
            "stages": [
                {"name": row.name, "rows": row.rows, "seconds": number(row.seconds)}
                for row in self.stages
            ],
            "settings": [
                {"place": row.place, "default": row.default, "value": row.value}
                for row in self.settings
            ],
            "commands": [{"command": line, "what": what} for line, what in self.commands],
        }


def happened(view: View) -> Happened:
    """Reads catalog, footers, log and recipe."""
    kinds = [video.kind for video in view.videos]
    failures = tuple(dict.fromkeys(_failures(view)))
    length_s = [video.duration_s or 0.0 for video in view.videos if video.kind != "image"]
    return Happened(
        videos=len(kinds) - kinds.count("image"),
        images=kinds.count("image"),
        hours=sum(length_s) / 3600,
        frames=len(view.frames),
        picks=len(view.pick_list),
        failures=failures,
        stages=tuple(_stages(view)),
        settings=tuple(changed_settings(view)),
        commands=commands(view, failed=bool(failures)),
    )


def commands(view: View, *, failed: bool) -> tuple[tuple[str, str], ...]:
    """What a person may do next, as command lines, each with what it does."""
    folder = shlex.quote(str(view.workspace.root))
    found = [(f"framesel review {folder}", "go through the picks: keep, reject, pin, tag")]
    if view.pick_list:
        first = view.pick_list[0]
        frame = shlex.quote(f"{view.video_name(first['video_no'])}@{first['t_s']:.3f}")
        found.append((f"framesel why {folder} {frame}", "why a frame was chosen or left out"))
    if failed:
        found.append((f"framesel retry {folder}", "try again what failed"))
    found += [
        (f"framesel verify {folder}", "prove that the exported pictures are these frames"),
        (f"framesel run --workspace {folder}", "take up new videos and changed settings"),
        (f"framesel next {folder}", "close this round and choose frames that add to it"),
    ]
    return tuple(found)


def _failures(view: View) -> Iterator[Failure]:
    """Files that could not be opened, then what broke in a stage."""
    for row in view.catalog.errors:
        yield Failure("catalog", row["path"], row["error"])
    for name, key in view.keys.items():
        for shard in view.catalog.shards:
            path = view.workspace.shard(name, key, shard.number)
            alive = {part.video_no for part in shard.parts}
            for row in tables.footer(path).get("errors", []) if path.exists() else []:
                if row["video_no"] in alive:
                    yield Failure(row["stage"], row["path"], row["error"])


def _stages(view: View) -> Iterator[StageRow]:
    seconds = log_times(view.workspace.log)
    yield StageRow("catalog", view.catalog.sources.num_rows, seconds.get("catalog"))
    order = {name: at for at, name in enumerate(view.recipe.stages())}
    selection = view.chosen.folder.relative_to(view.workspace.root).as_posix()
    keys = behind(view.workspace, selection)
    del keys["selection"]  # comes last, as reviewed
    for name in sorted(keys, key=lambda name: order.get(name, len(order))):
        yield StageRow(name, _rows(view, name, keys), seconds.get(name))
    yield StageRow("selection", view.chosen.picks.num_rows, seconds.get("selection"))
    if "export" in seconds:
        yield StageRow("export", None, seconds["export"])


def _rows(view: View, name: str, keys: Mapping[str, str]) -> int:
    folder = view.workspace.stage(name, keys[name])
    gathered = folder / "all.parquet"
    shards = [view.workspace.shard(name, keys[name], s.number) for s in view.catalog.shards]
    paths = [gathered] if gathered.exists() else [path for path in shards if path.exists()]
    return sum(int(tables.footer(path)["rows"]) for path in paths)
