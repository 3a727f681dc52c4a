"""`simulate --tier detector`: what a detector learns from the picks of strategies."""

from __future__ import annotations

import time
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from framesel import threads
from framesel.errors import UsageError

if TYPE_CHECKING:
    from framesel.simulation.detector.plan import Plan, School
    from framesel.simulation.detector.report import Report

SETTINGS = ("as_is", "dwell", "rare", "bccd")
LEARNERS = ("ridge", "yolo")


class Part(StrEnum):
    """What detectors are judged by."""

    dev = "dev"
    test = "test"


Settings = Annotated[
    list[str] | None,
    typer.Option("--setting", help=f"detector: {', '.join(SETTINGS)}; repeatable. None: all."),
]
Data = Annotated[
    Path | None,
    typer.Option(help="detector: folder with drone/videos, drone/labels and bccd/BCCD."),
]
Results = Annotated[
    Path | None,
    typer.Option(help="detector: folder for pictures, features and results; goes on from there."),
]
Learners = Annotated[
    list[str] | None,
    typer.Option(
        "--learner",
        help="detector: ridge (closed form, on frozen features) or yolo; repeatable: both are "
        "compared. None: ridge.",
    ),
]
Weights = Annotated[
    Path | None, typer.Option(help="detector: the .pt file that every training begins with.")
]
ArmsFile = Annotated[
    Path | None, typer.Option("--arms", help="detector: YAML, a list of arms beside --strategy.")
]
Judge = Annotated[
    Part, typer.Option(help="detector: clips to judge by. test: once, when all is decided.")
]
Minutes = Annotated[
    float | None,
    typer.Option(
        min=0, help="detector: train nothing new after so long; 0: only show what is there."
    ),
]
Device = Annotated[str, typer.Option(help="detector: where yolo is trained: auto, cpu, cuda.")]


@dataclass(frozen=True)
class Asked:
    """Options of this tier alone."""

    setting: list[str] | None
    data: Path | None
    results: Path | None
    learner: list[str] | None
    weights: Path | None
    arms: Path | None
    judge: Part
    minutes: float | None
    device: str

    def refuse(self) -> None:
        """For another tier.

        Raises:
            UsageError: One of them was given.
        """
        usual = Asked(None, None, None, None, None, None, Part.dev, None, "cpu")
        for field in fields(self):
            if getattr(self, field.name) != getattr(usual, field.name):
                raise UsageError(f"--{field.name} belongs to --tier detector")


@dataclass(frozen=True)
class Shared:
    """Options of all tiers."""

    split: Path | None
    strategy: list[str] | None
    budget: list[str] | None
    seeds: int
    first_seed: int
    workers: int
    out: list[Path] | None


def simulate(asked: Asked, shared: Shared) -> None:
    """Runs what is missing; prints the tables and writes them."""
    from framesel.simulation.detector.plan import records
    from framesel.simulation.detector.plan import simulate as run
    from framesel.simulation.detector.report import KINDS, report
    from framesel.simulation.detector.results import Store

    check_outs(shared.out, KINDS)
    if asked.data is None or asked.results is None or asked.weights is None:
        raise UsageError("--tier detector takes --data, --results and --weights")
    began_s = time.time()
    ends_s = float("inf") if asked.minutes is None else began_s + 60 * asked.minutes
    workers = shared.workers or threads.cores()
    store = Store(asked.results / "results")
    found = []
    for plan in _plans(asked, shared, workers):
        if asked.minutes == 0:
            done = records(plan, store)
        else:
            done = run(plan, store, workers=workers, ends_s=ends_s, watch=tell)
        found += [(plan.school.name, record) for record in done]
    told = report(found, plan.arms)
    _show(told)
    for path in shared.out or []:
        told.write(path)


def tell(text: str) -> None:
    """A line of progress; from workers too."""
    typer.echo(text, err=True)


def check_outs(paths: list[Path] | None, kinds: tuple[str, ...]) -> None:
    """Refuses what cannot be written.

    Raises:
        UsageError: An unknown suffix, or a folder that is not there.
    """
    for path in paths or []:
        if path.suffix not in kinds or not path.absolute().parent.is_dir():
            names = " or ".join((", ".join(kinds[:-1]), kinds[-1]))
            raise UsageError(f"--out {path}: name a {names} file in a folder that exists")


def _plans(asked: Asked, shared: Shared, workers: int) -> list[Plan]:
    """One for each kind of detector."""
    from framesel.simulation.detector import arms
    from framesel.simulation.detector.plan import Plan
    from framesel.simulation.detector.sources import LabelledSource

    assert asked.data is not None
    assert asked.results is not None
    names = asked.setting or list(SETTINGS)
    for name in names:
        if name not in SETTINGS:
            raise UsageError(f"--setting {name}: choose from {', '.join(SETTINGS)}")
    pictures = asked.results / "pictures"
    sources = tuple(
        LabelledSource(name, asked.data, shared.split, asked.judge.value, pictures)  # type: ignore[arg-type]
        for name in dict.fromkeys(names)
    )
    chosen = arms.arms_named(shared.strategy) if shared.strategy else ()
    chosen += arms.read_arms(asked.arms) if asked.arms else ()
    return [
        Plan(
            sources=sources,
            school=_school(name, asked, workers),
            arms=arms.checked(chosen) if chosen else arms.ARMS,
            budgets=_budgets(shared.budget),
            seeds=shared.seeds,
            first_seed=shared.first_seed,
        )
        for name in dict.fromkeys(asked.learner or ["ridge"])
    ]


def _school(name: str, asked: Asked, workers: int) -> School:
    assert asked.weights is not None
    assert asked.results is not None
    if not asked.weights.is_file():
        raise UsageError(f"--weights {asked.weights}: there is no such file")
    if name == "yolo":
        from framesel.runtime import check_device, cuda_devices
        from framesel.simulation.detector.yolo import YoloSchool

        check_device(asked.device)
        found = "cuda" if cuda_devices() else "cpu"
        return YoloSchool(
            weights=str(asked.weights),
            folder=asked.results / "trained",
            device=found if asked.device == "auto" else asked.device,
            threads=max(1, threads.cores() // workers),
        )
    if name == "ridge":
        from framesel.simulation.detector.ridge import RidgeSchool

        return RidgeSchool(asked.weights, asked.results / "features")
    raise UsageError(f"--learner {name}: choose from {', '.join(LEARNERS)}")


def _budgets(texts: list[str] | None) -> tuple[int, ...] | None:
    """Frames, rising; None where nothing was said."""
    if not texts:
        return None
    if not all(text.isdigit() and int(text) > 0 for text in texts):
        raise UsageError(f"--budget {', '.join(texts)}: give whole numbers of frames, from 1 on")
    return tuple(sorted({int(text) for text in texts}))


def _show(told: Report) -> None:
    from rich.console import Console

    from framesel.cli.table import PIPED_WIDTH
    from framesel.simulation.results_text import show

    console = Console()
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    for grid in told.grids():
        show(grid, console)
    for line in told.legend():
        console.print(line, highlight=False, markup=False)
