"""`labels add-dataset`: what was labelled before there was a workspace."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from framesel.cli.run import Format, LogFormat, WorkspaceArgument
from framesel.workspace import Workspace


def register(labels: typer.Typer) -> None:
    """Adds the command."""
    labels.command("add-dataset")(add_dataset)


def add_dataset(
    workspace: WorkspaceArgument,
    path: Annotated[Path, typer.Argument(metavar="LABELS", help="A file, a folder or a zip.")],
    images: Annotated[Path, typer.Option("--images", help="The folder that holds the pictures.")],
    format_name: Annotated[str, typer.Option("--format", help="auto, or one by name.")] = "auto",
    reviewed: Annotated[
        str,
        typer.Option(
            "--reviewed",
            help="Which pictures count: auto (what the format says; where it cannot, those with "
            "boxes), all (the empty ones too, as background), boxed, or a file of names.",
        ),
    ] = "auto",
    rename: Annotated[
        list[str] | None, typer.Option("--rename", metavar="OLD=NEW", help="A class; repeatable.")
    ] = None,
    new_classes: Annotated[
        bool, typer.Option("--new-classes", help="Accept classes that nobody declared.")
    ] = False,
    only_known: Annotated[
        bool, typer.Option("--only-known", help="Leave what does not agree; take the rest.")
    ] = False,
    annotator: Annotated[
        str, typer.Option("--annotator", help="Who labelled it, where the labels do not say.")
    ] = "",
    log_format: Format = LogFormat.text,
) -> None:
    """Adds an older dataset: its pictures count as labelled, and picks keep away from them."""
    from framesel.cli.progress import display
    from framesel.handover.add_dataset import Dataset
    from framesel.handover.add_dataset import add_dataset as add
    from framesel.handover.class_names import renaming
    from framesel.handover.incoming import How

    opened = Workspace.open(workspace)
    how = How(renaming(rename or []), new_classes, only_known, annotator)
    dataset = Dataset.read(path, images, format_name)
    with display(opened, log_format) as watch:
        taken = add(opened, dataset, reviewed, watch, how)
    if taken.number is None:
        typer.echo("nothing new")
        return
    typer.echo(f"import {taken.number}: {taken.frames:,} pictures with {taken.boxes:,} boxes")
    if taken.review.undecided:
        typer.echo(
            f"  {taken.review.undecided:,} empty pictures do not count: the format cannot say "
            "whether anyone looked at them; --reviewed all takes them as background"
        )
    if taken.refused:
        typer.echo(f"  {len(taken.refused):,} pictures do not agree and were left")
    typer.echo(f"  choose    framesel run --workspace {opened.root}")
