"""The next round is chosen with the newest model, by command and from Python."""

import json
from pathlib import Path

import pytest

import framesel
from framesel import recipe as recipes
from framesel.errors import UsageError
from framesel.looping import choosing
from framesel.looping.wishes import overrides, sets
from framesel.rounds import models
from framesel.rounds.models import Model
from framesel.workspace import Workspace
from tests.looping.conftest import Circuit
from tests.pipeline.conftest import SETTINGS, Recorder
from tests.resume.faults import Inline


@pytest.fixture
def trained(tmp_path: Path) -> Workspace:
    """A workspace in which two models were trained; nothing else is in it."""
    workspace = Workspace.create(tmp_path / "ws")
    chosen = recipes.load(None, ["detections.weights=first.pt", "detections.size_px=320"])
    workspace.recipe.write_text(chosen.to_yaml(workspace.root), "utf-8")
    for number, folder in ((1, "models/aa"), (2, "models/bb")):
        models.save(workspace, Model(number, folder, "weights.pt", "", ("car",), 96, number))
    return workspace


def test_the_newest_model_is_the_detector_with_its_size(trained: Workspace) -> None:
    found, told = choosing.next_recipe(trained, [])
    assert found.detections.weights == str(trained.root / "models/bb/weights.pt")
    assert found.detections.size_px == 96
    assert "trained for round 2" in told[0]
    assert len(told) == 1


@pytest.mark.parametrize(
    ("said", "weights", "size_px"),
    [
        (["detections.weights=mine.pt"], "mine.pt", 320),
        (["detections={weights: mine.pt}"], "mine.pt", 640),
        (["detections.size_px=160"], "bb/weights.pt", 160),
    ],
)
def test_what_the_user_sets_stays(
    trained: Workspace, said: list[str], weights: str, size_px: int
) -> None:
    found, _ = choosing.next_recipe(trained, said)
    assert found.detections.weights.endswith(weights)
    assert found.detections.size_px == size_px


def test_a_model_of_torchvision_keeps_its_name(trained: Workspace) -> None:
    prefix = "torchvision:ssdlite320_mobilenet_v3_large@"
    models.save(trained, Model(3, "models/cc", "weights.pt", prefix, ("car",), 320, 3))
    found, _ = choosing.next_recipe(trained, [])
    assert found.detections.weights == f"{prefix}{trained.root / 'models/cc/weights.pt'}"


def test_without_a_model_the_detector_stays(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    chosen = recipes.load(None, ["detections.weights=first.pt"])
    workspace.recipe.write_text(chosen.to_yaml(), "utf-8")
    assert choosing.next_recipe(workspace, [])[0] == chosen


def test_wishes() -> None:
    assert overrides(["a.b=1"], 30, "cpu") == ["a.b=1", "selection.budget=30", 'run.device="cpu"']
    assert overrides(None, None, None, memory_gb=2.5) == ["run.memory_gb=2.5"]
    assert overrides(None, None, None) == []
    assert sets([" detections.weights=x"], "detections.weights")
    assert not sets(["detections.size_px=3"], "detections.weights")


def test_next_and_run_from_python(circuit: Circuit, monkeypatch: pytest.MonkeyPatch) -> None:
    assert choosing.choose.__kwdefaults__ is not None
    monkeypatch.setitem(choosing.choose.__kwdefaults__, "runner", Inline)  # workers know no fakes
    watch = Recorder()
    first = framesel.run(circuit.videos, circuit.root, budget=4, settings=SETTINGS, watch=watch)
    assert (first.round.number, first.picks) == (1, 4)
    assert "selection" in watch.todo
    weights = circuit.root / "models" / "aa" / "weights.pt"
    weights.parent.mkdir(parents=True)
    weights.write_text(json.dumps({"classes": ["car"], "sees": [["car", 10, 10, 50, 40]]}))
    models.save(circuit.workspace, Model(1, "models/aa", "weights.pt", "", ("car",), 160, 0))
    watch = Recorder()
    second = framesel.next_round(circuit.root, budget="3 frames", watch=watch)
    assert (second.round.number, second.picks, second.round.classes) == (2, 3, ["car"])
    assert any("trained for round 1" in note for note in watch.notes)
    # nobody trained, and the round that ended is written down all the same
    ended = circuit.workspace.round(1)
    assert json.loads((ended / "summary.json").read_text("utf-8"))["closed"] is True
    assert (ended / "report.html").exists()
    assert not {"frames", "embeddings", "duplicates"} & set(watch.todo)
    picks = circuit.picks()
    assert not set(picks[1]) & set(picks[2])
    with pytest.raises(UsageError, match="--budget"):
        framesel.next_round(circuit.root, budget="many")
