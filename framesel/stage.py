"""The contract of a stage, its fingerprint, and its work as a task.

A stage is a frozen pydantic model: its fields are its section of the recipe and what is hashed.
`ShardStage` turns one shard into one table, `Gather` looks at the whole dataset at once.
"""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from framesel import table_files
from framesel.catalog import Catalog, Part, Shard
from framesel.errors import MediaError
from framesel.rounds.verdicts import Verdicts
from framesel.settings import RunSettings
from framesel.task import Outcome, Say, Spread, Takes, in_this_process
from framesel.workspace import Workspace, folder_of, write_bytes, write_table

# What a hostile or damaged video can make our own code raise. Not OSError: a full disk is
# nobody's fault but must stop the run, and decoders turn unreadable files into MediaError.
SEGMENT_FAULTS = (MediaError, ValueError, ArithmeticError, LookupError, MemoryError)

Sees = Literal["picks", "metadata", "decisions", "labels"]


class Stage(BaseModel):
    """One step from tables to a table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    version: ClassVar[int]
    """Raised by hand when the output changes though no setting did."""

    def needs(self) -> tuple[str, ...]:
        """Names of the stages whose tables it reads."""
        return ()

    def assets(self) -> dict[str, str]:
        """Digests of what it uses beside its settings: weights and the like."""
        return {}

    def runtime(self, run: RunSettings) -> str:
        """The numeric runtime that this machine offers; "exact" where numbers cannot differ."""
        del run
        return "exact"

    def pins_runtime(self) -> bool:
        """Whether its fields name the runtime, so that nothing is to be chosen or recorded."""
        return False

    def remarks(self, workspace: Workspace, key: str) -> list[str]:
        """What a person should hear when the stage has run: costs, counts, doubts."""
        del workspace, key
        return []

    def identity(self, runtime: str, needs: Mapping[str, str]) -> dict[str, Any]:
        """What the fingerprint hashes, as it is written to ``stage.json``."""
        return {
            "stage": self.name,
            "version": self.version,
            "fields": self.model_dump(mode="json"),
            "assets": self.assets(),
            "runtime": runtime,
            "needs": dict(needs),
        }


class ShardStage(Stage):
    """A stage that works shard by shard, in parallel."""

    gb_per_worker: ClassVar[float] = 0.5

    def takes(self, runtime: str) -> Takes:
        """What a worker takes: a GPU is fed by one, cores by one each."""
        return Takes(self.gb_per_worker, gpus=int(runtime.startswith("cuda")))

    @abstractmethod
    def open(self, run: RunSettings, runtime: str, workspace: Workspace) -> Opened:
        """Loads what it needs once per worker."""


@dataclass(frozen=True)
class Rows:
    """A table piece by piece."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]

    @classmethod
    def of(cls, found: pa.Table | Rows) -> Rows:
        """The same of a table."""
        if isinstance(found, Rows):
            return found
        batches = found.combine_chunks().to_batches(max_chunksize=65_536)
        return cls(found.schema, iter(batches))


class Gather(Stage):
    """A stage that sees the whole dataset at once."""

    def sees(self) -> frozenset[Sees]:
        """What shapes its output beside live segments and tables.

        ``picks``: those of earlier rounds, and what is labelled; ``metadata``: what is known of
        videos in words; ``decisions``: what a reviewer said; ``labels``: see ``stages/unlearnt``.
        """
        return frozenset()

    @abstractmethod
    def run(self, inputs: GatherInputs, run: RunSettings) -> pa.Table | Rows:
        """Does the work; what may be more than fits into memory comes piece by piece."""


def fingerprint(identity: Mapping[str, Any]) -> str:
    """Eight hex digits that change when anything that shapes the output changes."""
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:8]


