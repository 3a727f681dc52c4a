"""`framesel simulate --tier selection`: strategies x budgets x seeds, in several processes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from framesel import threads
from framesel.simulation.arms import Arm, Tau
from framesel.simulation.comparison import Results
from framesel.simulation.processes import processes
from framesel.simulation.trial import Row, run
from framesel.simulation.world import World


class Source(Protocol):
    """Where worlds come from. It travels to worker processes."""

    @property
    def name(self) -> str:
        """Of its worlds, in tables."""
        ...

    def world(self, seed: int) -> World:
        """The world of a seed; the same for the same seed."""
        ...


@dataclass(frozen=True)
class Plan:
    """What is compared.

    Attributes:
        sources: Of the worlds.
        arms: Ways to spend a budget.
        budgets: In frames or percent of the pool; see :func:`framesel.simulation.trial.frames_of`.
        seeds: How many; each makes worlds of its own, in which all arms compete.
        tau: Thresholds of near-duplicates.
        first_seed: Seeds are counted from here: what was tuned on some is to be tested on others.
    """

    sources: tuple[Source, ...]
    arms: tuple[Arm, ...]
    budgets: tuple[str, ...]
    seeds: int
    tau: Tau
    first_seed: int = 0


def simulate(
    plan: Plan, *, workers: int = 1, watch: Callable[[str], None] = lambda text: None
) -> Results:
    """Run all arms in all worlds.

    Args:
        plan: What is compared.
        workers: Processes; each makes whole worlds, on one core. They change no result.
        watch: Is told of each finished world.
    """
    seeds = range(plan.first_seed, plan.first_seed + plan.seeds)
    tasks = [(plan, source, seed) for source in plan.sources for seed in seeds]
    if workers > 1 and len(tasks) > 1:
        with processes(workers) as pool:
            return _collected(pool.map(_one, tasks), watch)
    return _collected(map(_one, tasks), watch)


def _one(task: tuple[Plan, Source, int]) -> tuple[str, int, int, list[Row]]:
    """Name, seed and pool frames of a world, and what came of it."""
    plan, source, seed = task
    with threads.limited(1):
        world = source.world(seed)
        rows = list(run(world, plan.arms, plan.budgets, plan.tau))
    return world.name, seed, len(world.pool), rows


def _collected(
    finished: Iterable[tuple[str, int, int, list[Row]]],
    watch: Callable[[str], None],
) -> Results:
    rows: list[Row] = []
    frames: dict[str, list[int]] = {}
    for name, seed, pool, found in finished:
        rows += found
        frames.setdefault(name, []).append(pool)
        watch(f"{name}, seed {seed}: {pool:,} frames to choose from")
    return Results(tuple(rows), {n: float(np.mean(c)) for n, c in frames.items()})
