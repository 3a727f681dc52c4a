"""Sets footage aside to judge by: it joins the input, and is held out as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from framesel.catalog import Catalog
from framesel.looping import choosing
from framesel.recipe import Recipe
from framesel.sources import expand
from framesel.splitting.holdout_named import hold_out
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.pipeline import Watch
    from framesel.runners.runner import RunnerOf
    from framesel.splitting.holdout_draw import Drawing


def set_aside(
    workspace: Workspace,
    recipe: Recipe,
    videos: Sequence[str],
    frames: int | None,
    watch: Watch,
    runner: RunnerOf | None = None,
) -> Drawing:
    """Holds videos out. New ones join the input and are looked at first. Takes the lock.

    Args:
        workspace: Where something ran before.
        recipe: Of the last run.
        videos: Files, folders, globs or lists.
        frames: To be labelled of the whole holdout; see ``hold_out``.
        watch: Is told what happens.
        runner: Makes a runner; None: as the recipe says.

    Raises:
        UsageError: A video is not there, cannot be read, or was learnt from already.
        FrameselError: Whatever ends ``framesel run``.
    """
    files = expand(videos, sequence=recipe.catalog.sequence)
    known = set(Catalog(workspace).sources["path"].to_pylist())
    if not known.issuperset(map(str, files)):
        before = choosing.remembered(workspace, None)
        sources = choosing.remembered(workspace, [*before, *videos])
        look(workspace, recipe, sources, watch, runner)
    with workspace.locked():
        return hold_out(workspace, recipe, videos, frames)


def look(
    workspace: Workspace,
    recipe: Recipe,
    sources: Sequence[str],
    watch: Watch,
    runner: RunnerOf | None = None,
) -> None:
    """Brings up to date what a holdout is drawn from: all before duplicates, tau included."""
    choosing.choose(workspace, recipe, sources, watch, before="duplicates", runner=runner)
