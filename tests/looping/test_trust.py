"""Uncertainty counts once labels have shown that it finds errors."""

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from framesel import planning
from framesel import recipe as recipes
from framesel.annotation.classes import declared, feeds, spoken
from framesel.annotation.sheet import Box
from framesel.catalog import Catalog
from framesel.errors import UsageError
from framesel.labels import store
from framesel.labels.changes import as_tables
from framesel.labels.labels import Key
from framesel.rounds import holdout, state
from framesel.stages.calibration_file import write_calibration
from framesel.stages.trust import verdict
from framesel.stages.unlearnt import unlearnt
from framesel.uncertainty.calibration import Calibration
from framesel.uncertainty.pooled_auroc import pooled_auroc
from framesel.workspace import Workspace
from tests.looping.conftest import fake_detectors
from tests.pipeline.conftest import Bench

SEEN = Box("car", 10, 10, 50, 40)
GROUP = st.lists(st.tuples(st.integers(0, 4), st.booleans()), max_size=8)


@given(st.lists(GROUP, max_size=4))
def test_pairs_are_counted_inside_groups(groups: list[list[tuple[int, bool]]]) -> None:
    won, pairs = 0.0, 0
    for group in groups:
        for score, error in group:
            for other, wrong in group:
                if error and not wrong:
                    pairs += 1
                    won += 1.0 if score > other else 0.5 if score == other else 0.0
    columns = [([s for s, _ in group], [e for _, e in group]) for group in groups]
    found = pooled_auroc(columns)
    assert math.isnan(found) if not pairs else found == pytest.approx(won / pairs)


def test_one_group_is_the_auroc_and_unknown_scores_do_not_count() -> None:
    rng = np.random.default_rng(0)
    score, error = rng.normal(size=50), rng.random(50) < 0.4
    expected = roc_auc_score(error, score)
    assert pooled_auroc([(score, error)]) == pytest.approx(expected)
    padded = [np.append(score, np.nan), np.append(error, True)]
    assert pooled_auroc([(padded[0], padded[1])]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("auroc", "frames", "errors", "trusted"),
    [
        (0.6, 20, 3, True),
        (0.599, 1000, 500, False),
        (1.0, 19, 9, False),
        (1.0, 20, 2, False),
        (1.0, 20, 18, False),
        (1.0, 20, 17, True),
        (math.nan, 40, 20, False),
    ],
)
def test_what_is_asked_for(auroc: float, frames: int, errors: int, trusted: bool) -> None:
    assert verdict(auroc, frames, errors)[0] is trusted


def test_a_calibration_speaks_where_frames_are_too_few() -> None:
    good = Calibration((0.0, 1.0), (0.0, 1.0), 0.7, 50, 20)
    poor = Calibration((0.0, 1.0), (0.0, 1.0), 0.55, 50, 20)
    assert verdict(math.nan, 0, 0, good)[0]
    assert "0.700 in the calibration" in verdict(math.nan, 0, 0, good)[1]
    assert not verdict(math.nan, 0, 0, poor)[0]
    assert not verdict(0.5, 100, 50, good)[0]


