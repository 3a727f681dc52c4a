"""Scores that ask for the vectors of all frames: the same whatever memory there is."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel import planning, vector_column
from framesel.catalog import Catalog
from framesel.errors import StageError
from framesel.rounds import state
from framesel.selection.engines import look_alikes
from framesel.settings import RunSettings
from framesel.stage import GatherInputs
from framesel.stages import gathered, stored_vectors
from framesel.uncertainty.expected_error import alc
from framesel.uncertainty.surroundings import density, novelty, typicality
from tests.detectors.conftest import SIZE_PX, save_yolo, yolo_model
from tests.pipeline.conftest import Bench

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

Columns = dict[str, np.ndarray]
LABELLED = 5


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory, footage: "Truth") -> Bench:
    """A finished run with all scores that one detector can serve."""
    folder = tmp_path_factory.mktemp("scored")
    save_yolo(folder / "chair.pt", yolo_model("v8", 3, seed=0))
    bench = Bench(folder / "ws", footage.folder)
    bench.run(*settings(bench))
    return bench


def settings(bench: Bench) -> list[str]:
    return [
        f"detections.weights={bench.root.parent / 'chair.pt'}",
        f"detections.size_px={SIZE_PX}",
        "detections.precision=fp32",
        "scores.compute=all",
    ]


def embedded(bench: Bench) -> tuple[list[tuple[int, int]], np.ndarray]:
    """Keys and vectors of all frames."""
    keys, vectors = [], []
    for path in sorted((bench.root / "embeddings").glob("*/s*.parquet")):
        table = pq.read_table(path, partitioning=None)
        keys += list(zip(*(table[name].to_pylist() for name in ("video_no", "pts")), strict=True))
        vectors.append(vector_column.unpack_vectors(table["vector"]))
    return keys, np.concatenate(vectors)


def scores(bench: Bench, memory_gb: float, *more: str) -> Columns:
    """The numbers of the scores stage, computed with so much memory; some frames are labelled."""
    recipe = bench.recipe(*settings(bench), *more)
    steps = {step.name: step for step in planning.plan(bench.workspace, recipe)}
    keys = {name: step.key for name, step in steps.items()}
    schema = state.already(bench.workspace).schema
    rows = [dict(zip(schema.names, key, strict=True)) for key in embedded(bench)[0][:LABELLED]]
    already = state.already(bench.workspace).from_pylist(rows, schema=schema)
    inputs = GatherInputs(bench.workspace, keys, Catalog(bench.workspace), already)
    table = steps["scores"].stage.run(inputs, RunSettings(memory_gb=memory_gb))
    return {n: table[n].to_numpy() for n in table.column_names if n != "difficulty"}


def test_they_are_those_of_their_formulas(scored: Bench) -> None:
    found = scores(scored, 4.0)
    keys, vectors = embedded(scored)
    assert list(zip(found["video_no"], found["pts"], strict=True)) == keys
    known = vectors[:LABELLED]
    expected = {
        "density": density(vectors),
        "typicality": typicality(vectors),
        "novelty": novelty(vectors, known),
        "variance_reduction": alc(vectors, known),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-3, atol=1e-3, err_msg=name)


def test_memory_changes_none(scored: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (look_alikes, stored_vectors):
        monkeypatch.setattr(module, "_ROWS_AT_ONCE", 7)
    monkeypatch.setattr(look_alikes, "ROOM", 4)
    monkeypatch.setattr(look_alikes, "PROBED", 2)
    few = "scores.exact_below=10"
    plenty, little = (scores(scored, gb, few) for gb in (4.0, 1e-6))
    assert {"neighbours", "typicality", "density", "novelty", "utility"} <= set(plenty)
    for name, values in plenty.items():
        assert np.array_equal(values, little[name], equal_nan=True), name
    exact = scores(scored, 4.0)
    differ = {n for n in exact if not np.array_equal(exact[n], plenty[n], equal_nan=True)}
    assert {"neighbours", "typicality"} <= differ
    assert differ.isdisjoint({"faint", "nearby", "density", "novelty", "variance_reduction"})
    assert not list(scored.root.rglob("*.tmp"))


def test_all_with_all_must_fit(scored: Bench) -> None:
    with pytest.raises(StageError, match=r"scores\.exact_below"):
        scores(scored, 1e-6)


def test_vectors_are_copied_in_the_order_that_is_asked_for(
    scored: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_vectors, "_ROWS_AT_ONCE", 7)
    recipe = scored.recipe(*settings(scored))
    keys = {step.name: step.key for step in planning.plan(scored.workspace, recipe)}
    already = state.already(scored.workspace)
    inputs = GatherInputs(scored.workspace, keys, Catalog(scored.workspace), already)
    stored = gathered.read(inputs, [], RunSettings(memory_gb=1e-6)).vectors
    plain = embedded(scored)[1]
    rows = np.random.default_rng(0).permutation(len(plain))[:20]
    for vectors in (plain, stored):
        with stored_vectors.in_order(vectors, rows, tmp_path) as ordered:
            assert len(ordered) == 20
            assert np.array_equal(ordered[3:15], plain[rows[3:15]])
            assert np.array_equal(ordered[np.array([9, 2])], plain[rows[[9, 2]]])
    assert not list(tmp_path.iterdir())
