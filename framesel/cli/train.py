"""`train`: a detector from what is labelled."""

from __future__ import annotations

from typing import Annotated

import typer

from framesel.cli.run import (
    Device,
    Format,
    LogFormat,
    RunnerName,
    Set,
    WorkspaceArgument,
    overrides,
)
from framesel.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Adds the commands of this family."""
    app.command("train")(train)


def train(
    workspace: WorkspaceArgument,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights",
            help="What training begins with: PATH.pt, scratch:yolo11n, torchvision:NAME[@PATH]. "
            "If not given, that of last time, or the detector of the first run.",
        ),
    ] = None,
    settings: Set = None,
    device: Device = None,
    runner: RunnerName = None,
    log_format: Format = LogFormat.text,
) -> None:
    """Trains a detector on everything that is labelled, and says how good it is."""
    from framesel import api
    from framesel.cli.progress import display

    opened, changes = Workspace.open(workspace), overrides(settings, None, None, weights)
    with display(opened, log_format) as watch:
        found = api.train(workspace, settings=changes, device=device, runner=runner, watch=watch)
    for line in found.lines():
        typer.echo(line)
    typer.echo(f"  weights    {found.model.path(opened) / found.model.weights}")
    typer.echo(f"  go on      framesel next {workspace}")
