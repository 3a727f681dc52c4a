"""`run` and `next`: choosing frames."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml

from framesel import recipe as recipes
from framesel.errors import UsageError, WorkspaceError
from framesel.workspace import Workspace, write_json

if TYPE_CHECKING:
    from framesel.rounds.state import Round


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
Budget = Annotated[
    str | None,
    typer.Option(
        "--budget",
        help="How many frames to choose, or what labelling may cost: '3000 boxes', '6 h', '90 min'",
    ),
]
Format = Annotated[LogFormat, typer.Option("--log-format", help="Log on stderr.")]
WorkspaceArgument = Annotated[Path, typer.Argument(metavar="WORKSPACE")]


def register(app: typer.Typer) -> None:
    """Adds the commands of this family."""
    app.command("run")(run)
    app.command("next")(next_round)
    app.command("retry")(retry)


def run(
    workspace: Annotated[Path, typer.Option("--workspace", "-w", help="Where tables are left.")],
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
    full_digest: Annotated[
        bool,
        typer.Option("--full-digest", help="Identify new files by all their bytes."),
    ] = False,
    log_format: Format = LogFormat.text,
) -> None:
    """Chooses the frames worth labelling. The same command again goes on where it stopped."""
    changes = overrides(settings, budget, device)
    if full_digest:
        changes.append("catalog.full_digest=true")
    chosen = recipes.load(recipe, changes)
    if not sources and not (workspace / "workspace.json").exists():
        raise UsageError("name some videos: framesel run VIDEOS --workspace FOLDER")
    if sources:
        from framesel.sources import expand

        expand(sources, sequence=chosen.catalog.sequence)  # mistakes before anything is written
    opened = Workspace.create(workspace)
    _execute(opened, chosen, _remembered(opened, sources), log_format, leave=_is_between(opened))


def next_round(
    workspace: WorkspaceArgument,
    budget: Budget = None,
    settings: Set = None,
    device: Device = None,
    log_format: Format = LogFormat.text,
) -> None:
    """Closes the open round for good and chooses frames that add to all picks so far."""
    from framesel.rounds import state

    opened = Workspace.open(workspace)
    chosen = recipes.load(_last_recipe(opened), overrides(settings, budget, device))
    sources = _remembered(opened, None)
    with opened.locked():
        this = state.current(opened)
        if this.number == 1 or this.selection is not None:
            _close(opened, this)
        # written down, so that `run` goes on with it should this be killed
        state.save(opened, state.current(opened))
    _execute(opened, chosen, sources, log_format)


def _close(workspace: Workspace, this: Round) -> None:
    """Closes a round whose picks were exported as they are."""
    from framesel import exporting
    from framesel.rounds import decisions, state

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


def _is_between(workspace: Workspace) -> bool:
    """Whether labels closed the last round and nobody asked for another yet."""
    from framesel.rounds import state

    known = state.rounds(workspace)
    return bool(known) and known[-1].closed


def retry(workspace: WorkspaceArgument, log_format: Format = LogFormat.text) -> None:
    """Tries everything again that failed: files that could not be opened or broke on the way."""
    from framesel.upkeep import move_failed

    opened = Workspace.open(workspace)
    chosen = recipes.load(_last_recipe(opened))
    with opened.locked():
        moved = move_failed(opened, chosen)
    typer.echo(f"{moved} videos that broke on the way will be tried again")
    between = _is_between(opened)
    _execute(opened, chosen, _remembered(opened, None), log_format, again=True, leave=between)


def overrides(settings: list[str] | None, budget: str | None, device: str | None) -> list[str]:
    """All that the command line says about the recipe, as ``--set`` texts."""
    found = list(settings or [])
    if budget is not None:
        found += spending(budget)
    if device is not None:
        found.append(f"run.device={json.dumps(device)}")
    return found


_SECONDS = {"s": 1, "min": 60, "h": 3600}


def spending(budget: str) -> list[str]:
    """A budget in frames, boxes or time, as ``--set`` texts.

    Raises:
        UsageError: It is none of these.
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", budget.strip())
    amount, unit = found.groups() if found else ("", "")
    if amount.isdigit() and unit in ("", "frames"):
        return [f"selection.budget={amount}"]
    if amount and unit == "boxes":
        return ["selection.budget=null", f"selection.limits.boxes={amount}"]
    if amount and unit in _SECONDS:
        most_s = float(amount) * _SECONDS[unit]
        return ["selection.budget=null", f"selection.limits.labelling.most_s={most_s:g}"]
    raise UsageError(
        f"--budget {budget!r}: give a number of frames, or what labelling may cost: "
        "'3000 boxes', '6 h', '90 min', '5400 s'"
    )


def _last_recipe(workspace: Workspace) -> Path:
    if not workspace.recipe.exists():
        raise WorkspaceError(f"{workspace.root} has no recipe yet: `framesel run` first")
    return workspace.recipe


def _remembered(workspace: Workspace, sources: list[str] | None) -> list[str]:
    """The sources as absolute texts; those of the last run where none are given."""
    path = workspace.root / "sources.json"
    if sources:
        from framesel.sources import plain

        found = [str(plain(Path(s))) for s in sources]
        if not path.exists() or json.loads(path.read_text("utf-8")) != found:
            write_json(path, found)
        return found
    if not path.exists():
        raise UsageError("name some videos: framesel run VIDEOS --workspace FOLDER")
    return [str(s) for s in json.loads(path.read_text("utf-8"))]


def _execute(
    workspace: Workspace,
    recipe: recipes.Recipe,
    sources: list[str],
    log_format: LogFormat,
    *,
    again: bool = False,
    leave: bool = False,
) -> None:
    """Runs the pipeline and says what came of it. ``leave``: chooses nothing."""
    from framesel.cli.progress import display
    from framesel.cli.summing_up import sum_up
    from framesel.datasets import input_files
    from framesel.pipeline import Pipeline

    with workspace.locked(), display(workspace, log_format) as watch:
        files = input_files(workspace, sources, sequence=recipe.catalog.sequence)
        before = "selection" if leave else ""
        report = Pipeline(workspace, recipe, watch).run(files, again=again, before=before)
    _tell_failures(workspace, report.failures)
    if leave:
        typer.echo(
            f"\nround {report.round.number - 1} is closed, and all is ready for the next:\n"
            f"  choose    framesel next {workspace.root}"
        )
        return
    folder = report.round.folder(workspace) / "export"
    budget = recipe.selection.budget
    asked = "" if budget is None else f" of {budget}"
    typer.echo(f"\nround {report.round.number}: {report.picks} picks{asked}")
    if budget is not None and report.picks < budget:
        typer.echo("  fewer than asked for: duplicates and limits left no more")
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
    return recipes.load(recipe or _last_recipe(workspace), settings or [])


def as_yaml(content: object) -> str:
    """YAML for people."""
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
