"""A finished workspace on rendered footage; tests that change it get a copy of their own."""

import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
import pytest

from framesel import recipe as recipes
from framesel.pipeline import Pipeline, Report
from framesel.sources import expand
from framesel.workspace import Workspace
from tests.pipeline import long_footage
from tests.resume.faults import Inline, Silent
from tests.sharing import shared

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

# The footage is so small that near-duplicates would be let in.
SETTINGS = ["selection.budget=8", "selection.spare=0.0", "catalog.shard_videos=2"]


@dataclass
class Bench:
    """A workspace, its input, and a way to run."""

    root: Path
    videos: Path

    @property
    def workspace(self) -> Workspace:
        return Workspace.open(self.root)

    def recipe(self, *settings: str) -> recipes.Recipe:
        return recipes.load(None, [*SETTINGS, *settings])

    def run(self, *settings: str, again: bool = False) -> tuple[Report, "Recorder"]:
        watch, chosen = Recorder(), self.recipe(*settings)
        files = expand([str(self.videos)], sequence=chosen.catalog.sequence)
        pipeline = Pipeline(Workspace.create(self.root), chosen, watch, Inline)
        return pipeline.run(files, again=again), watch


def picks(bench: Bench) -> list[dict[str, object]]:
    """The first round's list of picks."""
    return pq.read_table(
        bench.root / "rounds/0001/export/picks.parquet", partitioning=None
    ).to_pylist()


class Recorder(Silent):
    """Remembers which stages had something to do, and how much."""

    def __init__(self) -> None:
        self.todo: dict[str, int] = {}
        self.notes: list[str] = []

    def begin(self, stage: str, todo: int, total: int, why: str) -> None:
        self.todo[stage] = todo

    def note(self, remark: str) -> None:
        self.notes.append(remark)


@pytest.fixture(scope="session")
def footage(tmp_path_factory: pytest.TempPathFactory) -> "Truth":
    """The small footage with a video that was cut short and a file that is no video."""
    from framesel.simulation.footage import render
    from framesel.simulation.presets import PRESETS

    make = partial(render, preset=PRESETS["tiny_damaged"], seed=0)
    return shared(tmp_path_factory, "damaged", make)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory, footage: "Truth") -> Bench:
    """A finished run that nobody may change."""

    def make(folder: Path) -> Bench:
        bench = Bench(folder / "ws", footage.folder)
        bench.run()
        return bench

    return shared(tmp_path_factory, "finished", make)


@pytest.fixture
def bench(tmp_path: Path, footage: "Truth", finished: Bench) -> Bench:
    """A finished run of one's own: copies of the videos and of the workspace."""
    videos = tmp_path / "videos"
    shutil.copytree(footage.folder, videos)
    shutil.copytree(finished.root, tmp_path / "ws")
    shutil.rmtree(tmp_path / "ws/rounds/0001/export")  # names where the videos lay
    own = Bench(tmp_path / "ws", videos)
    own.run()
    return own


@pytest.fixture(scope="session")
def long(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A workspace on footage of which every video lies in several shards."""
    folder = tmp_path_factory.mktemp("long")
    long_footage.make(folder / "videos")
    bench = Bench(folder / "ws", folder / "videos")
    bench.run(*long_footage.SETTINGS)
    return bench
