"""`loop`: round after round with stored labels in place of people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from framesel import recipe as recipes
from framesel.cli.run import (
    Budget,
    Device,
    Format,
    LogFormat,
    Memory,
    RecipeFile,
    RunnerName,
    Set,
    WorkspaceOption,
    overrides,
)

Weights = Annotated[
    str | None,
    typer.Option(
        "--weights",
        help="What each training begins with: PATH.pt, scratch:yolo11n, torchvision:NAME[@PATH]. "
        "If not given, the recipe's train.weights, or its detector.",
    ),
]


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command("loop")(loop)


def loop(
    sources: Annotated[list[str], typer.Argument(help="Videos, images, folders, globs, lists.")],
    workspace: WorkspaceOption,
    oracle: Annotated[
        Path, typer.Option("--oracle", help="Labels of all of it: a file or a folder.")
    ],
    rounds: Annotated[int, typer.Option("--rounds", min=1, help="How many.")],
    recipe: RecipeFile = None,
    budget: Budget = None,
    holdout: Annotated[
        list[str] | None,
        typer.Option("--holdout", help="Videos to judge models by, held out whole; repeatable."),
    ] = None,
    holdout_frames: Annotated[
        int | None,
        typer.Option(
            "--holdout-frames",
            help="To be labelled of the holdout; without --holdout videos are drawn for it.",
        ),
    ] = None,
    oracle_format: Annotated[
        str,
        typer.Option("--oracle-format", help="clips, csv, coco, yolo, voc, mot, cvat, …"),
    ] = "auto",
    stop: Annotated[
        bool, typer.Option("--stop", help="End where the stop rules recommend it.")
    ] = False,
    weights: Weights = None,
    settings: Set = None,
    device: Device = None,
    memory: Memory = None,
    runner: RunnerName = None,
    log_format: Format = LogFormat.text,
) -> None:
    """Chooses, labels from stored labels, trains, and chooses again.

    The same command again goes on where it stopped.
    """
    from framesel.cli.progress import display
    from framesel.looping import choosing
    from framesel.looping.loop import Plan, prepare

    plan = Plan(
        tuple(sources),
        oracle,
        rounds,
        tuple(holdout or ()),
        holdout_frames,
        oracle_format,
        stop,
    )
    said = overrides(settings, budget, device, weights, runner=runner, memory_gb=memory)
    ready = prepare(chosen := recipes.load(recipe, said), plan)
    opened = choosing.opened(workspace, chosen, plan.input)
    with display(opened, log_format) as watch:
        laps = ready.go(opened, watch, lambda lap: typer.echo(lap.line()))
    if laps[-1].stop and len(laps) < rounds:
        typer.echo(f"{rounds - len(laps)} more rounds were asked for, and left out")
    typer.echo(f"  rounds    framesel rounds {workspace}")
    typer.echo(f"  page      framesel report {workspace}")
