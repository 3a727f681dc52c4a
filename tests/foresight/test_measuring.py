"""The sample, how it is measured, and its tables many times over."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel import tables, vector_column
from framesel.catalog import Catalog
from framesel.foresight import bench
from framesel.foresight.ahead import Ahead, look_ahead, sharded_anew
from framesel.foresight.costs import POOLED
from framesel.foresight.kinds import kinds
from framesel.foresight.measuring import measure, sample_recipe
from framesel.foresight.repeating import repeat
from framesel.foresight.sample import SHARDS, Sample, take_sample
from framesel.planning import plan
from framesel.sources import expand
from framesel.workspace import Workspace
from tests.pipeline.conftest import SETTINGS, Bench

if TYPE_CHECKING:
    from framesel.recipe import Recipe
    from framesel.simulation.truth import Truth

RECIPE = Bench(Path("unused"), Path("unused")).recipe


def seen(footage: "Truth", recipe: "Recipe", folder: Path) -> Ahead:
    """The footage as a new workspace would find it."""
    return look_ahead(None, expand([str(footage.folder)]), recipe, folder / "ahead")


def sampled(footage: "Truth", recipe: "Recipe", folder: Path) -> Sample:
    """A sample of it."""
    catalog = Catalog(seen(footage, recipe, folder).workspace)
    kind = kinds(catalog.videos[v] for v in catalog.live)
    return take_sample(catalog, kind, recipe, folder / "sample")


def test_long_videos_are_cut_by_the_clock(footage: "Truth", tmp_path: Path) -> None:
    assert "catalog.shard_videos=2" in SETTINGS
    recipe = RECIPE("catalog.segment_s=10")
    recipe = recipe.model_copy(
        update={"catalog": recipe.catalog.model_copy(update={"segment_s": 2.0})}
    )
    catalog = Catalog(seen(footage, recipe, tmp_path).workspace)
    name = {Path(row["path"]).stem: number for number, row in catalog.videos.items()}
    parts = [p for s in catalog.shards for p in s.parts if p.video_no == name["gate"]]
    assert [(p.start_pts is None, p.end_pts is None) for p in parts] == [
        (True, False),
        (False, False),
        (False, False),
        (False, True),
    ]
    assert [a.end_pts for a in parts[:-1]] == [b.start_pts for b in parts[1:]]


def test_shards_can_be_filled_anew(footage: "Truth", tmp_path: Path) -> None:
    ahead = seen(footage, RECIPE(), tmp_path)
    anew = sharded_anew(ahead, RECIPE("catalog.shard_videos=1"), tmp_path / "anew")
    before, after = Catalog(ahead.workspace), Catalog(anew.workspace)
    assert len(after.shards) == len(after.live) == len(before.live) > len(before.shards)


def test_a_sample_holds_all_kinds_and_little_of_each(footage: "Truth", tmp_path: Path) -> None:
    sample = sampled(footage, RECIPE(), tmp_path)
    catalog = Catalog(sample.workspace)
    assert {s.number for s in catalog.shards} == set(sample.shards)
    assert len(sample.shards) <= SHARDS
    assert {m.kind for m in sample.shards.values()} == set(
        kinds(catalog.videos[v] for v in catalog.live).values()
    )
    for shard in catalog.shards:
        known = sample.shards[shard.number]
        assert {kinds([catalog.videos[p.video_no]])[p.video_no] for p in shard.parts} == {
            known.kind
        }


@dataclass
class Slow:
    """A clock on which every look takes a second."""

    now: float = 0.0

    def monotonic(self) -> float:
        self.now += 1.0
        return self.now


def test_time_that_is_up_leaves_a_smaller_sample(
    footage: "Truth", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = sampled(footage, RECIPE("frames.sample.fps=8"), tmp_path)
    whole = len(Catalog(sample.workspace).shards)
    monkeypatch.setattr(bench, "time", Slow())
    recipe = RECIPE("frames.sample.fps=8")
    found = measure(sample, recipe, {"frames": 1}, 1.0, before="embeddings")
    assert whole > 2 == len(Catalog(sample.workspace).shards)
    assert found.frames == sum(
        tables.footer(path)["rows"] for path in sample.workspace.root.glob("frames/*/s*.parquet")
    )


def test_start_and_work_are_told_apart(footage: "Truth", tmp_path: Path) -> None:
    from framesel.foresight.measuring import _Reading

    recipe = RECIPE("frames.sample.fps=8")
    sample = sampled(footage, recipe, tmp_path)
    small = sample_recipe(recipe, 1)
    work = bench.Bench(sample.workspace, {"frames": 1})
    measure(sample, recipe, {"frames": 1}, 60.0, before="embeddings")
    steps = {step.name: step for step in plan(sample.workspace, small)}
    at_s = 5.0  # a worker takes five seconds to start, and half a second for each of footage
    for number, known in sample.shards.items():
        at_s += 0.5 * known.seconds
        frames, seconds = round(8 * known.seconds), 0.5 * known.seconds
        work.timed["frames"].append(bench.Timed(f"s{number:05d}", frames, seconds, at_s, 1, 7))
    plain = Sample(sample.workspace, sample.shards, 0.0, {}, 1.0)
    found = _Reading(plain, small, work, {"frames": steps["frames"]}).all()
    cost = found.costs["frames"]
    assert cost.start_s == pytest.approx(5.0)
    assert cost.memory == 7
    assert {kind: rate.seconds for kind, rate in cost.rates.items()} == pytest.approx(
        dict.fromkeys(cost.rates, 0.5)
    )
    assert cost.rate(POOLED).yields == 1.0


def test_copies_are_alike_inside_and_strange_to_one_another(
    finished: Bench, tmp_path: Path
) -> None:
    recipe = finished.recipe()
    made = repeat(finished.workspace, recipe, 3, tmp_path / "copies")
    catalog = Catalog(made)
    assert len(catalog.shards) == 3
    assert len(catalog.live) == 3 * len(Catalog(finished.workspace).live)
    steps = {step.name: step for step in plan(made, recipe)}
    assert [name for name, step in steps.items() if not step.todo] == [
        "frames",
        "embeddings",
        "shots",
    ]
    vectors = [_vectors(made, steps["embeddings"].key, n) for n in range(3)]
    near = [v @ v.T for v in vectors]
    alike = near[0] > 0.9
    assert np.abs(near[1] - near[0])[alike].max() < 0.03
    assert np.corrcoef(near[1].ravel(), near[0].ravel())[0, 1] > 0.95
    assert (vectors[0] @ vectors[1].T).max() < 0.9
    shots = [
        pq.read_table(made.shard("shots", steps["shots"].key, n))["shot"].to_numpy()
        for n in range(3)
    ]
    assert (np.diff(np.unique(shots[0])) == 1).all()
    assert (shots[0] == shots[2]).all()


def _vectors(made: Workspace, key: str, shard: int) -> Any:
    return vector_column.unpack_vectors(
        pq.read_table(made.shard("embeddings", key, shard))["vector"]
    )
