"""Applies what was measured to a recipe and all of the footage: a row for each stage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from framesel import planning
from framesel.catalog import Catalog, Shard
from framesel.foresight.costs import POOLED, ExportCost, ShardCost, makespan
from framesel.foresight.counting import Counting, Known
from framesel.foresight.prediction import Row
from framesel.planning import Step
from framesel.recipe import Recipe
from framesel.rounds import state
from framesel.stage import ShardStage
from framesel.stages.catalog import ProbeTask
from framesel.stages.export import ExportTask
from framesel.stages.refining import COARSE
from framesel.stages.self_made import SAMPLES
from framesel.workspace import Workspace

PICKS = 1000
"""Assumed where the budget is no number of frames."""

FORWARDS = 5
"""Of the stage ``tau``, for each frame that it alters."""


def missing(workspace: Workspace, recipe: Recipe) -> list[Step]:
    """The stages that a run would work on. Between rounds it chooses nothing."""
    rounds = state.rounds(workspace)
    between = bool(rounds) and rounds[-1].closed
    steps = planning.plan(workspace, recipe)
    return [s for s in steps if s.todo and not (between and s.name == "selection")]


def workers_of(recipe: Recipe, step: Step, stage: ShardStage) -> int:
    """How many workers of a stage fit onto this machine."""
    takes = stage.takes(step.runtime)
    return recipe.run.worker_count(takes.gb, takes.gpus)


def _worked(cost: ShardCost, rows: Mapping[str, float]) -> tuple[float, float, float]:
    """Seconds, bytes and frames of a shard, of frames of some kinds."""
    seconds = size = 0.0
    for kind, frames in rows.items():
        rate = cost.rate(kind)
        seconds += rate.seconds * frames * rate.yields
        size += frames * rate.yields * rate.bytes
    return seconds, size, sum(rows.values())


class Foretelling:
    """One recipe on the known input.

    Args:
        known: What was found out.
        recipe: With stages that were measured.
    """

    def __init__(self, known: Known, recipe: Recipe) -> None:
        self.known = known
        self.recipe = recipe
        self.catalog = Catalog(known.ahead.workspace)
        self.steps = planning.plan(known.ahead.workspace, recipe)
        frames = next(s for s in self.steps if s.name == "frames")
        self._count = Counting(known, recipe, frames)

    def rows(self) -> Iterator[Row]:
        """A row for each stage that has something to do."""
        if self.known.ahead.fresh:
            yield self._scan()
        todo = missing(self.known.ahead.workspace, self.recipe)
        for step in todo:
            if isinstance(step.stage, ShardStage):
                yield self._by_shards(step, step.stage)
            elif step.name == "tau":
                yield self._tau()
            else:
                yield self._gather(step)
        export = self.known.measured.export
        if todo and todo[-1].name == "selection" and export is not None:
            yield self._export(export)

    @cached_property
    def frames(self) -> float:
        """Of all the footage."""
        return sum(sum(rows.values()) for rows in self._count.rows.values())

    def lanes(self, step: Step, stage: ShardStage) -> int:
        """How many workers a stage will have."""
        return max(1, min(workers_of(self.recipe, step, stage), len(step.todo)))

    def _scan(self) -> Row:
        ahead, run = self.known.ahead, self.recipe.run
        workers = run.worker_count(ProbeTask.takes.gb)
        seconds = ahead.seconds + ahead.indexed * self.known.index_s / workers
        return Row(
            stage="catalog",
            of="files",
            amount=float(len(ahead.fresh)),
            workers=workers,
            seconds=seconds,
            start_s=0.0,
            disk=0.0,
            memory=0.0,
        )

    def _by_shards(self, step: Step, stage: ShardStage) -> Row:
        cost, lanes = self.known.cost(step.name), self.lanes(step, stage)
        work, disk, amount = [], 0.0, 0.0
        slower = self._slower(lanes)
        for shard in step.todo:
            if stage.name == "frames":
                seconds, size, frames = self._decoded(cost, shard, first=step.name != "frames")
                seconds *= slower
            else:
                seconds, size, frames = self._seen(step.name, cost, shard.number)
            work.append(seconds)
            disk, amount = disk + size, amount + frames
        return Row(
            stage=step.name,
            of="frames",
            amount=amount,
            workers=lanes,
            seconds=cost.start_s + makespan(work, lanes),
            start_s=cost.start_s,
            disk=disk,
            memory=float(cost.memory * lanes),
        )

    def _slower(self, lanes: int) -> float:
        """How much slower workers decode that share their threads with more of them, at most."""
        return max(1.0, self.known.measured.threads / self.recipe.run.threads_each(lanes))

    def _decoded(self, cost: ShardCost, shard: Shard, *, first: bool) -> tuple[float, float, float]:
        """Seconds, bytes and frames of a shard."""
        count = self._count
        rows = (count.first if first else count.rows)[shard.number]
        size = sum(frames * cost.rate(kind).bytes for kind, frames in rows.items())
        seconds = sum(
            cost.rate(self.known.kinds[part.video_no]).seconds * count.expected(part).seconds
            for part in shard.parts
        )
        return seconds * (1.0 if first else count.decoded), size, sum(rows.values())

    def _seen(self, name: str, cost: ShardCost, number: int) -> tuple[float, float, float]:
        """Seconds, bytes and frames of a shard that is decoded; what is taken over takes none."""
        count = self._count
        if name.endswith(COARSE) or name == "windows":
            return _worked(cost, count.first[number])
        seconds, size, frames = _worked(cost, count.rows[number])
        if name in ("embeddings", "detections") and self.recipe.coarse:
            seconds = _worked(cost, count.new[number])[0]
        return seconds, size, frames

    def _gather(self, step: Step) -> Row:
        growth = self.known.gathered.growth[step.name]
        beyond = max(0.0, self.frames - self.known.gathered.frames)
        # vectors in memory take twice what they take on disk, and no more than is allowed
        vectors = 2 * beyond * self.known.measured.costs["embeddings"].rate(POOLED).bytes
        return Row(
            stage=step.name,
            of="frames",
            amount=self.frames,
            workers=0,
            seconds=growth.seconds(self.frames),
            start_s=growth.cold_s,
            disk=growth.bytes * self.frames,
            memory=self.known.gathered.memory + min(vectors, self.recipe.run.memory() * 1e9),
        )

    def _tau(self) -> Row:
        """Some forwards for each of some frames, by one thread."""
        cost, frames = self.known.measured.costs["embeddings"], min(self.frames, float(SAMPLES))
        each = FORWARDS * cost.rate(POOLED).seconds
        return Row(
            stage="tau",
            of="frames",
            amount=frames,
            workers=0,
            seconds=cost.start_s + each * frames,
            start_s=cost.start_s,
            disk=0.0,
            memory=float(cost.memory),
        )

    def _export(self, cost: ExportCost) -> Row:
        """Picks that lie anywhere in the footage."""
        picks = min(float(self.recipe.selection.budget or PICKS), self.frames)
        lengths: dict[int, float] = defaultdict(float)
        for shard in self.catalog.shards:
            for part in shard.parts:
                lengths[part.video_no] += self._count.expected(part).seconds
        whole = sum(lengths.values()) or 1.0
        opened, work = 0.0, 0.0
        for video_no, length in lengths.items():
            share = min(1.0, length / whole)
            chance = 1.0 - (1.0 - share) ** picks
            opened += chance
            packets = float(self.catalog.videos[video_no]["frames"] or 0)
            work += cost.seconds(picks * share, length) + chance * packets * self.known.index_s
        lanes = max(1, min(self.recipe.run.worker_count(ExportTask.takes.gb), round(opened)))
        return Row(
            stage="export",
            of="picks",
            amount=picks,
            workers=lanes,
            seconds=cost.start_s + work / lanes,
            start_s=cost.start_s,
            disk=picks * cost.bytes,
            memory=float(cost.memory * lanes),
        )
