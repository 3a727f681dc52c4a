"""What training begins with is the same in each round, and is written down."""

from pathlib import Path

import pytest

from framesel import recipe as recipes
from framesel.errors import UsageError, WeightsError
from framesel.learning.start import start_of
from framesel.recipe import Recipe
from framesel.rounds.models import Model
from framesel.workspace import Workspace

OURS = Model(1, "models/0a0b0c0d", "weights.pt", "", ("kite",), 64, 1)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    made = Workspace.create(tmp_path / "ws")
    made.recipe.write_text("selection: {budget: 7}\n", "utf-8")
    return made


def read(workspace: Workspace, *settings: str) -> Recipe:
    return recipes.load(workspace.recipe, settings)


def detector(tmp_path: Path, content: bytes = b"weights") -> str:
    path = tmp_path / "some.pt"
    path.write_bytes(content)
    return str(path)


def test_the_detector_of_the_first_run_is_remembered(workspace: Workspace, tmp_path: Path) -> None:
    first = detector(tmp_path)
    found = start_of(workspace, read(workspace, f"detections.weights={first}"), None)
    assert (found.name, found.prefix) == (first, "")
    written = read(workspace)
    assert written.train.weights == first
    assert written.selection.budget == 7
    assert written.detections.weights == "", "what was asked for this once is not written down"
    ours = workspace.root / OURS.folder / OURS.weights
    later = start_of(workspace, read(workspace, f"detections.weights={ours}"), OURS)
    assert later == found


def test_new_names_of_classes_are_remembered(workspace: Workspace, tmp_path: Path) -> None:
    begin = f"train.weights={detector(tmp_path)}"
    start_of(workspace, read(workspace, begin, "train.rename={car: vehicle}"), None)
    assert read(workspace).train.rename == {"car": "vehicle"}
    assert read(workspace).selection.budget == 7
    start_of(workspace, read(workspace, "train.rename={}"), None)
    assert read(workspace).train.rename == {}


def test_the_digest_is_of_the_bytes(workspace: Workspace, tmp_path: Path) -> None:
    one = start_of(workspace, read(workspace, f"train.weights={detector(tmp_path)}"), None)
    other = start_of(workspace, read(workspace, f"train.weights={detector(tmp_path, b'2')}"), None)
    assert one.name == other.name
    assert one.digest != other.digest
    name = "torchvision:ssdlite320_mobilenet_v3_large"
    tv = start_of(workspace, read(workspace, f"train.weights={name}@{detector(tmp_path)}"), None)
    assert tv.prefix == f"{name}@"
    assert str(tmp_path) not in tv.digest


def test_the_last_rounds_model_begins_if_it_is_asked_for(
    workspace: Workspace, tmp_path: Path
) -> None:
    initial = detector(tmp_path)
    path = workspace.root / OURS.folder / OURS.weights
    path.parent.mkdir(parents=True)
    path.write_bytes(b"trained")
    settings = (f"train.weights={initial}", "train.start=previous")
    assert start_of(workspace, read(workspace, *settings), None).name == initial
    found = start_of(workspace, read(workspace, *settings), OURS)
    assert found.name == str(path)
    assert read(workspace).train.weights == initial


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ((), "say what training begins with: --weights PATH.pt"),
        (("detections.weights=some.onnx",), "cannot be trained"),
        (("train.weights=nonsense",), "unknown detector"),
    ],
)
def test_what_cannot_begin_is_said_with_the_choices(
    workspace: Workspace, settings: tuple[str, ...], told: str
) -> None:
    before = workspace.recipe.read_bytes()
    with pytest.raises(UsageError, match=told):
        start_of(workspace, read(workspace, *settings), None)
    assert workspace.recipe.read_bytes() == before


def test_a_model_of_ours_does_not_say_what_was_first(workspace: Workspace) -> None:
    ours = workspace.root / OURS.folder / OURS.weights
    with pytest.raises(UsageError, match=r"a model of this workspace already.*scratch:yolo11n"):
        start_of(workspace, read(workspace, f"detections.weights={ours}"), OURS)


def test_weights_that_are_not_there_are_not_remembered(workspace: Workspace) -> None:
    with pytest.raises(WeightsError, match="no weights"):
        start_of(workspace, read(workspace, "train.weights=/nowhere/x.pt"), None)
    assert read(workspace).train.weights == ""
