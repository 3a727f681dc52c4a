"""What the stages take that see everything: timed on the sample, many times over."""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from framesel import planning
from framesel.foresight.bench import Bench, peak_bytes
from framesel.foresight.costs import Growth
from framesel.foresight.measuring import Measured, sample_recipe
from framesel.foresight.repeating import repeat
from framesel.pipeline import Pipeline
from framesel.recipe import Recipe
from framesel.workspace import Workspace

STEP = 8
"""So many times more frames in each trial than in the one before."""


@dataclass(frozen=True)
class Gathered:
    """Stages that see everything.

    Attributes:
        growth: By name.
        frames: Of the largest trial.
        memory: Bytes of this process at its peak.
    """

    growth: Mapping[str, Growth]
    frames: int
    memory: int


def time_gathering(
    sample: Workspace,
    measured: Measured,
    recipe: Recipe,
    frames: float,
    most_s: float,
    folder: Path,
) -> Gathered:
    """Runs the gathering stages on more and more frames, up to as many as there will be.

    Args:
        sample: Is finished.
        measured: What it told.
        recipe: What will be done.
        frames: That are expected.
        most_s: Seconds, about.
        folder: For workspaces that are removed again.
    """
    began, copies, base = time.monotonic(), 1, max(measured.frames, 1)
    points: dict[str, list[tuple[float, float]]] = defaultdict(list)
    sizes: dict[str, float] = {}
    while True:
        count = copies * base
        trial = time.monotonic()
        walls = _trial(sample, recipe, copies, base, folder, sizes)
        for name, seconds in walls.items():
            points[name].append((float(count), seconds))
        took, spent = time.monotonic() - trial, time.monotonic() - began
        wanted = -(-int(frames) // base)
        if copies >= wanted or spent + STEP / 2 * took > most_s:
            break
        copies = min(wanted, copies * STEP)
    growth = {
        name: Growth(
            max(0.0, measured.cold.get(name, 0.0) - known[0][1]),
            tuple(known),
            sizes[name] / (copies * base),
        )
        for name, known in points.items()
    }
    return Gathered(growth, copies * base, peak_bytes())


def _trial(
    sample: Workspace,
    recipe: Recipe,
    copies: int,
    base: int,
    folder: Path,
    sizes: dict[str, float],
) -> dict[str, float]:
    """Seconds of each gathering stage; their bytes on disk go to ``sizes``."""
    frames = copies * base
    made = repeat(sample, sample_recipe(recipe, 1), copies, folder / f"x{copies}")
    # half of the frames at most, so that there is something to choose from
    chosen = sample_recipe(recipe, max(1, min(recipe.selection.budget or frames, frames // 2)))
    bench = Bench(made)
    Pipeline(made, chosen, bench, bench.runner).work()
    for step in planning.plan(made, chosen):
        if step.name in bench.walls:
            written = made.stage(step.name, step.key).glob("*.parquet")
            sizes[step.name] = float(sum(p.stat().st_size for p in written))
    shutil.rmtree(made.root)
    return bench.walls