@pytest.fixture
def own(tmp_path: Path, finished: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A finished workspace, and a detector that sees a car everywhere, more or less surely."""
    fake_detectors(monkeypatch)
    shutil.copytree(finished.root, tmp_path / "ws")
    content = {"classes": ["car"], "sees": [[SEEN.label, *SEEN.xyxy]]}
    (tmp_path / "weights.pt").write_text(json.dumps(content))
    return Bench(tmp_path / "ws", finished.videos)


def detect(bench: Bench, *more: str) -> list[str]:
    return [f"detections.weights={bench.root.parent / 'weights.pt'}", *more]


def table(bench: Bench, stage: str, *settings: str) -> list[dict[str, object]]:
    steps = planning.plan(bench.workspace, bench.recipe(*detect(bench, *settings)))
    key = next(step.key for step in steps if step.name == stage)
    path = bench.workspace.stage(stage, key) / "all.parquet"
    rows: list[dict[str, object]] = pq.read_table(path, partitioning=None).to_pylist()
    return rows


def label(workspace: Workspace, frames: dict[Key, bool]) -> None:
    """Labels that agree with the detector, or else know nothing of its car."""
    videos = Catalog(workspace).videos
    words = []
    for (video_no, pts), error in frames.items():
        row = {"video_no": video_no, "pts": pts, "annotator": "ann", "seconds": None, "at": ""}
        size = {name: videos[video_no][name] for name in ("width", "height")}
        words.append(({**row, **size}, [] if error else [SEEN]))
    store.add(workspace, as_tables(words, ["car"]), {})


def hold_out_all_but_one(bench: Bench) -> list[Key]:
    """Sampled frames of the holdout."""
    videos = Catalog(bench.workspace).videos
    kept = min(videos)
    rest = [str(row["digest"]) for no, row in videos.items() if no != kept]
    holdout.write(bench.workspace, holdout.Holdout(videos=tuple(rest)))
    scores = table(bench, "scores")
    return [(int(r["video_no"]), int(r["pts"])) for r in scores if r["video_no"] != kept]  # type: ignore[call-overload]


@pytest.mark.parametrize("finds", [True, False])
def test_the_holdout_decides(own: Bench, finds: bool) -> None:
    _, watch = own.run(*detect(own))
    assert any("coverage alone chooses: 0 labelled frames" in note for note in watch.notes)
    (before,) = table(own, "trust")
    assert (before["trusted"], before["auroc"], before["frames"]) == (False, None, 0)
    frames = hold_out_all_but_one(own)
    worth = {(r["video_no"], r["pts"]): float(r["utility"]) for r in table(own, "scores")}  # type: ignore[arg-type]
    order = sorted(frames, key=lambda key: worth[key])
    half = len(order) // 2
    label(own.workspace, {key: (at >= half) == finds for at, key in enumerate(order)})
    _, watch = own.run(*detect(own))
    assert {"trust", "selection"} <= set(watch.todo) <= {"catalog", "trust", "selection", "export"}
    (row,) = table(own, "trust")
    assert row["trusted"] is finds
    assert row["frames"] == len(frames) >= 20
    assert row["errors"] == (len(order) - half if finds else half)
    assert row["auroc"] == pytest.approx(1.0 if finds else 0.0, abs=0.05)
    said = "uncertainty counts: AUROC" if finds else "coverage alone chooses: AUROC"
    assert any(said in note for note in watch.notes)
    auto = state.current(own.workspace).picks(own.workspace).select(["video_no", "pts"])
    own.run(*detect(own, f"selection.utility={'utility' if finds else 'none'}"))
    forced = state.current(own.workspace).picks(own.workspace).select(["video_no", "pts"])
    assert auto.equals(forced)


def test_labels_of_other_frames_change_nothing(own: Bench) -> None:
    own.run(*detect(own))
    scores = table(own, "scores")
    kept = min(Catalog(own.workspace).videos)
    free = [(int(r["video_no"]), int(r["pts"])) for r in scores if r["video_no"] == kept]  # type: ignore[call-overload]
    label(own.workspace, dict.fromkeys(free[:2], True))
    _, watch = own.run(*detect(own))
    assert "trust" not in watch.todo


def test_controls_are_judged_by_the_detector_of_their_round(own: Bench) -> None:
    own.run(*detect(own, "selection.strategy.control=0.5"))
    this = state.current(own.workspace)
    rows = this.picks(own.workspace).to_pylist()
    controls = [(r["video_no"], r["pts"]) for r in rows if r["source"] == "control"]
    others = [(r["video_no"], r["pts"]) for r in rows if r["source"] != "control"]
    assert controls
    assert others
    label(own.workspace, dict.fromkeys([*controls, *others], True))
    state.close(own.workspace, this, 0)
    (group,) = unlearnt(own.workspace, Catalog(own.workspace), store.current(own.workspace).keys)
    assert group.frames == tuple(sorted(controls))
    assert group.selection == this.selection
    blind = {"classes": ["car"], "sees": []}
    (own.root.parent / "weights.pt").write_text(json.dumps(blind))
    own.run(*detect(own, "selection.strategy.control=0.5"))
    # the new detector sees nothing and errs in none of these; the one of the round erred in all
    (row,) = table(own, "trust", "selection.strategy.control=0.5")
    assert (row["frames"], row["errors"]) == (len(controls), len(controls))


@pytest.mark.parametrize(
    "called", ["train.rename={car: vehicle}", "classes={vehicle: [car, truck]}"]
)
def test_labels_may_call_the_detectors_classes_otherwise(own: Bench, called: str) -> None:
    own.run(*detect(own, called))
    frames = hold_out_all_but_one(own)
    videos, seen = Catalog(own.workspace).videos, Box("vehicle", *SEEN.xyxy)
    words = []
    for at, (video_no, pts) in enumerate(frames):
        row = {"video_no": video_no, "pts": pts, "annotator": "ann", "seconds": None, "at": ""}
        size = {name: videos[video_no][name] for name in ("width", "height")}
        words.append(({**row, **size}, [seen] if at % 2 else []))
    store.add(own.workspace, as_tables(words, ["vehicle"]), {})
    own.run(*detect(own, called))
    (row,) = table(own, "trust", called)
    assert (row["frames"], row["errors"]) == (len(frames), (len(frames) + 1) // 2)


def test_what_labels_call_classes() -> None:
    mapped = recipes.load(None, ["classes={vehicle: [car, truck], person: null}"]).classes
    fed = feeds(mapped)
    own = {"vehicle": "vehicle", "person": "person"}
    assert fed == {**own, "car": "vehicle", "truck": "vehicle"}
    assert spoken(["person", "boat", "truck"], fed, {}) == ["person", "", "vehicle"]
    # a model that learnt from the labels has their names, or those that they had
    assert spoken(["vehicle", "person"], fed, {}) == ["vehicle", "person"]
    assert spoken(["vehicle", "dragon"], fed, {"dragon": "person"}) == ["vehicle", "person"]
    assert spoken(["vehicle", "gone"], fed, {}) == ["vehicle", ""]
    crossed = feeds(recipes.load(None, ["classes={vehicle: [car], car: [toy]}"]).classes)
    assert spoken(["car", "toy"], crossed, {}) == ["vehicle", "car"]
    assert spoken(["vehicle", "car"], crossed, {}) == ["vehicle", "car"]
    unfed = feeds(recipes.load(None, ["classes={vehicle: [], animal: []}"]).classes)
    assert spoken(["car", "animal"], unfed, {}) == ["", "animal"]
    # where nothing is declared, everything may be labelled
    assert spoken(["a", "b"], {}, {"a": "b", "b": "a"}) == ["b", "a"]


def test_a_model_that_learnt_from_labels_feeds_the_classes_of_its_names() -> None:
    mapped = recipes.load(None, ["classes={vehicle: [car, truck], person: null}"]).classes
    fed = {one.name: one.feeds for one in declared(mapped, ["vehicle", "person"])}
    assert fed == {"vehicle": ("vehicle",), "person": ("person",)}
    fed = {one.name: one.feeds for one in declared(mapped, ["car", "person", "truck"])}
    assert fed == {"vehicle": ("car", "truck"), "person": ("person",)}
    with pytest.raises(UsageError, match="no class 'car'"):
        declared(mapped, ["boat", "truck"])


def test_a_calibration_is_known_by_what_it_says(own: Bench, tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    write_calibration(path, "entropy", Calibration((0.0, 1.0), (0.0, 1.0), 0.8, 60, 20))
    own.run(*detect(own, f"scores.calibration={path}"))
    (row,) = table(own, "trust", f"scores.calibration={path}")
    assert row["trusted"] is True


def test_strategies_that_cannot_do_without_get_the_utility(own: Bench) -> None:
    chosen = own.recipe(*detect(own, "selection.strategy.name=top_k"))
    assert "trust" not in chosen.stages()
    assert "trust" not in own.recipe(*detect(own, "selection.utility=utility")).stages()
    assert "trust" not in recipes.load(None).stages()
    assert "trust" in own.recipe(*detect(own)).stages()
