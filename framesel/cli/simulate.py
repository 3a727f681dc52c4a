"""`simulate`: which strategy finds or teaches what, on footage of which all is known."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framesel import threads
from framesel.cli import simulate_detector as detector_tier
from framesel.errors import UsageError
from framesel.workspace import folder_of

if TYPE_CHECKING:
    from framesel.simulation.simulate import Plan, Source

SYNTHETIC = ("moving", "dwell", "mixed")


class Tier(StrEnum):
    """How much of the way to a better detector is simulated."""

    selection = "selection"
    detector = "detector"


Tiers = Annotated[
    Tier,
    typer.Option(
        help="selection: what is chosen is judged; detector: one is trained at every budget."
    ),
]
Presets = Annotated[
    list[str] | None,
    typer.Option("--preset", help=f"Made footage: {', '.join(SYNTHETIC)}; repeatable. None: all."),
]
Embedded = Annotated[
    Path | None,
    typer.Option("--workspace", "-w", parser=folder_of, help="Real footage: one with embeddings."),
]
Labels = Annotated[
    Path | None, typer.Option(help="Of the real footage. CSV: video,index,label,x,y,w,h.")
]
Split = Annotated[
    Path | None,
    typer.Option(
        help="CSV: clip,split; `train` is chosen from. None: every third held out. "
        "detector: also frames, and it is needed."
    ),
]
Strategies = Annotated[
    list[str] | None,
    typer.Option("--strategy", help="A strategy or an arm, e.g. 'cover, informed'; repeatable."),
]
Budgets = Annotated[
    list[str] | None,
    typer.Option("--budget", help="300 frames, or 1% of the pool (not detector); repeatable."),
]
Tiles = Annotated[
    bool, typer.Option("--tiles", help="Judge near-duplicates with tiles too; takes longer.")
]
Seeds = Annotated[int, typer.Option(min=1, help="Worlds of each kind; tests take ten.")]
FirstSeed = Annotated[
    int, typer.Option(min=0, help="Count seeds from here: test on others than you tuned on.")
]
Workers = Annotated[int, typer.Option(min=0, help="Processes; 0: one per core.")]
Outs = Annotated[
    list[Path] | None,
    typer.Option("--out", help="A .md or .csv file to write (detector: .png, .svg); repeatable."),
]


def register(app: typer.Typer) -> None:
    """Adds the commands of this family."""
    app.command("simulate")(simulate)


def simulate(
    tier: Tiers = Tier.selection,
    preset: Presets = None,
    workspace: Embedded = None,
    labels: Labels = None,
    split: Split = None,
    strategy: Strategies = None,
    budget: Budgets = None,
    tiles: Tiles = False,
    seeds: Seeds = 10,
    first_seed: FirstSeed = 0,
    workers: Workers = 0,
    out: Outs = None,
    setting: detector_tier.Settings = None,
    data: detector_tier.Data = None,
    results: detector_tier.Results = None,
    learner: detector_tier.Learners = None,
    weights: detector_tier.Weights = None,
    arms: detector_tier.ArmsFile = None,
    judge: detector_tier.Judge = detector_tier.Part.dev,
    minutes: detector_tier.Minutes = None,
    device: detector_tier.Device = "cpu",
) -> None:
    """Compares strategies on footage of which all is known."""
    asked = detector_tier.Asked(
        setting, data, results, learner, weights, arms, judge, minutes, device
    )
    shared = detector_tier.Shared(split, strategy, budget, seeds, first_seed, workers, out)
    if tier is Tier.detector:
        if preset or workspace or labels or tiles:
            raise UsageError(
                "--preset, --workspace, --labels and --tiles belong to --tier selection; name "
                "footage with --setting, --data and --split"
            )
        detector_tier.simulate(asked, shared)
        return
    asked.refuse()
    _selection([*_made(preset, workspace, tiles), *_real(workspace, labels, split)], shared)


def _selection(sources: list[Source], shared: detector_tier.Shared) -> None:
    """The tier in which nothing is trained."""
    from framesel.simulation import arms
    from framesel.simulation.simulate import Plan

    detector_tier.check_outs(shared.out, (".md", ".csv"))
    named = shared.strategy
    plan = Plan(
        sources=tuple(sources),
        arms=arms.arms_named(tuple(named)) if named else arms.ARMS,
        budgets=tuple(shared.budget or arms.BUDGETS),
        seeds=shared.seeds,
        tau=arms.default_tau(),
        first_seed=shared.first_seed,
    )
    _execute(plan, shared.workers or threads.cores(), shared.out or [])


def _execute(plan: Plan, workers: int, out: list[Path]) -> None:
    """Runs a plan; prints its tables and writes them."""
    from rich.console import Console

    from framesel.cli.table import PIPED_WIDTH
    from framesel.simulation.results_text import report
    from framesel.simulation.simulate import simulate as run

    results = run(plan, workers=workers, watch=lambda text: typer.echo(text, err=True))
    found = report(plan, results)
    console = Console()
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    found.show(console)
    for path in out:
        text = found.markdown() if path.suffix == ".md" else found.csv()
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
