"""Detections and scores in a pipeline, with small detectors of random weights."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from framesel.errors import RecipeError, StageError, WeightsError
from framesel.rounds import state
from framesel.stages.stored_boxes import LAST_LAYER, Layout, read_last_layer, unpack
from framesel.uncertainty.registry import SCORES
from tests.detectors.conftest import SIZE_PX, save_yolo, yolo_model
from tests.pipeline.conftest import Bench, picks

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("weights")
    return {
        "chair": save_yolo(folder / "chair.pt", yolo_model("v8", 3, seed=0)),
        "member": save_yolo(folder / "member.pt", yolo_model("11", 3, seed=1)),
        "other": save_yolo(folder / "other.pt", yolo_model("v8", 2, seed=2)),
    }


def detect(weights: Path, *more: str) -> list[str]:
    return [
        f"detections.weights={weights}",
        f"detections.size_px={SIZE_PX}",
        "detections.precision=fp32",
        "detections.top_classes=2",
        *more,
    ]


@pytest.fixture(scope="module")
def scored(
    tmp_path_factory: pytest.TempPathFactory, footage: "Truth", weights: dict[str, Path]
) -> Bench:
    """A finished run with everything: companions, views, a committee and all scores."""
    bench = Bench(tmp_path_factory.mktemp("scored") / "ws", footage.folder)
    bench.run(*everything(weights))
    return bench


def everything(weights: dict[str, Path]) -> list[str]:
    return detect(
        weights["chair"],
        f"committee=[{{weights: {weights['member']}, size_px: {SIZE_PX}, precision: fp32}}]",
        "detections.views=[hflip, bright, crop]",
        "frames.sample.companions=2",
        "scores.compute=all",
    )


def read(bench: Bench, stage: str, *more: str) -> pa.Table:
    folder = next((bench.root / stage).glob("*/"))
    paths = sorted(folder.glob("*.parquet"))
    return pa.concat_tables(pq.read_table(path, partitioning=None) for path in paths)


def test_every_frame_is_seen_as_it_is_and_candidates_in_every_view(scored: Bench) -> None:
    chair = next(
        folder
        for folder in (scored.root / "detections").glob("*/")
        if "hflip" in (folder / "stage.json").read_text()
    )
    tables = [pq.read_table(p, partitioning=None) for p in sorted(chair.glob("s*.parquet"))]
    rows = pa.concat_tables(tables)
    frames = read(scored, "frames")
    views = rows["view"].cast(pa.string())
    candidates = pc.sum(pc.invert(frames["companion"])).as_py()
    assert 0 < candidates < frames.num_rows
    assert pc.sum(pc.equal(views, "")).as_py() == frames.num_rows
    for view in ("hflip", "bright", "crop"):
        assert pc.sum(pc.equal(views, view)).as_py() == candidates
    assert pc.sum(rows["boxes"]).as_py() > 0
    assert (chair / LAST_LAYER).exists()


def test_all_scores_are_there_and_rank_the_candidates(scored: Bench) -> None:
    table = read(scored, "scores")
    assert set(SCORES) <= set(table.column_names)
    for name in set(SCORES) - {"flicker", "jitter", "class_switch", "gap", "lonely"}:
        values = table[name].to_numpy()
        assert np.isfinite(values).mean() > 0.9, name
    utility = table["utility"].to_numpy()
    assert 0.05 <= utility.min() < utility.max() <= 1.0
    assert set(table["difficulty"].to_pylist()) == {"easy", "medium", "hard"}
    assert table["p_error"].null_count == table.num_rows
    frames = read(scored, "frames")
    assert table.num_rows == pc.sum(pc.invert(frames["companion"])).as_py()


def test_companions_are_never_picked(scored: Bench) -> None:
    frames = read(scored, "frames").filter(pc.field("companion"))
    companions = set(zip(frames["video_no"].to_pylist(), frames["pts"].to_pylist(), strict=True))
    chosen = {(p["video_no"], p["pts"]) for p in picks(scored)}
    assert chosen
    assert not companions & chosen


def test_stored_features_give_the_stored_logits(scored: Bench) -> None:
    from framesel.uncertainty.compact import full_logits

    for folder in (scored.root / "detections").glob("*/"):
        path = sorted(folder.glob("s*.parquet"))[0]
        boxes = unpack(pq.read_table(path, partitioning=None), Layout.read(path))
        weight, bias = read_last_layer(folder) or (None, None)
        assert weight is not None
        logits = full_logits(boxes, weight, bias)
        assert len(logits) > 10
        best = np.take_along_axis(logits, boxes.top_class.astype(np.int64), axis=1)
        np.testing.assert_allclose(best, boxes.top_logit, atol=0.05)


def test_the_second_run_has_nothing_to_do(scored: Bench, weights: dict[str, Path]) -> None:
    _, watch = scored.run(*everything(weights))
    assert set(watch.todo) <= {"catalog", "export"}


def test_a_new_threshold_and_a_new_score_need_no_inference(
    tmp_path: Path, footage: "Truth", weights: dict[str, Path]
) -> None:
    bench = Bench(tmp_path / "ws", footage.folder)
    bench.run(*detect(weights["chair"]))
    before = read(bench, "scores")
    changed = ["scores.conf=0.3", "scores.iou=0.4", "scores.compute=[entropy, bald]"]
    _, watch = bench.run(*detect(weights["chair"], *changed))
    assert set(watch.todo) <= {"catalog", "export", "scores", "trust", "selection"}
    assert "scores" in watch.todo
    assert before.num_rows


def test_scoring_loads_no_torch(scored: Bench) -> None:
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from framesel.workspace import Workspace\n"
        "from framesel.recipe import load\n"
        "from framesel import planning\n"
        "from framesel.catalog import Catalog\n"
        "from framesel.rounds import state\n"
        "from framesel.stage import GatherInputs\n"
        f"ws = Workspace.open(Path({str(scored.root)!r}))\n"
        "recipe = load(ws.recipe)\n"
        "steps = {s.name: s for s in planning.plan(ws, recipe)}\n"
        "inputs = GatherInputs(ws, {n: s.key for n, s in steps.items()}, Catalog(ws), "
        "state.already(ws))\n"
        "print(steps['scores'].stage.run(inputs, recipe.run).num_rows)\n"
        "assert not {'torch', 'ultralytics', 'openvino'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == read(scored, "scores").num_rows


def test_the_same_weights_under_another_path_are_the_same(
    tmp_path: Path, footage: "Truth", weights: dict[str, Path]
) -> None:
    bench = Bench(tmp_path / "ws", footage.folder)
    bench.run(*detect(weights["chair"]))
    moved = tmp_path / "moved.pt"
    moved.write_bytes(weights["chair"].read_bytes())
    _, watch = bench.run(*detect(moved))
    assert set(watch.todo) <= {"catalog", "export"}


def test_a_committee_must_know_the_same_classes(
    tmp_path: Path, footage: "Truth", weights: dict[str, Path]
) -> None:
    bench = Bench(tmp_path / "ws", footage.folder)
    member = f"committee=[{{weights: {weights['other']}, size_px: {SIZE_PX}, precision: fp32}}]"
    with pytest.raises(StageError, match="must agree on the classes"):
        bench.run(*detect(weights["chair"], member))
    assert len(list((bench.root / "detections").glob("*/"))) == 2  # what was detected stays


def test_weights_with_other_classes_than_the_last_round(
    tmp_path: Path, footage: "Truth", weights: dict[str, Path]
) -> None:
    bench = Bench(tmp_path / "ws", footage.folder)
    bench.run(*detect(weights["chair"]))
    this = state.current(bench.workspace)
    assert this.classes == ["drone", "bird", "kite"]
    state.save(bench.workspace, replace(this, closed=True))
    with pytest.raises(StageError, match=r"round 1 had drone, bird, kite"):
        bench.run(*detect(weights["other"]))
    report, _ = bench.run(*detect(weights["other"], "run.new_classes=true"))
    assert report.round.number == 2
    assert report.round.classes == ["drone", "bird"]


def test_the_two_heads_of_a_model_are_a_committee(tmp_path: Path, footage: "Truth") -> None:
    both = save_yolo(tmp_path / "two_heads.pt", yolo_model("26", 3))
    bench = Bench(tmp_path / "ws", footage.folder)
    other = f"{{weights: {both}, size_px: {SIZE_PX}, precision: fp32, head: one2one}}"
    bench.run(*detect(both, f"committee=[{other}]", "scores.compute=[average_kl]"))
    values = read(bench, "scores")["average_kl"].to_numpy()
    assert np.nanmax(values) > 0.01


def test_what_cannot_be_served_says_what_would(
    tmp_path: Path, footage: "Truth", weights: dict[str, Path]
) -> None:
    bench = Bench(tmp_path / "ws", footage.folder)
    for name, settings, cure in (
        ("bald", ["detections.features=false"], r"detections\.features: true"),
        ("vote_entropy", [], "committee:"),
        ("crop_inconsistency", ["detections.views=[hflip]"], "detections.views with crop"),
        ("flicker", [], "companions: 2"),
    ):
        chosen = detect(weights["chair"], f"scores.compute=[{name}]", *settings)
        with pytest.raises(StageError, match=f"{name} cannot be computed without.*{cure}"):
            bench.run(*chosen)


def test_broken_weights_lose_nothing(tmp_path: Path, footage: "Truth") -> None:
    bench = Bench(tmp_path / "ws", footage.folder)
    bench.run()
    held = {p: p.read_bytes() for p in bench.root.rglob("*.parquet")}
    broken = tmp_path / "broken.pt"
    broken.write_bytes(b"PK\x03\x04 not really")
    with pytest.raises(WeightsError, match=r"broken\.pt"):
        bench.run(*detect(broken))
    with pytest.raises(WeightsError, match=r"absent\.pt"):
        bench.run(*detect(tmp_path / "absent.pt"))
    assert all(p.read_bytes() == content for p, content in held.items())


def test_recipes_that_make_no_sense(weights: dict[str, Path]) -> None:
    bench = Bench(Path("ws"), Path("videos"))
    with pytest.raises(RecipeError, match=r"did you mean 'entropy'"):
        bench.recipe("scores.compute=[entropi]")
    with pytest.raises(RecipeError, match=r"set detections\.weights"):
        bench.recipe(f"committee=[{{weights: {weights['member']}}}]")
    with pytest.raises(RecipeError, match="nothing is scored without a detector"):
        bench.recipe("selection.utility=entropy").stages()
    chosen = bench.recipe(*detect(weights["chair"], "frames.store_px=32"))
    assert any("frames.store_px=64" in remark for remark in chosen.remarks())
