"""`pretrain`: a backbone of the user's own."""

from __future__ import annotations

import typer

from framesel.cli.run import Device, Set, WorkspaceArgument, overrides, settings_of
from framesel.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Adds the commands of this family."""
    app.command("pretrain")(pretrain)


def pretrain(workspace: WorkspaceArgument, settings: Set = None, device: Device = None) -> None:
    """Trains a backbone on the workspace's own frames, without labels."""
    from framesel.pretraining import pretrain as train

    opened = Workspace.open(workspace)
    chosen = settings_of(opened, overrides(settings, None, device), None)
    with opened.locked():
        found = train(opened, chosen, typer.echo)
    typer.echo(
        f"use it: framesel run --workspace {workspace} --set embeddings.backbone=file:{found}"
    )
