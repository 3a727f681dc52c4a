"""The map of the embeddings: where it places frames, and that it is made once and kept."""

import hypothesis.extra.numpy as hnp
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel import on_demand, planning, upkeep
from framesel.catalog import Catalog
from framesel.errors import StageError
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages import embedding_map, gathered, stored_vectors
from framesel.stages.embedding_map import EmbeddingMap
from framesel.stages.selection import Selection
from tests.pipeline.conftest import Bench

RUN = RunSettings()


def keys_of(bench: Bench) -> dict[str, str]:
    return {s.name: s.key for s in planning.plan(bench.workspace, bench.recipe())}


def three_heaps(each: int, dim: int = 12) -> np.ndarray:
    """(3 * each, dim) unit rows around three directions at right angles."""
    rng = np.random.default_rng(0)
    rows = np.repeat(np.eye(dim)[:3], each, axis=0) + rng.normal(0, 0.05, (3 * each, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


@given(
    hnp.arrays(
        np.float32,
        st.tuples(st.integers(1, 30), st.integers(1, 6)),
        elements=st.floats(-1, 1, width=16),
    )
)
def test_principal_axes_are_those_of_a_singular_value_decomposition(rows: np.ndarray) -> None:
    places = embedding_map.pca(rows)
    centred = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    values = np.linalg.svd(centred, compute_uv=False)
    expected = np.zeros(2)
    expected[: len(values)] = values[:2] ** 2
    spread = (places.astype(np.float64) ** 2).sum(axis=0)
    np.testing.assert_allclose(spread, expected, atol=1e-3)
    assert abs(float(places[:, 0] @ places[:, 1])) < 1e-2


def test_principal_axes_do_not_depend_on_where_blocks_end(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = three_heaps(40)
    whole = embedding_map.pca(rows)
    monkeypatch.setattr(stored_vectors, "_ROWS_AT_ONCE", 7)
    np.testing.assert_allclose(embedding_map.pca(rows), whole, atol=1e-5)


@given(hnp.arrays(np.int64, st.integers(1, 40), elements=st.integers(0, 8)))
def test_clusters_are_numbered_by_size_and_stay_together(cells: np.ndarray) -> None:
    numbers = embedding_map.by_size(cells)
    sizes = np.bincount(numbers)
    assert (np.diff(sizes) <= 0).all()
    assert len(sizes) == len(np.unique(cells))
    pairs = set(zip(cells.tolist(), numbers.tolist(), strict=True))
    assert len(pairs) == len(sizes)


@pytest.mark.parametrize("method", ["pacmap", "pca"])
def test_what_looks_alike_lies_together(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    table = mapped(three_heaps(60), EmbeddingMap(method=method, clusters=3), monkeypatch)
    assert table.schema.metadata[b"framesel.method"] == f'"{method}"'.encode()
    places = np.stack([table["x"].to_numpy(), table["y"].to_numpy()], axis=1)
    heaps = places.reshape(3, 60, 2)
    middles = heaps.mean(axis=1)
    within = np.linalg.norm(heaps - middles[:, None], axis=2).max()
    between = np.linalg.norm(middles - np.roll(middles, 1, axis=0), axis=1).min()
    assert between > 2 * within
    clusters = table["cluster"].to_numpy().reshape(3, 60)
    assert (clusters == clusters[:, :1]).all()
    assert len(np.unique(clusters)) == 3


def test_equal_vectors_give_an_equal_map(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, stage = three_heaps(50, dim=120), EmbeddingMap(method="pacmap")
    assert mapped(rows, stage, monkeypatch).equals(mapped(rows, stage, monkeypatch))
    other = mapped(rows, EmbeddingMap(method="pacmap", seed=1), monkeypatch)
    assert not other.equals(mapped(rows, stage, monkeypatch))


@pytest.mark.parametrize(
    ("rows", "settings", "method"),
    [
        (three_heaps(40), {}, "pacmap"),
        (three_heaps(40), {"exact_below": 100}, "pca"),
        (three_heaps(10), {}, "pca"),
        (three_heaps(10), {"method": "pacmap"}, "pca"),
        (np.repeat(three_heaps(1)[:1], 150, axis=0), {"method": "pacmap"}, "pca"),
        (three_heaps(40)[:1], {}, "pca"),
    ],
)
def test_which_method_is_taken(
    rows: np.ndarray, settings: dict[str, object], method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = mapped(rows, EmbeddingMap.model_validate(settings), monkeypatch)
    assert table.schema.metadata[b"framesel.method"] == f'"{method}"'.encode()
    assert np.isfinite(table["x"].to_numpy()).all()
    assert np.isfinite(table["y"].to_numpy()).all()


def test_threads_are_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    import faiss
    import numba

    before = faiss.omp_get_max_threads(), numba.get_num_threads()
    mapped(three_heaps(40), EmbeddingMap(), monkeypatch)
    assert (faiss.omp_get_max_threads(), numba.get_num_threads()) == before


def mapped(rows: np.ndarray, stage: EmbeddingMap, monkeypatch: pytest.MonkeyPatch) -> pa.Table:
    """The map of some vectors, without a workspace."""
    n = len(rows)
    columns = {"video_no": np.zeros(n, np.int32), "pts": np.arange(n, dtype=np.int64)}
    monkeypatch.setattr(gathered, "read", lambda *_: gathered.Dataset(columns, rows))
    inputs = GatherInputs(None, {}, None, pa.table({}))  # type: ignore[arg-type]
    return stage.run(inputs, RUN)


def test_a_map_is_made_once_and_has_a_row_for_each_frame(bench: Bench) -> None:
    folder = on_demand.ensure(bench.workspace, EmbeddingMap(), keys_of(bench), RUN)
    assert folder.parent == bench.root / "map"
    table = pq.read_table(folder / "all.parquet", partitioning=None)
    inputs = GatherInputs(bench.workspace, keys_of(bench), Catalog(bench.workspace), pa.table({}))
    frames = inputs.table("embeddings", ["video_no", "pts"])
    assert table.select(["video_no", "pts"]).to_pylist() == frames.to_pylist()
    before = (folder / "all.parquet").stat().st_mtime_ns
    assert on_demand.ensure(bench.workspace, EmbeddingMap(), keys_of(bench), RUN) == folder
    assert (folder / "all.parquet").stat().st_mtime_ns == before
    other = on_demand.ensure(bench.workspace, EmbeddingMap(clusters=2), keys_of(bench), RUN)
    assert other != folder


def test_memory_does_not_change_a_map(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = GatherInputs(bench.workspace, keys_of(bench), Catalog(bench.workspace), pa.table({}))
    monkeypatch.setattr(stored_vectors, "_ROWS_AT_ONCE", 7)
    monkeypatch.setattr(embedding_map, "_SAMPLE", 9)
    stage, little = EmbeddingMap(method="pca", clusters=3), RunSettings(memory_gb=1e-6)
    assert stage.run(inputs, little).equals(stage.run(inputs, RUN))
    assert len(set(stage.run(inputs, little)["cluster"].to_pylist())) == 3


def test_gc_keeps_the_map_of_what_is_kept_and_drops_the_others(bench: Bench) -> None:
    kept = on_demand.ensure(bench.workspace, EmbeddingMap(), keys_of(bench), RUN)
    assert upkeep.unreferenced(bench.workspace, bench.recipe()) == []
    removed = sorted(p for p in bench.videos.iterdir() if p.suffix == ".mp4")[0]
    removed.unlink()
    bench.run()
    dropped = upkeep.unreferenced(bench.workspace, bench.recipe())
    assert kept in dropped
    assert folder_name(bench) != kept.name
    fresh = on_demand.ensure(bench.workspace, EmbeddingMap(), keys_of(bench), RUN)
    assert fresh not in upkeep.unreferenced(bench.workspace, bench.recipe())


def folder_name(bench: Bench) -> str:
    return on_demand.folder_of(bench.workspace, EmbeddingMap(), keys_of(bench)).name


def test_what_is_not_there_is_named(finished: Bench) -> None:
    with pytest.raises(StageError, match="has no embeddings"):
        on_demand.ensure(finished.workspace, EmbeddingMap(), {"frames": "x"}, RUN)


def test_forgetting_a_video_takes_it_off_the_map(bench: Bench) -> None:
    folder = on_demand.ensure(bench.workspace, EmbeddingMap(), keys_of(bench), RUN)
    numbers = set(pq.read_table(folder / "all.parquet")["video_no"].to_pylist())
    upkeep.forget(bench.workspace, min(numbers))
    left = set(pq.read_table(folder / "all.parquet")["video_no"].to_pylist())
    assert left == numbers - {min(numbers)}


def test_what_sees_more_than_tables_is_not_made_on_demand(finished: Bench) -> None:
    with pytest.raises(StageError, match="a recipe must run it"):
        on_demand.ensure(finished.workspace, Selection(), keys_of(finished), RUN)
