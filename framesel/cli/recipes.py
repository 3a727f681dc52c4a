"""`recipe`: what a recipe may hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from framesel import recipe as recipes

app = typer.Typer(help="What a recipe may hold, and whether one is right.", no_args_is_help=True)


@app.command("schema")
def schema() -> None:
    """Prints a JSON schema, for editors that complete and check YAML."""
    content = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    typer.echo(json.dumps({**content, **recipes.Recipe.model_json_schema()}, indent=2))


@app.command("check")
def check(
    path: Annotated[Path, typer.Argument(metavar="RECIPE")],
    settings: Annotated[list[str] | None, typer.Option("--set", metavar="STAGE.KEY=VALUE")] = None,
) -> None:
    """Lists all mistakes of a recipe, or prints it with every default written out."""
    typer.echo(recipes.load(path, settings or []).to_yaml())
