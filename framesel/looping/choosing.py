"""Chooses: runs a recipe over the input of a workspace, and opens rounds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from framesel import recipe as recipes
from framesel.errors import TooManyFailuresError, UsageError, WorkspaceError
from framesel.labels import store
from framesel.looping.wishes import sets
from framesel.recipe import Recipe
from framesel.rounds import decisions, models, state
from framesel.rounds.models import Model
from framesel.sources import absolute, expand
from framesel.workspace import Workspace, write_json

if TYPE_CHECKING:
    from framesel.pipeline import Report, Watch
    from framesel.rounds.state import Round
    from framesel.runners.runner import RunnerOf

NO_SOURCES = "name some videos: framesel run VIDEOS --workspace FOLDER"


def opened(workspace: Path, recipe: Recipe, sources: Sequence[str] | None) -> Workspace:
    """A workspace to choose in; made where there is none.

    Raises:
        UsageError: Sources are not there, or none are named for a new workspace.
        WorkspaceError: The folder is something else.
    """
    if not sources and not (workspace / "workspace.json").exists():
        raise UsageError(NO_SOURCES)
    if sources:
        # mistakes before anything is written
        expand(sources, sequence=recipe.catalog.sequence)
    return Workspace.create(workspace)


def last_recipe(workspace: Workspace) -> Path:
    """The file of the recipe of the last run.

    Raises:
        WorkspaceError: There was none.
    """
    if not workspace.recipe.exists():
        raise WorkspaceError(f"{workspace.root} has no recipe yet: `framesel run` first")
    return workspace.recipe


def remembered(workspace: Workspace, sources: Sequence[str] | None) -> list[str]:
    """The sources as absolute texts; those of the last run where none are given.

    Raises:
        UsageError: There was no run either.
    """
    path = workspace.root / "sources.json"
    if sources:
        found = [str(absolute(s)) for s in sources]
        if not path.exists() or json.loads(path.read_text("utf-8")) != found:
            write_json(path, found)
        return found
    if not path.exists():
        raise UsageError(NO_SOURCES)
    return [str(s) for s in json.loads(path.read_text("utf-8"))]


def is_between(workspace: Workspace) -> bool:
    """Whether labels closed the last round and nobody asked for another yet."""
    known = state.rounds(workspace)
    return bool(known) and known[-1].closed


def choose(
    workspace: Workspace,
    recipe: Recipe,
    sources: Sequence[str],
    watch: Watch,
    *,
    again: bool = False,
    before: str = "",
    runner: RunnerOf | None = None,
) -> Report:
    """Does all that a recipe asks for and that is not done yet. Takes the lock.

    Leaves metrics for those who watch the workspace, also where too much failed.

    Args:
        workspace: Where.
        recipe: What to do.
        sources: The input; what was added as a dataset comes along.
        watch: Who is told.
        again: Open files again that could not be opened the last time.
        before: Ends before this stage; ``selection``: nothing is chosen.
        runner: Makes a runner; None: as the recipe says.

    Raises:
        FrameselError: As ``Pipeline.run``.
    """
    from framesel.datasets import input_files
    from framesel.foresight.stopwatch import Stopwatch
    from framesel.history.leaving import write_run
    from framesel.pipeline import Pipeline

    with workspace.locked():
        files = input_files(workspace, sources, sequence=recipe.catalog.sequence)
        pipeline = Pipeline(workspace, recipe, Stopwatch(workspace, watch), runner)
        try:
            report = pipeline.run(files, again=again, before=before)
        except TooManyFailuresError:
            write_run(workspace, recipe)
            raise
        write_run(workspace, recipe)
        return report


def open_next(workspace: Workspace, recipe: Recipe) -> None:
    """Closes the open round for good and opens another. Takes the lock.

    The folder of the round that ended then holds labels, metrics and a page.

    Args:
        workspace: Where.
        recipe: Of the round that is opened.

    Raises:
        WorkspaceError: The open round is not finished, or not as it was exported.
    """
    with workspace.locked():
        this = state.current(workspace)
        if this.number == 1 or this.selection is not None:
            _close(workspace, this)
        # written down, so that `run` goes on with it should this be killed
        state.save(workspace, state.current(workspace))
    _leave(workspace, recipe)


def _leave(workspace: Workspace, recipe: Recipe) -> None:
    """What a round leaves in its folder, where no training has left it there."""
    from framesel.history.leaving import write_round

    ended = [this.number for this in state.rounds(workspace) if this.closed]
    names = ("summary.json", "report.html")
    if ended and not all((workspace.round(ended[-1]) / name).exists() for name in names):
        write_round(workspace, recipe, ended[-1])


def _close(workspace: Workspace, this: Round) -> None:
    """Closes a round whose picks were exported as they are."""
    from framesel import exporting

    said = decisions.last(workspace)
    if not (this.folder(workspace) / "export" / "export.json").exists():
        raise WorkspaceError(
            f"round {this.number} is not finished: "
            f"`framesel run --workspace {workspace.root}` first"
        )
    if not exporting.is_current(workspace, this):
        raise WorkspaceError(
            f"round {this.number} is not as it was exported: it was reviewed, or the settings "
            f"of the export changed. `framesel export {workspace.root}` first"
        )
    state.close(workspace, this, said)


def next_recipe(workspace: Workspace, settings: Sequence[str]) -> tuple[Recipe, list[str]]:
    """The recipe of the last run with the newest model as its detector.

    Args:
        workspace: Where.
        settings: ``--set`` texts; a detector that they name stays.

    Returns:
        The recipe, and what a person should hear of the model.

    Raises:
        RecipeError: The recipe, or a setting, makes no sense.
        WorkspaceError: There is no recipe yet.
    """
    path, model = last_recipe(workspace), models.latest(workspace)
    if model is None or sets(settings, "detections.weights"):
        return recipes.load(path, settings), []
    own = {
        "detections.weights": json.dumps(model.name(workspace)),
        "detections.size_px": str(model.size_px),
        "detections.classes": "[]",
    }
    added = [f"{name}={value}" for name, value in own.items() if not sets(settings, name)]
    return recipes.load(path, [*added, *settings]), list(_told(workspace, model))


def with_model(workspace: Workspace, recipe: Recipe, model: Model) -> Recipe:
    """A recipe with a model as its detector."""
    update = {"weights": model.name(workspace), "size_px": model.size_px, "classes": ()}
    return recipe.model_copy(update={"detections": recipe.detections.model_copy(update=update)})


def _told(workspace: Workspace, model: Model) -> Iterator[str]:
    yield f"the detector is the model that was trained for round {model.round} ({model.folder})"
    later = store.last(workspace) - model.imports
    if later > 0:
        yield (
            f"{later:,} imports of labels came after it was trained and are not in it: "
            "`framesel train` first, if they should be"
        )
