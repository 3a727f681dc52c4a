"""The files of a handover: taken from what is there already, or decoded again by exact pts."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from framesel import table_files
from framesel.handover.planned import Planned, Shown
from framesel.recipe import Recipe
from framesel.rounds import state
from framesel.stages.export import ExportTask, Picture, Pictures
from framesel.stages.export_lists import boxes
from framesel.task import Task
from framesel.workspace import Workspace, write_bytes

if TYPE_CHECKING:
    from framesel.pipeline import Watch
    from framesel.runners.runner import RunnerOf


@dataclass(frozen=True)
class Work:
    """How work is done for a handover.

    Attributes:
        workspace: Whose frames.
        recipe: Of the last run.
        watch: Is told what happens.
        runner: Makes a runner.
    """

    workspace: Workspace
    recipe: Recipe
    watch: Watch
    runner: RunnerOf

    def run(self, task: Task, pieces: Sequence[Any]) -> list[dict[str, Any]]:
        """Runs a task on pieces of work. Returns error rows."""
        if not pieces:
            return []
        self.watch.begin(task.title, len(pieces), len(pieces), "")
        run, takes = self.recipe.run, task.takes
        hands = self.runner(run.worker_count(takes.gb, takes.gpus), run.hang_s)
        errors: list[dict[str, Any]] = []
        began = time.monotonic()
        for outcome in hands.map(task, pieces, self.watch.wrote):
            self.watch.finished(outcome)
            errors += outcome.errors
        self.watch.end(task.title, time.monotonic() - began)
        return errors


def make(work: Work, folder: Path, wanted: Sequence[Shown]) -> list[dict[str, Any]]:
    """Makes a picture of each frame under ``folder/images``, by its plain name.

    What stands there already is kept. Pictures of exported rounds that show the same become hard
    links; the rest is decoded at full resolution.

    Returns:
        Error rows of what could not be decoded.
    """
    _take_over(work, folder / "images", wanted)
    task = ExportTask(
        work.workspace.root, folder, work.recipe.export, work.recipe.frames.decoder, "pictures"
    )
    pieces = [left for piece in by_video(wanted) if (left := task.left(piece)).picks]
    return work.run(task, pieces)


def by_video(wanted: Iterable[Shown]) -> Iterator[Pictures]:
    """The frames of each video as one piece of work."""
    ordered = sorted(wanted, key=lambda one: one.key)
    for video_no, group in groupby(ordered, key=lambda one: one.key[0]):
        yield Pictures(video_no, tuple(Picture(o.key[1], o.plain, o.blurs) for o in group))


def name_all(planned: Iterable[Planned], made: Path, images: Path) -> None:
    """Gives each picture of a handover the file of the frame that it shows, as a second name."""
    for one in planned:
        if (made / one.plain).exists():
            second_name(made / one.plain, images / one.name)


def second_name(source: Path, target: Path) -> None:
    """A hard link, or a copy where the file system has none. What is there is kept."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        write_bytes(target, source.read_bytes())


def measured(path: Path) -> tuple[int, int, str] | None:
    """Width, height and sha256 of a picture's file; None if it is not there."""
    from PIL import Image

    if not path.exists():
        return None
    content = path.read_bytes()
    with Image.open(path) as image:
        width, height = image.size
    return width, height, hashlib.sha256(content).hexdigest()


def _take_over(work: Work, images: Path, wanted: Sequence[Shown]) -> None:
    missing = {one.plain: one.blurs for one in wanted if not (images / one.plain).exists()}
    for folder in _exports(work):
        if not missing:
            return
        for name, blurs in _listed(folder):
            source = folder / "images" / name
            if name in missing and missing[name] == blurs and source.is_file():
                second_name(source, images / name)
                del missing[name]


def _exports(work: Work) -> Iterator[Path]:
    """Exports of rounds whose pictures are encoded as the recipe wants them, newest first."""
    mine = (work.recipe.export.format, work.recipe.export.jpeg_quality)
    for this in reversed(state.rounds(work.workspace)):
        folder = this.folder(work.workspace) / "export"
        try:
            told = json.loads((folder / "export.json").read_text("utf-8"))
            if (told["format"], told["jpeg_quality"]) == mine:
                yield folder
        except (OSError, ValueError, KeyError, TypeError):
            continue  # it is not finished, or damaged: what it lacks is decoded


def _listed(folder: Path) -> list[tuple[str, tuple[tuple[float, ...], ...]]]:
    try:
        table = table_files.read(folder / "picks.parquet")
        names = table["image"].to_pylist()
        known = "blurs" in table.column_names  # exports from before there were reviews have none
        blurs = table["blurs"].to_pylist() if known else [""] * len(names)
        return list(zip(names, map(boxes, blurs), strict=True))
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return []
