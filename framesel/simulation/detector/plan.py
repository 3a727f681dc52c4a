"""Settings x seeds x arms x budgets, in several processes; what is done is not done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from framesel import threads
from framesel.simulation.arms import default_tau
from framesel.simulation.detector.arms import FULL, Arm
from framesel.simulation.detector.pool import Judged, Pool
from framesel.simulation.detector.protocol import Learner
from framesel.simulation.detector.results import Record, Store
from framesel.simulation.detector.trial import run, run_full
from framesel.simulation.detector.world import World
from framesel.simulation.processes import processes

VERSION: Final = 5
"""Raise by hand whenever the same arm chooses something else."""

BUDGETS = 6
LEAST_BUDGET = 10
BEYOND = (2, 4, 8)
"""Further budgets, in numbers of clips: with one frame of each, no detector is at its best yet."""

Watch = Callable[[str], None]


class Source(Protocol):
    """Where pools come from. It travels to worker processes."""

    @property
    def name(self) -> str:
        """Of its setting, in tables."""
        ...

    @property
    def clips(self) -> int:
        """How many recordings the pool of a seed is drawn from."""
        ...

    @property
    def frames(self) -> int:
        """How many frames its pools show at least."""
        ...

    def identity(self) -> Mapping[str, Any]:
        """All that decides its pools and what they are judged by; no paths."""
        ...

    def open(self, seed: int) -> tuple[Pool, Judged]:
        """The pool of a seed, and what detectors are judged by."""
        ...


class School(Protocol):
    """Where learners come from. It travels to worker processes."""

    @property
    def name(self) -> str:
        """Of the kind of detector."""
        ...

    def identity(self) -> Mapping[str, Any]:
        """All that decides what its learners learn; no paths."""
        ...

    def learner(self, pool: Pool, judged: Judged) -> Learner:
        """One for a pool."""
        ...


@dataclass(frozen=True)
class Plan:
    """What is compared.

    Attributes:
        sources: Of the pools.
        school: Of the detectors.
        arms: Ways to spend a budget.
        budgets: Rising; None: six from 10 to the number of clips, and three beyond.
        seeds: How many.
        first_seed: They are counted from here: what was chosen on some is to be tested on others.
    """

    sources: tuple[Source, ...]
    school: School
    arms: tuple[Arm, ...]
    budgets: tuple[int, ...] | None
    seeds: int
    first_seed: int = 0

    def budgets_of(self, source: Source) -> tuple[int, ...]:
        """In frames."""
        return self.budgets or default_budgets(source.clips, source.frames)

    def tasks(self) -> Iterator[tuple[Source, int]]:
        """Whole seeds first: whatever is finished is a fair comparison."""
        for seed in range(self.first_seed, self.first_seed + self.seeds):
            for source in self.sources:
                yield source, seed

    def identity(self, source: Source, arm: Arm | None) -> dict[str, Any]:
        """All that decides a record, but its seed. ``arm`` is None where all frames are learnt."""
        told = {"source": dict(source.identity()), "school": dict(self.school.identity())}
        if arm is None:
            return told
        chooses = {
            "v": VERSION,
            "arm": arm.model_dump(mode="json"),
            "strategy": arm.make().model_dump(mode="json"),
            "tau": default_tau()._asdict(),
        }
        return {**told, **chooses, "budgets": self.budgets_of(source)}


def default_budgets(clips: int, frames: int) -> tuple[int, ...]:
    """Equal steps on a logarithmic scale up to the number of clips, and ``BEYOND``.

    Args:
        clips: How many there are.
        frames: How many they show; no budget beyond the clips is larger.
    """
    most = max(clips, LEAST_BUDGET + BUDGETS - 1)
    steps = np.rint(np.geomspace(LEAST_BUDGET, most, BUDGETS)).astype(int)
    beyond = (most * times for times in BEYOND if most * times <= frames)
    return tuple(sorted({*steps.tolist(), *beyond}))


def _say_nothing(text: str) -> None:
    """What is told to nobody."""


def simulate(
    plan: Plan,
    store: Store,
    *,
    workers: int = 1,
    ends_s: float = float("inf"),
    watch: Watch = _say_nothing,
) -> tuple[Record, ...]:
    """Runs what is missing.

    Args:
        plan: What is compared.
        store: Where records lie and are put.
        workers: Processes, each on one core. They change no result.
        ends_s: When ``time.time()`` is past it, nothing new is trained; the same call again goes
            on from there.
        watch: Is told of each point; it must travel to workers.

    Returns:
        All records of the plan that are there, unfinished ones too.
    """
    tasks = [(plan, store, source, seed, ends_s, watch) for source, seed in plan.tasks()]
    if workers > 1 and len(tasks) > 1:
        _in_processes(tasks, workers)
    else:
        for task in tasks:
            _one(task)
    return records(plan, store)


def records(plan: Plan, store: Store) -> tuple[Record, ...]:
    """Whatever a store holds of a plan."""
    found = []
    for source, seed in plan.tasks():
        for arm in (*plan.arms, None):
            begun = Record(source.name, FULL if arm is None else arm.name, seed)
            read = store.read(store.path(begun, plan.identity(source, arm)))
            found += [] if read is None else [read]
    return tuple(found)


_Task = tuple[Plan, Store, Source, int, float, Watch]


class _LateError(Exception):
    """There is no time for another training."""


def _in_processes(tasks: list[_Task], workers: int) -> None:
    with processes(workers) as pool:
        running: list[Future[None]] = [pool.submit(_one, task) for task in tasks]
        try:
            for future in running:
                future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _one(task: _Task) -> None:
    """All arms of one setting and seed, as far as time allows."""
    with threads.limited(1), suppress(_LateError):
        _arms(*task)


def _arms(plan: Plan, store: Store, source: Source, seed: int, ends_s: float, watch: Watch) -> None:
    world: World | None = None
    for arm in (*plan.arms, None):
        begun = Record(source.name, FULL if arm is None else arm.name, seed)
        path = store.path(begun, plan.identity(source, arm))
        record = store.read(path) or begun
        budgets = () if arm is None else plan.budgets_of(source)
        if len(record.budgets) >= max(1, len(budgets)):
            continue
        _check(ends_s)
        if world is None:
            pool, judged = source.open(seed)
            world = World(pool, judged, plan.school.learner(pool, judged))
        keep = partial(_keep, store, path, ends_s, watch)
        if arm is None:
            keep(run_full(world, record))
        else:
            run(world, arm, budgets, record, keep)


def _keep(store: Store, path: Path, ends_s: float, watch: Watch, record: Record) -> None:
    store.write(path, record)
    watch(told(record))
    _check(ends_s)


def _check(ends_s: float) -> None:
    if time.time() > ends_s:
        raise _LateError


def told(record: Record) -> str:
    """The last point of a record, for people who wait."""
    reached = record.drawn["map50"][-1][0]
    return (
        f"{record.setting}, seed {record.seed}, {record.arm}, {record.budgets[-1]:,} frames: "
        f"mAP50 {reached:.3f}"
    )
