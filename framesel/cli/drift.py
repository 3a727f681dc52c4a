"""`drift`: whether new footage is like that of a workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from framesel.cli.run import Format, LogFormat, WorkspaceArgument
from framesel.cli.table import show
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.drift.check import Checked


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("drift")(drift)


def drift(
    workspace: WorkspaceArgument,
    new: Annotated[
        list[str],
        typer.Argument(metavar="NEW_VIDEOS", help="Videos, images, folders, globs, text lists."),
    ],
    alpha: Annotated[
        float,
        typer.Option("--alpha", help="How often unchanged footage may be called changed."),
    ] = 0.05,
    permutations: Annotated[
        int, typer.Option("--permutations", min=1, help="How often the sides are exchanged.")
    ] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="Of what is drawn.")] = 0,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept", help="Add the videos, and choose the next frames from what is new in them."
        ),
    ] = False,
    log_format: Format = LogFormat.text,
) -> None:
    """Tells whether new footage differs from the workspace's, and which of it is new."""
    from framesel.cli.progress import display
    from framesel.drift.check import Asked, check
    from framesel.drift.check import accept as take_up

    asked = Asked(alpha, permutations, seed)
    opened = Workspace.open(workspace)
    with opened.locked(), display(opened, log_format) as watch:
        found = check(opened, new, asked, watch)
        density = take_up(opened, found, new) if accept else None
    _tell(found)
    if not accept:
        typer.echo(f"  take up   framesel drift {workspace} NEW_VIDEOS --accept")
        return
    typer.echo(f"  added to  {opened.root / 'sources.json'}")
    if density is None:
        typer.echo("  not told apart from what is known: the next selection weighs all alike")
    else:
        typer.echo(f"  density   {density} (selection.density of the workspace's recipe)")
    typer.echo(
        f"  go on     framesel next {workspace}, or framesel run --workspace {workspace} if the "
        "open round is not labelled yet"
    )


def _tell(found: Checked) -> None:
    told = found.drift
    for line in told.lines():
        typer.echo(line)
    typer.echo("")
    show(("test", "here", "by chance (95 %)", "p", "p of all", "what is compared"), told.tests())
    if rows := list(told.newest()):
        typer.echo("\nvideos that are unlike the known ones:")
        show(("video", "far frames", "distance", "p", "seconds"), rows)
    if rows := list(told.grown()):
        typer.echo("\nwhat there is more of:")
        show(("such as", "new", "known", "videos", "p"), rows)
    typer.echo(f"\n  report    {found.folder / 'report.json'}")
    typer.echo(f"  picture   {found.folder / 'drift.png'}")
