"""`run` and `next`: choosing frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from framesel import recipe as recipes
from framesel.looping.wishes import overrides
from framesel.workspace import Workspace, folder_of

if TYPE_CHECKING:
    from framesel.pipeline import Report

__all__ = ["overrides", "register"]


class LogFormat(StrEnum):
    """How the log on stderr is written."""

    text = "text"
    json = "json"


Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="STAGE.KEY=VALUE", help="Change one setting; repeatable."),
]
RecipeFile = Annotated[Path | None, typer.Option("--recipe", help="A YAML file; see pipelines/.")]
Device = Annotated[str | None, typer.Option("--device", help="auto, cpu, cuda or cuda:N.")]
Memory = Annotated[
    float | None,
    typer.Option("--memory", metavar="GB", help="May be taken; default: half of what is free."),
]
RunnerName = Annotated[
    str | None,
    typer.Option("--runner", help="local: processes of this machine; ray: a cluster."),
]
Budget = Annotated[
    str | None,
    typer.Option(
        "--budget",
        help="How many frames to choose, or what labelling may cost: '3000 boxes', '6 h', '90 min'",
    ),
]
Format = Annotated[LogFormat, typer.Option("--log-format", help="Log on stderr.")]
WorkspaceArgument = Annotated[Path, typer.Argument(metavar="WORKSPACE", parser=folder_of)]
WORKSPACE_HELP = "Where tables are left: a folder, or a URL such as s3://bucket/folder."
WorkspaceOption = Annotated[
    Path,
    typer.Option("--workspace", "-w", metavar="FOLDER", parser=folder_of, help=WORKSPACE_HELP),
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this family."""
    app.command("run")(run)
    app.command("next")(next_round)
    app.command("retry")(retry)


def run(
    workspace: WorkspaceOption,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="Videos, images, folders, globs, text lists. None: those of last time."
        ),
    ] = None,
    recipe: RecipeFile = None,
    budget: Budget = None,
    settings: Set = None,
    device: Device = None,
    memory: Memory = None,
    runner: RunnerName = None,
    full_digest: Annotated[
        bool,
        typer.Option("--full-digest", help="Identify new files by all their bytes."),
    ] = False,
    log_format: Format = LogFormat.text,
) -> None:
    """Chooses the frames worth labelling. The same command again goes on where it stopped."""
    from framesel.looping import choosing

    changes = overrides(settings, budget, device, runner=runner, memory_gb=memory)
    if full_digest:
        changes.append("catalog.full_digest=true")
    chosen = recipes.load(recipe, changes)
    opened = choosing.opened(workspace, chosen, sources)
    _execute(opened, chosen, choosing.remembered(opened, sources), log_format)


def next_round(
    workspace: WorkspaceArgument,
    budget: Budget = None,
    settings: Set = None,
    device: Device = None,
    memory: Memory = None,
    runner: RunnerName = None,
    log_format: Format = LogFormat.text,
) -> None:
    """Closes the open round for good and chooses frames that add to all picks so far.

    Where a model was trained, it is the detector now; only what it changes is computed again.
    """
    from framesel.looping import choosing

    opened = Workspace.open(workspace)
    changes = overrides(settings, budget, device, runner=runner, memory_gb=memory)
    chosen, told = choosing.next_recipe(opened, changes)
    sources = choosing.remembered(opened, None)
    choosing.open_next(opened, chosen)
    for line in told:
        typer.echo(line)
    _execute(opened, chosen, sources, log_format)


def retry(workspace: WorkspaceArgument, log_format: Format = LogFormat.text) -> None:
    """Tries everything again that failed: files that could not be opened or broke on the way."""
    from framesel.looping import choosing
    from framesel.upkeep import move_failed

    opened = Workspace.open(workspace)
    chosen = recipes.load(choosing.last_recipe(opened))
    with opened.locked():
        moved = move_failed(opened, chosen)
    typer.echo(f"{moved} videos that broke on the way will be tried again")
    _execute(opened, chosen, choosing.remembered(opened, None), log_format, again=True)


def _execute(
    workspace: Workspace,
    recipe: recipes.Recipe,
    sources: list[str],
    log_format: LogFormat,
    *,
    again: bool = False,
) -> None:
    """Chooses, unless labels closed the last round, and says what came of it."""
    from framesel.cli.progress import display
    from framesel.looping import choosing

    between = choosing.is_between(workspace)
    before = "selection" if between else ""
    with display(workspace, log_format) as watch:
        report = choosing.choose(workspace, recipe, sources, watch, again=again, before=before)
    _tell_failures(workspace, report.failures)
    if between:
        typer.echo(
            f"\nround {report.round.number - 1} is closed, and all is ready for the next:\n"
            f"  choose    framesel next {workspace.root}"
        )
        return
    _tell_picks(workspace, recipe, report)


def _tell_picks(workspace: Workspace, recipe: recipes.Recipe, report: Report) -> None:
    """What was chosen, and what to do with it."""
    from framesel.cli.summing_up import sum_up

    folder = report.round.folder(workspace) / "export"
    budget = recipe.selection.budget
    asked = "" if budget is None else f" of {budget}"
    typer.echo(f"\nround {report.round.number}: {report.picks} picks{asked}")
    if budget is not None and report.picks < budget:
        typer.echo("  fewer than asked for: duplicates and limits left no more")
        if recipe.coarse is not None:
            typer.echo("  of the few frames that coarse to fine looked at: raise coarse.share")
    typer.echo(f"  pictures  {folder / 'images'}\n  list      {folder / 'picks.csv'}")
    typer.echo(f"  check     framesel verify {workspace.root}")
    typer.echo(f"  reasons   framesel why {workspace.root} VIDEO@SECONDS")
    sum_up(workspace)


def _tell_failures(workspace: Workspace, failures: Sequence[Mapping[str, Any]]) -> None:
    failed = sorted({(r["path"], r["error"]) for r in failures})
    if failed:
        typer.echo(f"\n{len(failed)} problems (all: framesel status {workspace.root}):")
        for path, error in failed[:10]:
            typer.echo(f"  {path}: {error}")


def settings_of(
    workspace: Workspace, settings: list[str] | None, recipe: Path | None
) -> recipes.Recipe:
    """The recipe of the last run, or the one given, with changes."""
    from framesel.looping.choosing import last_recipe

    return recipes.load(recipe or last_recipe(workspace), settings or [])


def as_yaml(content: object) -> str:
    """YAML for people."""
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
