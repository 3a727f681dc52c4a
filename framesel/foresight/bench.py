"""Runs stages as a run would, on as much of a sample as there is time for, and takes the time."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from framesel.catalog import Catalog, write_sources
from framesel.runners.local import LocalRunner
from framesel.stage import ShardTask
from framesel.task import Outcome, Say, Takes, Task
from framesel.workspace import Workspace


@dataclass(frozen=True)
class Timed:
    """One piece of work.

    Attributes:
        key: Its name.
        rows: That came of it.
        seconds: Of its worker.
        at_s: When it was done, from the start of the stage.
        pid: Its worker.
        memory: Bytes of the worker at its peak so far.
    """

    key: str
    rows: int
    seconds: float
    at_s: float
    pid: int
    memory: int


def peak_bytes() -> int:
    """Memory of this process at its peak; where the system does not say, what it has now."""
    try:
        lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
        (told,) = (line for line in lines if line.startswith("VmHWM:"))
        return int(told.split()[1]) * 1024
    except (OSError, ValueError):
        return int(psutil.Process().memory_info().rss)


@dataclass(frozen=True)
class Weighed:
    """A task whose outcomes say which process they come from and how much memory it took."""

    task: Task

    @property
    def title(self) -> str:
        """The task's."""
        return self.task.title

    @property
    def takes(self) -> Takes:
        """The task's."""
        return self.task.takes

    def open(self) -> Callable[[Any, Say], Outcome]:
        """Opens the task."""
        one = self.task.open()

        def weighed(work: Any, say: Say) -> Outcome:
            outcome = one(work, say)
            return replace(outcome, payload=(os.getpid(), peak_bytes(), outcome.payload))

        return weighed


@dataclass
class Bench:
    """A ``Watch`` and a maker of runners for one pipeline.

    Attributes:
        workspace: Of the sample; what there was no time for is taken out of it.
        lanes: By stage, how many workers the real run will have.
        most_s: By stage, when to end; a stage that is not named goes on to the end.
        timed: By stage, what was done.
        walls: By stage, seconds in all.
    """

    workspace: Workspace
    lanes: Mapping[str, int] = field(default_factory=dict)
    most_s: Mapping[str, float] = field(default_factory=dict)
    timed: dict[str, list[Timed]] = field(default_factory=lambda: defaultdict(list))
    walls: dict[str, float] = field(default_factory=dict)
    stage: str = ""

    def begin(self, stage: str, todo: int, total: int, why: str) -> None:
        """A stage starts."""
        self.stage = stage

    def wrote(self, key: str, rows: int) -> None:
        """Rows were finished."""

    def finished(self, outcome: Outcome) -> None:
        """A piece of work is done."""

    def end(self, stage: str, seconds: float) -> None:
        """A stage is done."""
        self.walls[stage] = seconds

    def note(self, remark: str) -> None:
        """Something that a person should hear."""

    def runner(self, workers: int, hang_s: float) -> _Runner:
        """A runner for the stage that has begun."""
        return _Runner(self, workers, hang_s)


@dataclass(frozen=True)
class _Runner:
    bench: Bench
    workers: int
    hang_s: float

    def map(
        self, task: Task, pieces: Sequence[Any], watch: Callable[[str, int], None]
    ) -> Iterator[Outcome]:
        """Runs the task until all is done or time is up."""
        bench, began = self.bench, time.monotonic()
        lanes = max(1, min(self.workers, bench.lanes.get(bench.stage, self.workers)))
        if isinstance(task, ShardTask):
            each = {"threads": task.run.threads_each(lanes)}
            task = replace(task, run=task.run.model_copy(update=each))
        most_s, done = bench.most_s.get(bench.stage, float("inf")), bench.timed[bench.stage]
        with closing(LocalRunner(lanes, self.hang_s).map(Weighed(task), pieces, watch)) as outcomes:  # type: ignore[type-var]
            for outcome in outcomes:
                at_s = time.monotonic() - began
                pid, memory, payload = outcome.payload
                rows, seconds = outcome.rows, outcome.seconds
                done.append(Timed(outcome.key, rows, seconds, at_s, pid, memory))
                yield replace(outcome, payload=payload)
                # what starts up takes as long as it takes: it is part of what is to be known
                if at_s - done[0].at_s > most_s and len(done) >= 2 * lanes:
                    break
        if isinstance(task, ShardTask):
            self._leave_out(done)

    def _leave_out(self, done: Sequence[Timed]) -> None:
        """Videos of shards that are not done are no longer alive: later stages do without."""
        catalog, keys = Catalog(self.bench.workspace), {timed.key for timed in done}
        alive = {p.video_no for s in catalog.shards if s.key in keys for p in s.parts}
        rows = catalog.sources.to_pylist()
        write_sources(self.bench.workspace, [r for r in rows if r["video_no"] in alive])
