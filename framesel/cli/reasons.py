"""`why`, `compare`, `decisions`: reading a selection and what was said of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from framesel.cli.run import WorkspaceArgument, settings_of
from framesel.cli.table import show
from framesel.workspace import Workspace, write_bytes

Which = Annotated[
    str | None,
    typer.Option("--selection", help="Round, or folder under selection/; default: the latest."),
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this family."""
    app.command("why")(why)
    app.command("compare")(compare)
    app.command("decisions")(decisions)


def why(
    workspace: WorkspaceArgument,
    frame: Annotated[str, typer.Argument(help="VIDEO@SECONDS or VIDEO@pts:N")],
    selection: Which = None,
) -> None:
    """Says why a frame was chosen or left out."""
    from framesel import chosen
    from framesel.why import why as reasons

    opened = Workspace.open(workspace)
    recipe = settings_of(opened, None, None)
    for line in reasons(opened, recipe, chosen.find(opened, selection), frame):
        typer.echo(line)


def compare(
    workspace: WorkspaceArgument,
    a: Annotated[str, typer.Argument(help="Round, or folder under selection/.")],
    b: Annotated[str, typer.Argument(help="The other one.")],
    most: Annotated[int, typer.Option("--frames", help="Frames to list of each side.")] = 10,
) -> None:
    """Shows two selections side by side."""
    from framesel import chosen
    from framesel.comparison import compare as compared

    opened = Workspace.open(workspace)
    found = compared(opened, chosen.find(opened, a), chosen.find(opened, b))
    show(("", *found.names), found.rows())
    for side, frames in zip(found.names, found.only, strict=True):
        typer.echo(f"\nonly in {side}: {len(frames)}")
        for line in frames[:most]:
            typer.echo(f"  {line}")


def decisions(
    workspace: WorkspaceArgument,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.csv", help="Write them here instead.")
    ] = None,
) -> None:
    """Lists what a reviewer said, in order; what was taken back no longer stands."""
    from framesel.catalog import Catalog
    from framesel.decision_list import as_csv, as_rows, listed

    opened = Workspace.open(workspace)
    found = listed(opened)
    if out is not None:
        write_bytes(out, as_csv(found))
        typer.echo(f"{found.num_rows} decisions: {out}")
        return
    rows = as_rows(found, Catalog(opened).videos)
    show(("no", "at", "round", "said", "frame", "more", "stands"), rows)