@dataclass
class Inputs:
    """What one call of a shard stage may read, and where it reports failures."""

    workspace: Workspace
    catalog: Catalog
    shard: Shard
    keys: Mapping[str, str]
    stage: str
    say: Say = lambda part, rows: None
    errors: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.videos = self.catalog.videos
        for part, reason in self.shard.poison:
            self.fail(part, reason)

    def parts(self) -> Iterator[tuple[int, Part]]:
        """The parts that may be worked on, with their places in the shard."""
        for place, part in enumerate(self.shard.parts):
            if not self.is_poison(part):
                self.say(place, 0)
                yield place, part

    def is_poison(self, part: Part) -> bool:
        """Whether a part killed its workers: it is an error row already and not to be touched."""
        return any(part == poisonous for poisonous, _ in self.shard.poison)

    def place_of(self, video_no: int, pts: int) -> int:
        """The place in the shard of the part that a frame belongs to."""
        for place, part in enumerate(self.shard.parts):
            begins = part.start_pts is None or part.start_pts <= pts
            ended = part.end_pts is not None and part.end_pts <= pts
            if part.video_no == video_no and begins and not ended:
                return place
        raise LookupError(f"no part of shard {self.shard.key} holds video {video_no}, pts {pts}")

    @contextmanager
    def guard(self, part: Part) -> Iterator[None]:
        """Turns what goes wrong with one part into an error row; the others go on."""
        try:
            yield
        except MediaError as error:
            self.fail(part, str(error))
        except SEGMENT_FAULTS as error:
            self.fail(part, f"{type(error).__name__}: {error}")

    def fail(self, part: Part, message: str) -> None:
        """Adds one error row."""
        path = self.videos[part.video_no]["path"]
        self.errors.append(
            {
                "stage": self.stage,
                "video_no": part.video_no,
                "start_pts": part.start_pts,
                "path": path,
                "error": message.removeprefix(f"{path}: "),
            }
        )

    def batches(self, stage: str, columns: list[str]) -> Iterator[pa.RecordBatch]:
        """Streams an earlier stage's rows of this shard, one row group at a time."""
        path = self.workspace.shard(stage, self.keys[stage], self.shard.number)
        with table_files.opened(path) as file:
            for group in range(file.num_row_groups):
                yield from file.read_row_group(group, columns).to_batches()


@dataclass(frozen=True)
class Opened:
    """A shard stage that is ready to work."""

    schema: pa.Schema
    """Of its table; some stages know it only once their model is loaded."""
    work: Callable[[Inputs], Iterator[pa.RecordBatch]]
    """Does one shard, as a stream of row groups."""
    beside: Mapping[str, bytes] = field(default_factory=dict)
    """Small files that belong beside its tables, by name; every worker has the same."""


@dataclass(frozen=True)
class GatherInputs:
    """What a gathering stage may read: the live rows of every shard, and earlier picks."""

    workspace: Workspace
    keys: Mapping[str, str]
    catalog: Catalog
    already: pa.Table
    """(video_no, pts) of the picks of earlier rounds, and of what else is labelled."""
    verdicts: Verdicts = field(default_factory=Verdicts)
    """What a reviewer said, for a stage that sees decisions."""
    beside: Callable[[str, pa.Table | Rows], None] = lambda name, table: None
    """Writes a second table beside the stage's own, before it; for those who only read, nothing."""
    spread: Spread = in_this_process
    """Lets workers compute."""

    def table(self, stage: str, columns: list[str] | None) -> pa.Table:
        """An earlier stage's rows: all live shards in order, or a gathered table."""
        folder = self.workspace.stage(stage, self.keys[stage])
        if (folder / "all.parquet").exists():
            return table_files.read(folder / "all.parquet", columns=columns)
        return pa.concat_tables(list(self._shards(stage, columns)))

    def _shards(self, stage: str, columns: list[str] | None) -> Iterable[pa.Table]:
        for shard in self.catalog.shards:
            path = self.workspace.shard(stage, self.keys[stage], shard.number)
            table = table_files.opened(path).read(columns)
            alive = pa.array(sorted({p.video_no for p in shard.parts}), pa.int32())
            yield table.filter(pa.compute.is_in(table["video_no"], alive))


@dataclass(frozen=True)
class ShardTask:
    """Runs one shard stage: reads its inputs, streams its output, reports what failed."""

    stage: ShardStage
    root: str
    """The workspace's address: this machine may not be the one that asks."""
    key: str
    keys: Mapping[str, str]
    runtime: str
    run: RunSettings

    @property
    def title(self) -> str:
        """The stage's name."""
        return self.stage.name

    @property
    def takes(self) -> Takes:
        """What the stage says."""
        return self.stage.takes(self.runtime)

    def open(self) -> Callable[[Shard, Say], Outcome]:
        """Loads the stage's models once."""
        import time

        workspace = Workspace(folder_of(self.root))
        opened = self.stage.open(self.run, self.runtime, workspace)
        catalog = Catalog(workspace)
        for name, content in opened.beside.items():
            path = workspace.stage(self.stage.name, self.key) / name
            if not path.exists():
                write_bytes(path, content)

        def one(shard: Shard, say: Say) -> Outcome:
            began = time.monotonic()
            inputs = Inputs(workspace, catalog, shard, self.keys, self.stage.name, say)
            rows = write_table(
                workspace.shard(self.stage.name, self.key, shard.number),
                opened.schema,
                opened.work(inputs),
                entries=lambda: {
                    "fingerprint": self.key,
                    "parts": shard.parts,
                    "errors": inputs.errors,
                },
            )
            return Outcome(shard.key, rows, tuple(inputs.errors), time.monotonic() - began)

        return one
