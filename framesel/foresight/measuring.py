"""From what the stages took on the sample to what they take for each unit of work."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from framesel import planning
from framesel.catalog import Catalog, Part, Shard
from framesel.foresight.bench import Bench, Timed
from framesel.foresight.costs import POOLED, ExportCost, Rate, ShardCost, decoded_s
from framesel.foresight.expected import expected, length_s
from framesel.foresight.sample import Sample
from framesel.pipeline import Pipeline
from framesel.planning import Step
from framesel.recipe import Recipe
from framesel.selection.limits.settings import Limits
from framesel.stage import Gather
from framesel.video.sampling import EveryN, FpsSampling
from framesel.workspace import Workspace

SHARES = {"frames": 0.35, "embeddings": 0.2, "detections": 0.25}
"""Of the time for measuring, by the kind of stage."""

EDGES = 0.1
"""By which the number of frames in a piece may differ from what its video promises."""

PICKS = 24
"""Pictures that the sample exports."""


@dataclass(frozen=True)
class Measured:
    """What the sample told.

    Attributes:
        costs: By name, of stages that work shard by shard.
        export: Of the export; None where there was none.
        cold: By name, of stages that see everything: seconds of the first call.
        frames: Of the sample that all stages went through.
        threads: That helped each worker to decode.
    """

    costs: Mapping[str, ShardCost]
    export: ExportCost | None
    cold: Mapping[str, float]
    frames: int
    threads: int


def sample_recipe(recipe: Recipe, budget: int) -> Recipe:
    """The recipe for a sample: no limits, which it might not be able to keep.

    ``tau_cos: auto`` is left out. It costs a known number of forwards.
    """
    update = {"limits": Limits(), "budget": budget}
    duplicates = recipe.duplicates
    if duplicates.tau_cos == "auto":
        fixed = type(duplicates).model_fields["tau_cos"].default
        duplicates = duplicates.model_copy(update={"tau_cos": fixed})
    selection = recipe.selection.model_copy(update=update)
    run = recipe.run.model_copy(update={"max_failed": 1.0, "new_classes": True})
    changed = {"selection": selection, "duplicates": duplicates, "run": run}
    return recipe.model_copy(update=changed)


def measure(
    sample: Sample, recipe: Recipe, lanes: Mapping[str, int], most_s: float, before: str = ""
) -> Measured:
    """Runs the recipe on the sample.

    Args:
        sample: Its workspace then holds the tables.
        recipe: What will be done.
        lanes: By stage, how many workers the real run will have.
        most_s: Seconds for all of it, but for the time that programs and models take to start.
        before: Ends before this stage; empty: with the export.

    Raises:
        FrameselError: A stage cannot do its work at all.
    """
    small = sample_recipe(recipe, min(recipe.selection.budget or PICKS, PICKS))
    allowed = {name: most_s * SHARES.get(name.partition(".")[0], 1.0) for name in small.stages()}
    bench = Bench(sample.workspace, lanes, allowed)
    pipeline = Pipeline(sample.workspace, small, bench, bench.runner)
    if before:
        pipeline.work(before)
    else:
        pipeline.run(None)
    steps = {step.name: step for step in planning.plan(sample.workspace, small)}
    return _Reading(sample, small, bench, steps).all()


@dataclass
class _Reading:
    """Turns times into rates."""

    sample: Sample
    recipe: Recipe
    bench: Bench
    steps: Mapping[str, Step]
    rows: dict[str, int] = field(default_factory=dict)
    """Of the stage ``frames``, by shard."""
    costs: dict[str, ShardCost] = field(default_factory=dict)

    def all(self) -> Measured:
        self.rows = {t.key: t.rows for t in self.bench.timed["frames"]}
        for name, step in self.steps.items():
            if not isinstance(step.stage, Gather) and self.bench.timed[name]:
                self.costs[name] = self._stage(name, step)
        pictures = self.bench.timed["export"]
        export = self._export(pictures) if pictures else None
        cold = {
            name: self.bench.walls[name]
            for name, step in self.steps.items()
            if isinstance(step.stage, Gather) and name in self.bench.walls
        }
        done = {"frames": self.bench.timed["frames"], **self.bench.timed}
        last = [timed for name, timed in done.items() if name != "export" and timed][-1]
        frames = sum(self.rows[t.key] for t in last)
        return Measured(self.costs, export, cold, frames, self._threads())

    def _threads(self) -> int:
        return self.recipe.run.threads_each(self.bench.lanes.get("frames", 1))

    def _stage(self, name: str, step: Step) -> ShardCost:
        timed = self.bench.timed[name]
        known = {t.key: self.sample.shards[int(t.key[1:])] for t in timed}
        if name == "frames":
            opened = {t.key: known[t.key].opened for t in timed}
            seconds = self._without_index(timed, opened)
            units = {t.key: known[t.key].seconds for t in timed}
            into = self._promised()
        else:
            seconds = {t.key: t.seconds for t in timed}
            units = {t.key: float(t.rows) for t in timed}
            into = {t.key: float(self.rows[t.key]) for t in timed}
        warm = _warm(timed)
        rates: dict[str, Rate] = {}
        for kind in (POOLED, *dict.fromkeys(m.kind for m in known.values())):
            of_kind = [t for t in timed if kind in (POOLED, known[t.key].kind)]
            steady = [t for t in of_kind if t in warm] or of_kind
            size = sum(_size(self.sample.workspace, step, t.key) for t in of_kind)
            yields = _ratio((float(t.rows) for t in of_kind), (into[t.key] for t in of_kind))
            if name == "frames" and self._as_promised(yields):
                yields = 1.0
            rates[kind] = Rate(
                _ratio((seconds[t.key] for t in steady), (units[t.key] for t in steady)),
                yields,
                _ratio([float(size)], (float(t.rows) for t in of_kind)),
            )
        work = {t.key: rates[known[t.key].kind].seconds * units[t.key] for t in timed}
        start_s = _start(timed, work)
        return ShardCost(start_s, rates, max(t.memory for t in timed))

    def _as_promised(self, yields: float) -> bool:
        """Whether metadata are to be believed: pieces differ from them at their edges."""
        counted = isinstance(self.recipe.frames.sample, FpsSampling | EveryN)
        return counted and abs(yields - 1.0) < EDGES

    def _promised(self) -> dict[str, float]:
        """Frames of each shard as they are counted from metadata."""
        found: dict[str, float] = defaultdict(float)
        for row in Catalog(self.sample.workspace).segments.to_pylist():
            part = Part(row["video_no"], row["start_pts"], row["end_pts"])
            frames = expected(row, part, self.recipe.frames.sample).frames
            found[Shard(row["shard"], ()).key] += frames
        return found

    def _without_index(
        self, timed: Sequence[Timed], opened: Mapping[str, Sequence[tuple[str, int]]]
    ) -> dict[str, float]:
        """Seconds of each piece of work, less those for packets of which it makes no use.

        A worker remembers the packets of the files that it read last.
        """
        seen: set[tuple[int, str]] = set()
        found = {}
        for one in timed:
            spare = 0
            for path, packets in opened[one.key]:
                spare += packets if (one.pid, path) not in seen else 0
                seen.add((one.pid, path))
            # never all of it: what reading packets takes was measured elsewhere and varies
            found[one.key] = max(0.2 * one.seconds, one.seconds - spare * self.sample.index_s)
        return found

    def _export(self, timed: Sequence[Timed]) -> ExportCost:
        videos = Catalog(self.sample.workspace).videos
        rows = {t.key: videos[int(t.key.removeprefix("video-"))] for t in timed}
        paths = {key: str(row["path"]) for key, row in rows.items()}
        packets = {key: ((p, self.sample.packets.get(p, 0)),) for key, p in paths.items()}
        seconds, group_s = self._without_index(timed, packets), self.sample.group_s
        footage = {t.key: decoded_s(t.rows, length_s(rows[t.key]), group_s) for t in timed}
        steady = _warm(timed) or timed
        spent = sum(seconds[t.key] for t in steady)
        # as the stage `frames` decodes, at most: the rest is writing
        plain_s = self.costs["frames"].rate(POOLED).seconds * self._threads()
        decode_s = min(plain_s, _ratio([spent], (footage[t.key] for t in steady)))
        rest = spent - decode_s * sum(footage[t.key] for t in steady)
        write_s = max(0.0, _ratio([rest], (float(t.rows) for t in steady)))
        folder = self.sample.workspace.round(1) / "export" / "images"
        sizes = [float(p.stat().st_size) for p in folder.glob("*")]
        start_s = _start(
            timed, {t.key: decode_s * footage[t.key] + write_s * t.rows for t in timed}
        )
        each = _ratio(sizes, [float(len(sizes))])
        memory = max(t.memory for t in timed)
        return ExportCost(start_s, write_s, decode_s, group_s, each, memory)


def _warm(timed: Sequence[Timed]) -> list[Timed]:
    """What was done by workers that had done something before."""
    first = {t.pid: t.key for t in reversed(timed)}
    return [t for t in timed if first[t.pid] != t.key]


def _start(timed: Sequence[Timed], work: Mapping[str, float]) -> float:
    """Seconds until a worker's first piece was done, less what it takes a worker that is warm."""
    firsts: dict[int, float] = defaultdict(float)
    for one in reversed(timed):
        firsts[one.pid] = one.at_s - work[one.key]
    return max(0.0, median(firsts.values()))


def _size(workspace: Workspace, step: Step, key: str) -> int:
    return workspace.shard(step.name, step.key, int(key[1:])).stat().st_size


def _ratio(above: Iterable[float], below: Iterable[float]) -> float:
    total = sum(below)
    return sum(above) / total if total > 0 else 0.0
