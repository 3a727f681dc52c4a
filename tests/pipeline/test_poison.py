"""A part that killed its workers becomes an error row; its neighbours are complete."""

import pyarrow.parquet as pq
import pytest

from framesel import planning, tables
from framesel.catalog import Catalog
from framesel.stage import ShardStage, ShardTask
from tests.pipeline.conftest import Bench


@pytest.mark.parametrize("name", ["frames", "embeddings"])
def test_only_the_poisonous_video_is_missing(bench: Bench, name: str) -> None:
    steps = planning.plan(bench.workspace, bench.recipe())
    step = next(s for s in steps if s.stage.name == name)
    keys = {s.stage.name: s.key for s in steps}
    shard = next(s for s in Catalog(bench.workspace).shards if len(s.parts) > 1)
    path = bench.workspace.shard(name, step.key, shard.number)
    whole = pq.read_table(path, columns=["video_no", "pts"], partitioning=None).to_pylist()
    path.unlink()
    assert isinstance(step.stage, ShardStage)
    task = ShardTask(step.stage, str(bench.root), step.key, keys, step.runtime, bench.recipe().run)
    poisonous = shard.parts[0].video_no
    outcome = task.open()(shard.without(0, "killed its worker twice"), lambda place, rows: None)
    left = pq.read_table(path, columns=["video_no", "pts"], partitioning=None).to_pylist()
    assert left == [row for row in whole if row["video_no"] != poisonous]
    assert len(left) < len(whole)
    assert [e["video_no"] for e in outcome.errors] == [poisonous]
    assert "killed" in tables.footer(path)["errors"][0]["error"]
