"""`report`: a page that explains a selection."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from framesel.cli.run import WorkspaceArgument
from framesel.errors import UsageError
from framesel.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Adds the commands of this family."""
    app.command("report")(report)


def report(
    workspace: WorkspaceArgument,
    round_: Annotated[
        int | None, typer.Option("--round", help="Number of the round; default: the latest.")
    ] = None,
    selection: Annotated[
        str | None, typer.Option("--selection", help="A folder under selection/ instead.")
    ] = None,
    folder: Annotated[
        bool,
        typer.Option(
            "--folder", help="A folder that holds every frame, for workspaces too large for a page."
        ),
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", help="Where to; default: the folder of the round.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open it in the browser.")] = False,
) -> None:
    """Makes a page that shows what was chosen, why, and what was left out for it."""
    if round_ is not None and selection is not None:
        raise UsageError("give --round or --selection, not both")
    from framesel.report import folder as folders
    from framesel.report import page, places
    from framesel.report.view import View

    opened = Workspace.open(workspace)
    view = View.of(opened, selection if round_ is None else str(round_))
    # the first time every frame is placed on a map, which takes longest
    typer.echo(f"drawing {len(view.frames):,} frames of {view.chosen.name} …", err=True)
    if folder:
        made = folders.write(view, places.folder_path(view, out))
    else:
        made = page.write(view, places.page_path(view, out))
    for remark in made.remarks:
        typer.echo(f"  {remark}")
    typer.echo(f"{made.path}  {made.size / 1e6:.1f} MB, {made.pictures:,} pictures")
    if open_:
        import webbrowser

        webbrowser.open(made.path.absolute().as_uri())
