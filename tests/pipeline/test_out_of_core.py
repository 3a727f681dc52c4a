"""Near-duplicates of footage that is never in memory at once: the same as if it were."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from framesel import planning, vector_column
from framesel.catalog import Catalog
from framesel.errors import StageError
from framesel.rounds import state
from framesel.selection.duplicates import links
from framesel.selection.duplicates.in_shots import duplicates_in_shots
from framesel.settings import RunSettings
from framesel.stage import GatherInputs, Rows
from framesel.stages import gathered, gating, whole_videos
from framesel.stages.duplicates import Duplicates
from framesel.stages.stored_vectors import StoredVectors
from tests.pipeline.conftest import Bench
from tests.pipeline.long_footage import SETTINGS


def inputs_of(bench: Bench) -> GatherInputs:
    keys = {s.name: s.key for s in planning.plan(bench.workspace, bench.recipe(*SETTINGS))}
    catalog, already = Catalog(bench.workspace), state.already(bench.workspace)
    return GatherInputs(bench.workspace, keys, catalog, already)


def table_of(inputs: GatherInputs, stage: Duplicates, memory_gb: float) -> list[dict[str, object]]:
    rows = stage.run(inputs, RunSettings(memory_gb=memory_gb))
    assert isinstance(rows, Rows)
    found: list[dict[str, object]] = pa.Table.from_batches(rows.batches, rows.schema).to_pylist()
    return found


def test_videos_lie_in_several_shards(long: Bench) -> None:
    catalog = Catalog(long.workspace)
    assert max(len(shards) for shards in catalog.shards_of.values()) > 2
    assert sum(len(videos) for videos in catalog.at_home.values()) == 4


@pytest.mark.parametrize("tau_across", [0.97, 0.998])
def test_it_is_as_if_all_were_in_memory(long: Bench, tau_across: float) -> None:
    inputs = inputs_of(long)
    stage = long.recipe(*SETTINGS, f"duplicates.tau_across={tau_across}").duplicates
    data = gathered.read(inputs, ["t_s", *gating.QUALITY], RunSettings())
    stored = inputs.table("embeddings", ["video_no", "tiles"])["tiles"]
    rejected = gating.rejected(data.columns, stage.gate)
    oracle = duplicates_in_shots(
        data.in_memory(),
        data.columns["video_no"],
        data.columns["t_s"],
        np.flatnonzero(rejected == ""),
        stage.tau_cos if stage.tau_cos != "auto" else 0.0,
        tau_across,
        quality=data.columns["sharpness"],
        tiles=vector_column.unpack_vectors(stored, data.in_memory().shape[1]),
        tau_tile=stage.tau_tile,
    )
    found = table_of(inputs, stage, 4.0)
    video_no, pts = data.columns["video_no"], data.columns["pts"]
    at = {(int(v), int(p)): row for row, (v, p) in enumerate(zip(video_no, pts, strict=True))}
    assert len(found) == len(at)
    assert 5 < sum(1 for row in found if row["mass"]) < len(found) / 2
    for row in found:
        mine = at[row["video_no"], row["pts"]]  # type: ignore[index]
        keeper = int(oracle.keeper[mine])
        assert row["rejected"] == rejected[mine]
        assert row["shot"] == oracle.shot[mine]
        assert row["mass"] == oracle.mass[mine]
        if keeper >= 0:
            assert (row["keeper_video_no"], row["keeper_pts"]) == (video_no[keeper], pts[keeper])
            assert row["keeper_cos"] == oracle.cos[mine]
    assert len(np.unique(oracle.shot)) < 10  # the copy, and what comes again


def test_memory_and_regions_change_nothing(long: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs, stage = inputs_of(long), long.recipe(*SETTINGS).duplicates
    before = table_of(inputs, stage, 4.0)
    monkeypatch.setattr(links, "ROOM", 4)
    assert table_of(inputs, stage, 1e-6) == before  # one frame at a time
    left = [path.name for path in inputs.workspace.root.rglob(".*")]
    assert not [name for name in left if name.endswith(".tmp") or name.startswith(".links")]


def test_a_video_longer_than_a_load_is_cut_into_stretches(
    long: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_videos, "LOAD", 50)
    other = Bench(tmp_path / "ws", long.videos)
    other.run(*SETTINGS)
    inputs = inputs_of(other)
    table = inputs.table("shots", None)
    sizes = table.group_by(["video_no", "shot"]).aggregate([("pts", "count")])["pts_count"]
    assert max(sizes.to_pylist()) <= 50
    assert table.num_rows == inputs.table("embeddings", ["video_no", "pts"]).num_rows


def test_vectors_are_the_same_from_memory_and_from_disk(long: Bench) -> None:
    inputs = inputs_of(long)
    data = gathered.read(inputs, ["t_s"], RunSettings())
    assert isinstance(data.vectors, np.ndarray)
    lean = gathered.read(inputs, ["t_s"], RunSettings(memory_gb=1e-6))
    assert isinstance(lean.vectors, StoredVectors)
    rng = np.random.default_rng(0)
    some = rng.permutation(len(data))[:50]
    for which in (some, np.sort(some), slice(3, 40), 7, data.columns["t_s"] > 9, some[:0]):
        assert np.array_equal(lean.vectors[which], data.vectors[which])
    assert lean.vectors.shape == data.vectors.shape
    with pytest.raises(StageError, match=r"run\.memory_gb"):
        lean.in_memory()


def all_of(bench: Bench) -> dict[str, bytes]:
    key = next(
        s.key
        for s in planning.plan(bench.workspace, bench.recipe(*SETTINGS))
        if s.name == "duplicates"
    )
    folder = bench.workspace.stage("duplicates", key)
    return {path.name: path.read_bytes() for path in folder.glob("*.parquet")}


def test_new_footage_alone_is_compared_with_what_was_there(
    long: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    videos = tmp_path / "videos"
    videos.mkdir()
    for name in ("v0.mp4", "v1.mp4"):
        shutil.copy(long.videos / name, videos)
    grown = Bench(tmp_path / "ws", videos)
    grown.run(*SETTINGS)
    before = all_of(grown)
    for name in ("v2.mp4", "zcopy.mp4"):
        shutil.copy(long.videos / name, videos)
    compared, ask = [], links.Bank.links

    def asked(self: links.Bank, side: links.Side) -> np.ndarray:
        compared.append((len(side.rows), len(self._side.rows)))
        return ask(self, side)

    monkeypatch.setattr(links.Bank, "links", asked)
    grown.run(*SETTINGS)
    grown_pairs = sum(asked * bank for asked, bank in compared)
    compared.clear()
    fresh = Bench(tmp_path / "fresh", videos)
    for name in ("frames", "embeddings", "shots", "catalog"):
        shutil.copytree(grown.root / name, fresh.root / name)
    for name in ("workspace.json", "runtimes.json"):
        shutil.copy(grown.root / name, fresh.root / name)
    fresh.run(*SETTINGS)
    assert all_of(fresh) == all_of(grown)
    assert all_of(grown) != before
    assert set(before) == {"all.parquet", "links.parquet"}
    # the copy was found, and two of four videos were not compared with each other again
    assert grown_pairs < 0.9 * sum(asked * bank for asked, bank in compared)


def test_what_went_away_is_not_built_upon(long: Bench, tmp_path: Path) -> None:
    """Shots may hang together by one that is gone."""
    shutil.copytree(long.videos, tmp_path / "videos")
    bench = Bench(tmp_path / "ws", tmp_path / "videos")
    bench.run(*SETTINGS)
    (tmp_path / "videos/v1.mp4").unlink()
    bench.run(*SETTINGS)
    left = all_of(bench)
    for folder in (tmp_path / "ws/duplicates").iterdir():
        shutil.rmtree(folder)
    bench.run(*SETTINGS)
    assert all_of(bench) == left
