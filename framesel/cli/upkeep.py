"""`status`, `gc`, `forget`: looking at a workspace and keeping it tidy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from framesel.cli.plan import tell_beside
from framesel.cli.run import RecipeFile, Set, WorkspaceArgument, settings_of
from framesel.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Adds the commands of this family."""
    app.command("status")(status)
    app.command("gc")(gc)
    app.command("forget")(forget)


def status(
    workspace: WorkspaceArgument,
    recipe: RecipeFile = None,
    settings: Set = None,
    videos: Annotated[bool, typer.Option("--videos", help="List every video.")] = False,
) -> None:
    """Shows what is done, what is stale and why, and what failed."""
    from framesel import planning
    from framesel.catalog import Catalog
    from framesel.rounds import state

    opened = Workspace.open(workspace)
    chosen = settings_of(opened, settings, recipe)
    catalog = Catalog(opened)
    steps = planning.plan(opened, chosen)
    console = Console(soft_wrap=True)
    gone = len(catalog.videos) - len(catalog.live)
    console.print(
        f"{len(catalog.live)} videos and images, {len(catalog.errors)} could not be opened, "
        f"{gone} no longer there",
        highlight=False,
    )
    table = Table("stage", "fingerprint", "done", "rows", "to do because", box=None)
    for step in steps:
        table.add_row(
            step.name,
            step.key,
            f"{step.done}/{step.total}",
            f"{_rows(opened, step):,}",
            escape(step.why),
        )
    console.print(table)
    for this in state.rounds(opened):
        word = "closed" if this.closed else "open"
        chosen_as = this.selection or "nothing is chosen yet"
        console.print(f"round {this.number}: {word}, {chosen_as}", highlight=False)
    _print_models(console, opened)
    tell_beside(opened)
    _print_failures(console, planning.failures(opened, steps))
    if videos:
        _print_videos(console, catalog.videos, catalog.live)


def _print_models(console: Console, workspace: Workspace) -> None:
    from framesel.learning import assessment
    from framesel.rounds import models

    for model in models.models(workspace):
        told = assessment.known(model.path(workspace)) or {}
        where = f"{model.prefix}{model.folder}/{model.weights}"
        said = (
            [f"model of round {model.round}: {where}", *assessment.lines(told)]
            if told
            else [
                f"model of round {model.round}: {where}, its metrics.json is gone: `framesel train`"
            ]
        )
        console.print("\n  ".join(said), highlight=False, markup=False)


def _rows(workspace: Workspace, step: Any) -> int:
    from framesel import tables

    folder = workspace.stage(step.name, step.key)
    gathered = folder / "all.parquet"
    found = [gathered] if gathered.exists() else folder.glob("s[0-9]*.parquet")
    return sum(tables.footer(p)["rows"] for p in found)


def _print_failures(console: Console, failures: list[dict[str, Any]]) -> None:
    if not failures:
        return
    console.print(f"\n{len(failures)} problems:")
    for row in failures:
        console.print(f"  {row['stage']}: {row['path']}: {row['error']}", markup=False)


def _print_videos(console: Console, videos: dict[int, Any], live: frozenset[int]) -> None:
    for number, row in sorted(videos.items()):
        length = f"{row['duration_s']:.1f} s" if row["duration_s"] else "-"
        gone = "" if number in live else " (gone)"
        console.print(
            f"  {number:6d}  {row['codec']:8} {row['width']}x{row['height']} {length:>10}  "
            f"{row['path']}{gone}",
            markup=False,
            highlight=False,
        )


def gc(
    workspace: WorkspaceArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Remove; without it, only list.")] = False,
) -> None:
    """Removes tables that neither the current recipe nor any round refers to."""
    from framesel import upkeep

    opened = Workspace.open(workspace)
    with opened.locked():
        folders = upkeep.unreferenced(opened, settings_of(opened, None, None))
        freed = sum(upkeep.size_bytes(f) for f in folders)
        for folder in folders:
            typer.echo(f"  {folder.relative_to(opened.root)}  {upkeep.size_bytes(folder):,} bytes")
        if yes:
            upkeep.remove(folders)
            typer.echo(f"freed {freed:,} bytes, and {opened.sweep()} temporary files")
        else:
            typer.echo(f"{freed:,} bytes could be freed: add --yes")


def forget(
    workspace: WorkspaceArgument,
    video: Annotated[str, typer.Argument(help="Number, path or file name.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Removes all that was derived from a video, and never takes it up again."""
    from framesel import upkeep
    from framesel.catalog import Catalog
    from framesel.rounds import model_upkeep

    opened = Workspace.open(workspace)
    number = Catalog(opened).find(video)
    path = Catalog(opened).videos[number]["path"]
    if not yes:
        typer.confirm(f"Remove all that was derived from {path}? It cannot be undone.", abort=True)
    with opened.locked():
        taught = model_upkeep.taught_by(opened, number)
        touched = upkeep.forget(opened, number)
    typer.echo(f"forgot {Path(path).name}: {len(touched)} files were rewritten or removed")
    for model in taught:
        typer.echo(
            f"  the weights of round {model.round} were trained on it and stay: {model.folder}; "
            "`framesel train` makes others"
        )
