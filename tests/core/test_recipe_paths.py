"""A workspace that is moved takes its own models along."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel import recipe
from framesel.recipe_paths import placed, portable

OWN = "{workspace}/models/0a1b2c3d/weights.pt"


@pytest.mark.parametrize("before", ["", "torchvision:ssdlite320_mobilenet_v3_large@"])
def test_a_model_of_the_workspace_is_found_where_the_workspace_is(
    tmp_path: Path, before: str
) -> None:
    weights = f"{before}{tmp_path}/a/models/0a1b2c3d/weights.pt"
    chosen = recipe.load(None, [f"detections.weights={weights}"])
    path = tmp_path / "a" / "recipe.yaml"
    path.parent.mkdir()
    path.write_text(chosen.to_yaml(path.parent), "utf-8")
    assert before + OWN in path.read_text("utf-8")
    assert str(tmp_path) not in path.read_text("utf-8")
    assert recipe.load(path) == chosen
    shutil.move(tmp_path / "a", tmp_path / "b")
    moved = recipe.load(tmp_path / "b" / "recipe.yaml").detections.weights
    assert moved == weights.replace("/a/models", "/b/models")


def test_an_override_may_name_a_file_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "recipe.yaml").write_text("selection: {budget: 3}\n", "utf-8")
    found = recipe.load(tmp_path / "recipe.yaml", [f"detections.weights='{OWN}'"])
    assert found.detections.weights == f"{tmp_path}/models/0a1b2c3d/weights.pt"


@pytest.mark.parametrize(
    "text", ["a{workspace}/b", "{workspace}", "{workspace}s/b", "/elsewhere/{workspace}/b", ""]
)
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert placed({"a": [text]}, Path("/ws")) == {"a": [text]}


def test_a_folder_whose_name_only_begins_alike_is_another() -> None:
    assert portable({"weights": "/data/ws2/w.pt"}, Path("/data/ws")) == {
        "weights": "/data/ws2/w.pt"
    }


@given(st.dictionaries(st.text(), st.lists(st.text() | st.integers() | st.none())))
def test_there_and_back_nothing_is_lost(content: dict[str, object]) -> None:
    root = Path("/some/ws (1)")
    inside = {**content, "own": f"file:{root}/models/x.pt"}
    assert placed(portable(inside, root), root) == placed(inside, root)
