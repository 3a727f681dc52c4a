"""`labels add-dataset`: what was labelled before there was a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from framesel.cli.labels import Annotator, NewClasses, OnlyKnown, Rename, Reviewed, say
from framesel.cli.run import Format, LogFormat, WorkspaceArgument
from framesel.workspace import Workspace


def register(labels: typer.Typer) -> None:
    """Adds the command."""
    labels.command("add-dataset")(add_dataset)


def add_dataset(
    workspace: WorkspaceArgument,
    path: Annotated[Path, typer.Argument(metavar="LABELS", help="A file, a folder or a zip.")],
    images: Annotated[Path, typer.Option("--images", help="The folder that holds the pictures.")],
    format_name: Annotated[
        str, typer.Option("--format", help="auto, or a format's name: coco, yolo, voc, …")
    ] = "auto",
    reviewed: Reviewed = "auto",
    rename: Rename = None,
    new_classes: NewClasses = False,
    only_known: OnlyKnown = False,
    annotator: Annotator = "",
    log_format: Format = LogFormat.text,
) -> None:
    """Adds an older dataset: its pictures count as labelled, and picks keep away from them."""
    from framesel.cli.progress import display
    from framesel.handover.add_dataset import Dataset
    from framesel.handover.add_dataset import add_dataset as add
    from framesel.handover.class_names import renaming
    from framesel.handover.incoming import How

    opened = Workspace.open(workspace)
    how = How(renaming(rename or ()), new_classes, only_known, annotator)
    dataset = Dataset.read(path, images, format_name)
    with display(opened, log_format) as watch:
        taken = add(opened, dataset, reviewed, watch, how)
    say(taken, workspace)
    typer.echo(f"  choose    framesel run --workspace {workspace}")
