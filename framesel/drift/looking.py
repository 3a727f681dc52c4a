"""Looks at new footage as a workspace looks at its own, and leaves that beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from framesel.drift.footage import Footage
from framesel.drift.reading import read
from framesel.pipeline import Pipeline, Watch
from framesel.recipe import Recipe
from framesel.runners.runner import RunnerOf
from framesel.sources import expand
from framesel.workspace import Workspace, write_bytes

SHARED = ("runtimes.json", "catalog/forgotten.json")
"""What both workspaces know: the numeric runtime of each stage, and what nobody may look at."""

_TOLD = 10


def folder(workspace: Workspace) -> Path:
    """Where all that is about drift lies."""
    return workspace.root / "drift"


def look(
    workspace: Workspace,
    recipe: Recipe,
    sources: Sequence[str],
    watch: Watch,
    runner: RunnerOf | None = None,
) -> Footage:
    """Decodes, embeds and detects, by the workspace's own stages and in its numeric runtime.

    They leave their tables in a workspace of their own, ``drift/footage``, so that the same videos
    are looked at once, and a run that was killed goes on.

    Args:
        workspace: Whose recipe it is.
        recipe: Of the last run.
        sources: The new footage, as a user names it.
        watch: Who is told.
        runner: Makes a runner; None: as the recipe says.

    Raises:
        UsageError: The sources name nothing.
        StageError: None of it can be opened.
    """
    files = expand(sources, sequence=recipe.catalog.sequence)
    aside = Workspace.create(folder(workspace) / "footage")
    for known in SHARED:
        if (workspace.root / known).exists():
            write_bytes(aside.root / known, (workspace.root / known).read_bytes())
    alone = recipe.model_copy(update={"committee": ()})
    first = next(name for name in alone.stages() if name in ("tau", "duplicates"))
    with aside.locked():
        report = Pipeline(aside, alone, watch, runner).run(files, before=first)
    for row in report.failures[:_TOLD]:
        watch.note(f"{row['path']}: {row['error']}")
    return read(aside, alone)
