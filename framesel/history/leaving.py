"""What a round leaves in its folder, and a run in the workspace, for people and other programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from framesel.catalog import Catalog
from framesel.errors import UsageError
from framesel.history import monitoring
from framesel.history.advice import advice
from framesel.history.comparing import draw_stop_set
from framesel.history.history import history
from framesel.history.labelled import agreed
from framesel.history.turn import History, Turn
from framesel.labels import store
from framesel.recipe import Recipe
from framesel.rounds import state
from framesel.workspace import Workspace, write_bytes, write_json

PICKED = ("pts", "rank", "index", "t_s", "source", "gain", "mass", "reason", "verdict")

Table = Iterable[Sequence[object]]
"""Rows of a CSV file, the first of them the names of the columns."""


def write_round(workspace: Workspace, recipe: Recipe, number: int, *, page: bool = True) -> History:
    """Leaves ``picks.csv``, ``labels.csv``, ``summary.json``, metrics and a page in a round.

    Nothing that differs between two equal runs is in these files, the page apart. What the round
    points to (selection, model) stays where it is.

    Args:
        workspace: Where. Each file is written in one step; nobody's lock is needed or taken.
        recipe: Of the last run.
        number: Of the round; 0: what was labelled and trained before the first.
        page: Whether ``report.html`` is made too, which takes longest.

    Returns:
        All rounds, as they are now.

    Raises:
        UsageError: There is no such round.
        WorkspaceError: Something on disk is damaged.
    """
    draw_stop_set(workspace, recipe)
    found = history(workspace, recipe)
    turn = found.turn(number)
    if turn is None:
        known = ", ".join(str(one.number) for one in found.turns) or "none yet"
        raise UsageError(f"{workspace.root} has no round {number}; there are {known}")
    folder = workspace.round(number)
    this = next((one for one in state.rounds(workspace) if one.number == number), None)
    if this is not None and this.selection is not None:
        _write_csv(folder / "picks.csv", _picks(workspace, this))
    _write_csv(folder / "labels.csv", _labels(workspace, recipe, found, turn))
    until = replace(found, turns=tuple(one for one in found.turns if one.number <= number))
    said = advice(until, recipe.stop).recommendation.json()
    write_json(folder / "summary.json", {**turn.json(), "advice": said})
    monitoring.write(folder, monitoring.of_turn(turn))
    write_run(workspace, recipe, found)
    if page and this is not None and this.selection is not None:
        from framesel.report import page as pages
        from framesel.report.view import View

        pages.write(View.of(workspace, str(number)), folder / "report.html")
    return found


def write_run(workspace: Workspace, recipe: Recipe, found: History | None = None) -> None:
    """Leaves the workspace's own ``metrics.prom`` and ``metrics.json``; draws the stop set once.

    Args:
        workspace: Where.
        recipe: Of the last run.
        found: Its rounds, where they are known.
    """
    if found is None:
        draw_stop_set(workspace, recipe)
        found = history(workspace, recipe)
    run = monitoring.of_run(workspace, recipe)
    monitoring.write(workspace.root, [*run, *monitoring.of_history(found)])


def _picks(workspace: Workspace, this: state.Round) -> Table:
    """A round's picks as reviewed, by rank."""
    rows = this.picks(workspace).select(("video_no", *PICKED)).to_pylist()
    names = Catalog(workspace).short_names
    yield ("video", "video_no", *PICKED)
    for row in rows:
        yield (names.get(row["video_no"], ""), *row.values())


def _labels(workspace: Workspace, recipe: Recipe, found: History, turn: Turn) -> Table:
    """What was labelled first in a round, by video and time; a frame without boxes has one row."""
    before = max((one.imports for one in found.turns if one.number < turn.number), default=0)
    known = set(_keys(store.labelled_keys(workspace, before)))
    said = [one.labels() for one in store.imports(workspace) if one.number <= turn.imports]
    truth = agreed(store.newest(said), recipe)
    names = Catalog(workspace).short_names
    yield ("video", "video_no", "pts", "label", "x1", "y1", "x2", "y2", "source")
    for (video_no, pts), words in truth.by_frame.items():
        if (video_no, pts) in known:
            continue
        frame = (names.get(video_no, ""), video_no, pts)
        boxes = words.get("", ())
        for box in boxes:
            yield (*frame, box.label, *box.xyxy, box.source)
        if not boxes:
            yield (*frame, *[""] * 6)


def _keys(table: pa.Table) -> list[tuple[int, int]]:
    return list(zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True))


def _write_csv(path: Path, rows: Table) -> None:
    """Writes rows, the first of them the names; floats keep all their digits."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    write_bytes(path, text.getvalue().encode("utf-8", "replace"))
