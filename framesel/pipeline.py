"""Runs a recipe: brings the catalog up to date, then each stage, then the round's export."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import pyarrow as pa

from framesel import exporting, planning, threads
from framesel.catalog import Catalog
from framesel.disk import room_for
from framesel.errors import StageError, TooManyFailuresError
from framesel.labels import store
from framesel.planning import Step
from framesel.recipe import Recipe
from framesel.rounds import decisions, models, state
from framesel.rounds.verdicts import Verdicts
from framesel.runners.runner import RunnerOf, runner_of
from framesel.stage import Gather, GatherInputs, Rows, ShardStage, ShardTask
from framesel.stages.catalog import scan
from framesel.stages.stored_boxes import Layout
from framesel.storage.place import Place
from framesel.task import Computation, Outcome, Task
from framesel.workspace import Workspace, write_bytes, write_json, write_table

_COMPUTES_S: Final = 86_400.0
"""How long a worker may compute without a word."""


class Watch(Protocol):
    """Who is told what happens."""

    def begin(self, stage: str, todo: int, total: int, why: str) -> None:
        """A stage starts; ``todo`` of ``total`` pieces of work are left."""

    def wrote(self, key: str, rows: int) -> None:
        """Rows were finished."""

    def finished(self, outcome: Outcome) -> None:
        """A piece of work is done."""

    def end(self, stage: str, seconds: float) -> None:
        """A stage is done."""

    def note(self, remark: str) -> None:
        """Something that a person should hear."""


@dataclass
class Report:
    """What a run did, for whoever asked for it.

    Attributes:
        round: The open round, with what was chosen for it if anything was.
        steps: Every stage.
        failures: Error rows.
        picks: How many frames were chosen; 0 where the run ended before.
    """

    round: state.Round
    steps: list[Step]
    failures: list[dict[str, Any]] = field(default_factory=list)
    picks: int = 0


class Pipeline:
    """A recipe at work in a workspace.

    Args:
        workspace: Where tables are left.
        recipe: What to do.
        watch: Who is told what happens.
        runner: Makes a runner; None: as the recipe says.
    """

    def __init__(
        self,
        workspace: Workspace,
        recipe: Recipe,
        watch: Watch,
        runner: RunnerOf | None = None,
    ) -> None:
        self.workspace = workspace
        self.recipe = recipe
        self.watch = watch
        self.runner = runner or runner_of(recipe.run, workspace.root)
        self._until = 0  # the last decision that this run hears: a desk may be open meanwhile

    def run(
        self, files: Sequence[Place] | None, *, again: bool = False, before: str = ""
    ) -> Report:
        """Does everything that is not done yet.

        Args:
            files: The input; None for what the catalog knows.
            again: Open files again that could not be opened the last time.
            before: Ends before this stage, so that nothing is chosen; empty: does all.

        Raises:
            TooManyFailuresError: More videos failed than ``run.max_failed`` allows. All that
                could be done was done.
            DiskFullError: There is no room for more.
        """
        with room_for(self.workspace.root):
            return self._run(files, again=again, before=before)

    def _run(self, files: Sequence[Place] | None, *, again: bool, before: str) -> Report:
        self.workspace.sweep()
        self._until = decisions.last(self.workspace)
        text = self.recipe.to_yaml(self.workspace.root)
        write_bytes(self.workspace.recipe, text.encode("utf-8"))
        for remark in self.recipe.remarks():
            self.watch.note(remark)
        if files is not None:
            self._scan(files, again=again)
        if not Catalog(self.workspace).live:
            raise StageError(_nothing(Catalog(self.workspace).errors))
        return self._finish() if self.work(before) else self._stopped()

    def work(self, before: str = "") -> bool:
        """Runs the stages on what the catalog knows; says whether it came to the end of them.

        Args:
            before: Ends before this stage; empty: none.
        """
        for name in self.recipe.stages():
            if name == before:
                return False
            # planned anew for each stage: a gathering stage's key depends on those before
            steps = self._plan()
            keys = planning.as_seen_by(name, {s.name: s.key for s in steps})
            self._step(next(s for s in steps if s.name == name), keys)
            if name == "detections":
                self._check_classes(keys[name])
        return True

    def _plan(self) -> list[Step]:
        self.workspace.refresh()
        return planning.plan(self.workspace, self.recipe, self._until)

    def _scan(self, files: Sequence[Place], *, again: bool) -> None:
        began = time.monotonic()
        run = self.recipe.run
        self.watch.begin("catalog", len(files), len(files), "")
        scan(
            self.workspace,
            files,
            self.recipe.catalog,
            lambda task, pieces: self._map(task, pieces, run.worker_count(task.takes.gb)),
            again=again,
        )
        self.watch.end("catalog", time.monotonic() - began)

    def _step(self, step: Step, keys: Mapping[str, str]) -> None:
        if not step.todo:
            return
        began = time.monotonic()
        self.watch.begin(step.name, len(step.todo), step.total, step.why)
        folder = self.workspace.stage(step.name, step.key)
        write_json(folder / "stage.json", step.identity)
        if isinstance(step.stage, Gather):
            self._gather(step.stage, step, keys)
        elif isinstance(step.stage, ShardStage):
            self._shards(step.stage, step, keys)
        self.watch.end(step.name, time.monotonic() - began)
        for remark in step.stage.remarks(self.workspace, step.key):
            self.watch.note(remark)

    def _shards(self, stage: ShardStage, step: Step, keys: Mapping[str, str]) -> None:
        planning.record_runtime(self.workspace, step)
        run = self.recipe.run
        takes = stage.takes(step.runtime)
        workers = max(1, min(run.worker_count(takes.gb, takes.gpus), len(step.todo)))
        shared = run.model_copy(update={"threads": run.threads_each(workers)})
        task = ShardTask(stage, self.workspace.address, step.key, keys, step.runtime, shared)
        for _ in self._map(task, step.todo, workers):
            pass

    def _gather(self, stage: Gather, step: Step, keys: Mapping[str, str]) -> None:
        catalog = Catalog(self.workspace)
        folder = self.workspace.stage(stage.name, step.key)
        made_from = {name: keys[name] for name in stage.needs()}

        def write(name: str, found: pa.Table | Rows) -> None:
            rows, path = Rows.of(found), folder / f"{name}.parquet"
            entries = {"fingerprint": step.key, "inputs": made_from}
            write_table(path, rows.schema, rows.batches, entries=lambda: entries)

        already, said = state.already(self.workspace), Verdicts()
        if "decisions" in stage.sees():
            said = state.current(self.workspace).verdicts(self.workspace, step.heard)
        inputs = GatherInputs(self.workspace, keys, catalog, already, said, write, self._spread)
        with threads.limited(self.recipe.run.thread_count()):
            write("all", stage.run(inputs, self.recipe.run))

    def _classes(self, key: str) -> list[str]:
        """Names of the detector's classes."""
        first = Catalog(self.workspace).shards[0].number
        return list(Layout.read(self.workspace.shard("detections", key, first)).classes)

    def _check_classes(self, key: str) -> None:
        """Labels of earlier rounds and guesses of this one must speak of the same things.

        Raises:
            StageError: The classes are not those of the last closed round that had a detector, nor
                those of a model that was trained here: it learnt them from the labels.
        """
        found = self._classes(key)
        if any(list(model.classes) == found for model in models.models(self.workspace)):
            return
        closed = [r for r in state.rounds(self.workspace) if r.closed and r.classes is not None]
        if closed and closed[-1].classes != found and not self.recipe.run.new_classes:
            raise StageError(
                f"{self.recipe.detections.weights} knows the classes {', '.join(found[:12])}; "
                f"round {closed[-1].number} had {', '.join((closed[-1].classes or [])[:12])}. "
                "Take weights for the same classes in the same order, or, if the change is meant, "
                "add --set run.new_classes=true. What was detected stays."
            )

    def _finish(self) -> Report:
        steps = self._plan()
        this = state.current(self.workspace)
        made = steps[-1]
        keys = {s.name: s.key for s in steps}
        classes = self._classes(keys["detections"]) if "detections" in keys else None
        imports = store.last(self.workspace)
        this = state.Round(
            this.number, False, f"selection/{made.key}", classes, made.heard, imports=imports
        )
        state.save(self.workspace, this)
        errors = exporting.write(self.workspace, self.recipe, this, self.watch, self.runner)
        failed = [*planning.failures(self.workspace, steps), *errors]
        picks = this.picks(self.workspace).num_rows
        self.workspace.sweep()  # what workers left that died during this run
        self._judge(failed)
        return Report(this, steps, failed, picks)

    def _stopped(self) -> Report:
        """What a run says that ended before it chose."""
        steps = self._plan()
        failed = planning.failures(self.workspace, steps)
        self.workspace.sweep()
        self._judge(failed)
        return Report(state.current(self.workspace), steps, failed)

    def _judge(self, failed: Sequence[dict[str, Any]]) -> None:
        files = Catalog(self.workspace).sources.num_rows
        bad = len({row["path"] for row in failed})
        if bad > self.recipe.run.max_failed * files:
            raise TooManyFailuresError(
                f"{bad} of {files} files failed; run.max_failed allows "
                f"{self.recipe.run.max_failed:.0%}. Everything else is done. "
                "`framesel status WS` lists the reasons."
            )

    def _map(self, task: Task, work: Sequence[Any], workers: int) -> Iterator[Outcome]:
        runner = self.runner(workers, self.recipe.run.hang_s)
        for outcome in runner.map(task, work, self.watch.wrote):
            self.watch.finished(outcome)
            yield outcome

    def _spread(self, task: Computation, work: Sequence[Any], held_gb: float) -> Iterator[Outcome]:
        """Lets workers compute for a gathering stage, as long as it takes."""
        run = self.recipe.run
        left = run.model_copy(update={"memory_gb": max(run.memory() - held_gb, task.takes.gb)})
        workers = min(left.worker_count(task.takes.gb), max(1, len(work)))
        task = task.with_threads(run.threads_each(workers))
        runner = self.runner(workers, max(run.hang_s, _COMPUTES_S))
        yield from runner.map(task, work, self.watch.wrote)


def _nothing(errors: Sequence[dict[str, Any]]) -> str:
    listed = "\n".join(f"  {e['path']}: {e['error']}" for e in errors[:20])
    return f"none of {len(errors)} files could be opened:\n{listed}"
