"""`simulate`: which strategy finds what, on footage of which all is known."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framesel.errors import UsageError

if TYPE_CHECKING:
    from framesel.simulation.simulate import Source

SYNTHETIC = ("moving", "dwell", "mixed")


class Tier(StrEnum):
    """How much of the way to a better detector is simulated."""

    selection = "selection"


def register(app: typer.Typer) -> None:
    """Adds the commands of this family."""
    app.command("simulate")(simulate)


def simulate(
    tier: Annotated[
        Tier, typer.Option(help="selection: what is chosen is judged, no detector is trained.")
    ] = Tier.selection,
    preset: Annotated[
        list[str] | None,
        typer.Option(help=f"Made footage: {', '.join(SYNTHETIC)}; repeatable. None: all three."),
    ] = None,
    workspace: Annotated[
        Path | None, typer.Option("--workspace", "-w", help="Real footage: one with embeddings.")
    ] = None,
    labels: Annotated[
        Path | None, typer.Option(help="Of the real footage. CSV: video,index,label,x,y,w,h.")
    ] = None,
    split: Annotated[
        Path | None,
        typer.Option(help="CSV: clip,split; `train` is chosen from. None: every third held out."),
    ] = None,
    strategy: Annotated[
        list[str] | None,
        typer.Option(help="A strategy or an arm, e.g. 'cover, informed'; repeatable."),
    ] = None,
    budget: Annotated[
        list[str] | None, typer.Option(help="300 frames, or 1% of the pool; repeatable.")
    ] = None,
    tiles: Annotated[
        bool, typer.Option("--tiles", help="Judge near-duplicates with tiles too; takes longer.")
    ] = False,
    seeds: Annotated[int, typer.Option(min=1, help="Worlds of each kind; tests take ten.")] = 10,
    workers: Annotated[int, typer.Option(min=0, help="Processes; 0: one per core.")] = 0,
    out: Annotated[
        list[Path] | None, typer.Option(help="A .md or .csv file to write; repeatable.")
    ] = None,
) -> None:
    """Compares strategies on footage of which all is known."""
    from rich.console import Console

    from framesel.cli.table import PIPED_WIDTH
    from framesel.simulation import arms, results_text
    from framesel.simulation.simulate import Plan
    from framesel.simulation.simulate import simulate as run

    del tier  # there is one so far
    for path in out or []:
        if path.suffix not in (".md", ".csv") or not path.absolute().parent.is_dir():
            raise UsageError(f"--out {path}: name a .md or .csv file in a folder that exists")
    chosen = arms.arms_named(tuple(strategy)) if strategy else arms.ARMS
    plan = Plan(
        sources=(*_made(preset, workspace, tiles), *_real(workspace, labels, split)),
        arms=chosen,
        budgets=tuple(budget or arms.BUDGETS),
        seeds=seeds,
        tau=arms.default_tau(),
    )
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    results = run(plan, workers=workers or cores or 1, watch=lambda t: typer.echo(t, err=True))
    report = results_text.report(results)
    console = Console()
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    report.show(console)
    for path in out or []:
        text = report.markdown() if path.suffix == ".md" else report.csv()
        path.write_text(text, encoding="utf-8")


def _made(presets: list[str] | None, workspace: Path | None, tiles: bool) -> list[Source]:
    """The presets that are named; all of them where neither they nor real footage are."""
    from framesel.simulation.presets import PRESETS
    from framesel.simulation.synthetic import Synthetic

    names = presets or ([] if workspace else list(SYNTHETIC))
    for name in names:
        if name not in SYNTHETIC:
            raise UsageError(f"--preset {name}: choose from {', '.join(SYNTHETIC)}")
    return [Synthetic(PRESETS[name], tiles) for name in names]


def _real(workspace: Path | None, labels: Path | None, split: Path | None) -> list[Source]:
    """The labelled footage of a workspace, if one is named."""
    if workspace is None or labels is None:
        if workspace or labels or split:
            raise UsageError("real footage takes both --workspace and --labels")
        return []
    from framesel.cli.run import settings_of
    from framesel.simulation.labelled_workspace import read
    from framesel.workspace import Workspace

    opened = Workspace.open(workspace)
    return [*read(opened, settings_of(opened, None, None), labels, split)]
