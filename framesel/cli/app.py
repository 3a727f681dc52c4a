"""The root command and what all commands share."""

from __future__ import annotations

import typer

from framesel import __version__
from framesel.cli import (
    checks,
    export,
    lists,
    reasons,
    recipes,
    report,
    review,
    run,
    simulate,
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


for family in (run, export, reasons, report, review, upkeep, checks, training, simulate):
    family.register(app)
app.add_typer(recipes.app, name="recipe")
app.add_typer(lists.app, name="list")
