"""`review`: the desk."""

from __future__ import annotations

from typing import Annotated

import typer

from framesel.cli.run import WorkspaceArgument
from framesel.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Adds the commands of this family."""
    app.command("review")(review)


def review(
    workspace: WorkspaceArgument,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any that is free.")] = 0,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open it in the browser.")] = True,
    selection: Annotated[
        str | None,
        typer.Option("--selection", help="Round, or folder under selection/; default: the latest."),
    ] = None,
) -> None:
    """Opens the desk: a page on this machine at which the picks are reviewed."""
    from framesel.desk import serve

    serve.check_installed()
    from framesel.desk.app import create
    from framesel.desk.desk import Desk

    desk = Desk(Workspace.open(workspace), selection)
    with serve.listen(port) as listening:
        token = serve.new_token()
        address = serve.address(listening, token)
        typer.echo(
            f"the desk is open at {address}\n  Ctrl-C closes it; every decision is kept at once"
        )
        if open_:
            typer.launch(address)
        serve.serve(desk, create, token, listening)
    serve.leave()
