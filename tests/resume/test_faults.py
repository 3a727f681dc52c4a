"""Killed just before and after each rename, resumed: the same bytes."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from framesel import recipe as recipes
from framesel.sources import expand
from tests.detectors.conftest import SIZE_PX, save_yolo, yolo_model
from tests.resume.faults import Moment, run_apart, tree

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

SETTINGS = ["selection.budget=6", "catalog.shard_videos=2", "run.threads=1"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, footage: "Truth") -> dict[str, bytes]:
    root = tmp_path_factory.mktemp("undisturbed") / "ws"
    run_apart(root, recipes.load(None, SETTINGS), some(footage), None)
    return tree(root)


def some(footage: "Truth") -> list[Path]:
    """Videos for two shards."""
    return expand([str(footage.folder)])[:4]


def test_the_undisturbed_run_repeats_itself(
    tmp_path: Path, footage: "Truth", undisturbed: dict[str, bytes]
) -> None:
    run_apart(tmp_path / "ws", recipes.load(None, SETTINGS), some(footage), None)
    assert tree(tmp_path / "ws") == undisturbed


def test_a_run_killed_at_every_moment_leaves_the_same_bytes(
    tmp_path: Path, footage: "Truth", undisturbed: dict[str, bytes]
) -> None:
    chosen, files = recipes.load(None, SETTINGS), some(footage)
    survived: set[Moment] = set()
    while (killed := run_apart(tmp_path / "ws", chosen, files, survived)) is not None:
        survived.add(killed)
    # files of every stage
    touched = {name.partition("/")[0] for _, name in survived}
    assert touched >= {
        "catalog",
        "frames",
        "embeddings",
        "shots",
        "duplicates",
        "selection",
        "images",
    }
    assert {when for when, _ in survived} == {"before", "after"}
    assert tree(tmp_path / "ws") == undisturbed


def test_detections_and_scores_killed_at_every_moment_leave_the_same_bytes(
    tmp_path: Path, footage: "Truth"
) -> None:
    weights = save_yolo(tmp_path / "small.pt", yolo_model("v8", 3))
    files = some(footage)
    detect = [f"detections.weights={weights}", f"detections.size_px={SIZE_PX}"]
    chosen = recipes.load(None, [*SETTINGS, *detect, "detections.precision=fp32"])
    run_apart(tmp_path / "undisturbed", chosen, files, None)
    # what comes before has been killed in the test above
    run_apart(tmp_path / "ws", recipes.load(None, SETTINGS), files, None)
    survived: set[Moment] = set()
    only = ("detections", "scores")
    while (killed := run_apart(tmp_path / "ws", chosen, files, survived, only)) is not None:
        survived.add(killed)
    touched = {name for _, name in survived}
    assert {"detections/last_layer.safetensors", "detections/shard.parquet"} <= touched
    assert "scores/all.parquet" in touched
    whole, resumed = tree(tmp_path / "undisturbed"), tree(tmp_path / "ws")
    for name, content in whole.items():
        if name.startswith(("detections/", "scores/", "selection/", "rounds/")):
            assert resumed[name] == content, name


def test_an_asked_threshold_killed_at_every_moment_leaves_the_same_bytes(
    tmp_path: Path, footage: "Truth"
) -> None:
    files, dense = some(footage), [*SETTINGS, "frames.sample.fps=3"]
    chosen = recipes.load(None, [*dense, "duplicates.tau_cos=auto"])
    run_apart(tmp_path / "undisturbed", chosen, files, None)
    run_apart(tmp_path / "ws", recipes.load(None, dense), files, None)
    survived: set[Moment] = set()
    while (killed := run_apart(tmp_path / "ws", chosen, files, survived, ("tau",))) is not None:
        survived.add(killed)
    assert "tau/all.parquet" in {name for _, name in survived}
    whole, resumed = tree(tmp_path / "undisturbed"), tree(tmp_path / "ws")
    for name, content in whole.items():
        if name.startswith(("tau/", "selection/", "rounds/")):
            assert resumed[name] == content, name
