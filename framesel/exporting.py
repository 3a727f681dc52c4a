"""Exports a round's picks as reviewed: by the pipeline, by a command, from the desk."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from framesel import recipe as recipes
from framesel.errors import WorkspaceError
from framesel.recipe import Recipe
from framesel.rounds import state
from framesel.runners.local import LocalRunner
from framesel.stages.export import export, up_to_date
from framesel.task import Outcome, Task
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.pipeline import Watch
    from framesel.runners.runner import RunnerOf


def export_now(
    workspace: Workspace,
    watch: Watch,
    runner: RunnerOf = LocalRunner,
) -> list[dict[str, Any]]:
    """Writes pictures and lists of the latest round's picks as a reviewer left them.

    A person waits for few pictures: they are made here, whatever runner the recipe names.

    Returns:
        Error rows of picks that could not be decoded again.

    Raises:
        WorkspaceError: Nothing was chosen yet, or another framesel is working here.
    """
    with workspace.locked():
        this = exported_round(workspace)
        return write(workspace, last_recipe(workspace), this, watch, runner)


def exported_round(workspace: Workspace) -> state.Round:
    """The latest round that has picks.

    Raises:
        WorkspaceError: There is none.
    """
    found = [this for this in state.rounds(workspace) if this.selection is not None]
    if not found:
        raise WorkspaceError(f"nothing was chosen in {workspace.root} yet: `framesel run` first")
    return found[-1]


def last_recipe(workspace: Workspace) -> Recipe:
    """The recipe of the last run.

    Raises:
        WorkspaceError: There was none.
    """
    if not workspace.recipe.exists():
        raise WorkspaceError(f"{workspace.root} has no recipe yet: `framesel run` first")
    return recipes.load(workspace.recipe)


def is_current(workspace: Workspace, this: state.Round) -> bool:
    """Whether a round's export holds its picks as they are now, and as the recipe wants them."""
    return up_to_date(workspace, this, last_recipe(workspace).export)


def write(
    workspace: Workspace,
    recipe: Recipe,
    this: state.Round,
    watch: Watch,
    runner: RunnerOf,
) -> list[dict[str, Any]]:
    """The same for one round, for whoever has the workspace's lock."""

    def run(task: Task, work: Sequence[Any]) -> Iterator[Outcome]:
        began = time.monotonic()
        watch.begin("export", len(work), len(work), "")
        hands = runner(recipe.run.worker_count(task.takes.gb), recipe.run.hang_s)
        for outcome in hands.map(task, work, watch.wrote):
            watch.finished(outcome)
            yield outcome
        watch.end("export", time.monotonic() - began)

    return export(workspace, this, recipe.export, recipe.frames.decoder, run)
