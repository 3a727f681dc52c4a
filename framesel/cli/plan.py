"""`plan`: what a run will take, before it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framesel.cli.run import Budget, Device, Memory, RecipeFile, Set, overrides
from framesel.foresight import MEASURE_S
from framesel.workspace import Workspace

if TYPE_CHECKING:
    from framesel.foresight.prediction import Prediction


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("plan")(plan)


def plan(
    sources: Annotated[
        list[str] | None,
        typer.Argument(help="As for run. None: those of last time in the workspace."),
    ] = None,
    recipe: RecipeFile = None,
    budget: Budget = None,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace", "-w", help="Only what is missing there is planned; it keeps the plan."
        ),
    ] = None,
    settings: Set = None,
    device: Device = None,
    memory: Memory = None,
    measure_s: Annotated[
        float, typer.Option("--measure-s", min=1.0, help="Seconds for measuring, about.")
    ] = MEASURE_S,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Predicts what `run` will take: time of each stage, disk, memory; says what dominates.

    Opens every file, and runs the recipe on a little of the footage: that is how fast it goes here.
    """
    from framesel import api

    found = api.plan(
        sources,
        workspace,
        recipe,
        budget=budget,
        settings=overrides(settings, None, None, memory_gb=memory),
        device=device,
        measure_s=measure_s,
    )
    if as_json:
        typer.echo(found.model_dump_json(indent=2))
        return
    tell(found)
    if workspace is not None and found.rows:
        typer.echo(f"\nafter the run: framesel status {workspace}")


def tell(found: Prediction) -> None:
    """Prints a prediction."""
    from framesel.cli.table import show
    from framesel.foresight import words

    if found.rows:
        show(words.HEAD, words.table(found))
    typer.echo("\n".join(["", *words.lines(found)] if found.rows else words.lines(found)))


def tell_beside(workspace: Workspace) -> None:
    """Prints what was predicted beside what it took, where something was predicted."""
    from framesel.cli.table import show
    from framesel.foresight import prediction, words

    found = prediction.read(workspace)
    if found is None or not found.taken:
        return
    typer.echo("\nas `framesel plan` said, and as it was:" if found.complete else "\nso far:")
    show(words.BESIDE, words.beside(found))
