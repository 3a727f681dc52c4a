"""The root command and what all commands share."""

from __future__ import annotations

import typer

from framesel import __version__
from framesel.cli import (
    add_dataset,
    check_labels,
    checks,
    cvat,
    drift,
    export,
    label_studio,
    labels,
    lists,
    loop,
    plan,
    push,
    reasons,
    recipes,
    report,
    review,
    rounds,
    run,
    simulate,
    split,
    train,
    training,
    upkeep,
)

app = typer.Typer(
    name="framesel",
    help="Chooses the video frames whose labels teach your detector most.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"framesel {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", callback=_version, is_eager=True),
) -> None:
    """Chooses the video frames whose labels teach your detector most."""


FAMILIES = (
    run,
    plan,
    loop,
    rounds,
    reasons,
    report,
    review,
    export,
    split,
    upkeep,
    checks,
    train,
    training,
    simulate,
)
for family in FAMILIES:
    family.register(app)
drift.register(app)
for family in (add_dataset, check_labels):
    family.register(labels.labels)
for server in (label_studio, cvat):
    server.register(push.push, push.pull)
labels.labels.add_typer(push.pull, name="pull")
app.add_typer(labels.labels, name="labels")
app.add_typer(push.push, name="push")
app.add_typer(recipes.app, name="recipe")
app.add_typer(lists.app, name="list")
