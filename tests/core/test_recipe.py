"""Recipes: every mistake at once, nothing executed, the shipped ones right."""

import json
from pathlib import Path

import pytest
import yaml

from framesel import recipe
from framesel.errors import RecipeError
from framesel.selection import STRATEGIES

PIPELINES = Path(__file__).parents[2] / "pipelines"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "r.yaml"
    path.write_text(text, "utf-8")
    return path


def test_all_mistakes_are_listed_each_with_the_nearest_key(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
frames:
  sampel: {mode: fps}
  sample: {mode: fps, fsp: 2}
  regions: [{mach: "*"}]
selction: {}
selection: {budget: -1, strategy: {name: kcenter}}
""",
    )
    with pytest.raises(RecipeError) as caught:
        recipe.load(path, ["run.wrokers=2"])
    message = str(caught.value)
    for told in (
        "7 mistakes",
        "frames.sampel: unknown key; did you mean 'sample'?",
        "frames.sample.fsp: unknown key; did you mean 'fps'?",
        "frames.regions.0.mach: unknown key; did you mean 'match'?",
        "selction: unknown key; did you mean 'selection'?",
        "selection.budget: Input should be greater than or equal to 1; found -1",
        "there is no 'kcenter'; did you mean 'k_center'?",
        "run.wrokers: unknown key; did you mean 'workers'?",
    ):
        assert told in message


def test_overrides_win_and_are_yaml() -> None:
    found = recipe.load(
        None,
        ["frames.sample={mode: every_n, n: 7}", "selection.budget=3", "classes=[a, b]"],
    )
    assert found.frames.sample.model_dump()["n"] == 7
    assert (found.selection.budget, tuple(found.classes)) == (3, ("a", "b"))


@pytest.mark.parametrize(
    ("bare", "whole"),
    [
        ("selection.strategy=badge", "selection.strategy={name: badge}"),
        ("frames.sample=keyframes", "frames.sample={mode: keyframes}"),
        ("scores.combine={scores: [margin]}", "scores.combine={how: zscore_max, scores: [margin]}"),
        ("frames.sample.fps=2", "frames.sample={mode: fps, fps: 2}"),
    ],
)
def test_a_kind_may_be_named_without_settings_and_settings_without_a_kind(
    bare: str, whole: str
) -> None:
    assert recipe.load(None, [bare]) == recipe.load(None, [whole]) != recipe.load(None)


def test_a_kind_that_is_named_alone_and_misspelt_is_told_from_those_that_are() -> None:
    with pytest.raises(RecipeError, match=r"there is no 'bagde'; did you mean 'badge'\?"):
        recipe.load(None, ["selection.strategy=bagde"])
    with pytest.raises(RecipeError, match="'strategy' is 'badge', which has no keys"):
        recipe.load(None, ["selection.strategy=badge", "selection.strategy.seed=1"])


def test_classes_of_the_export_moved_and_an_older_recipe_is_still_read() -> None:
    assert recipe.load(None, ["export.classes=[]"]) == recipe.load(None)
    with pytest.raises(RecipeError, match="in a section of their own"):
        recipe.load(None, ["export.classes=[a, b]"])


@pytest.mark.parametrize("text", ["selection.budget", "=3", "a..b=1"])
def test_an_override_of_the_wrong_shape_says_how_to_write_it(text: str) -> None:
    with pytest.raises(RecipeError, match=r"stage\.key=value"):
        recipe.load(None, [text])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: &x [1]\nb: *x\n", "aliases"),
        ("run: {}\nrun: {}\n", "'run' appears twice"),
        ("!!python/object/apply:os.system ['true']\n", "not valid YAML"),
        ("- a\n- b\n", "must hold sections"),
        ("a: [1\n", "not valid YAML"),
        ("[" * 5000, "not valid YAML"),
        ("# " + "x" * 1_000_001, "larger than"),
    ],
)
def test_hostile_yaml_is_refused_in_words(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(RecipeError, match=told):
        recipe.load(written(tmp_path, text))


def test_what_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RecipeError, match="cannot be read"):
        recipe.load(tmp_path / "r.yaml")
    with pytest.raises(RecipeError, match="cannot be read"):
        recipe.load(tmp_path / "none.yaml")


@pytest.mark.parametrize("path", sorted(PIPELINES.glob("*.yaml")), ids=lambda p: p.stem)
def test_shipped_recipes_are_right_and_say_for_whom(path: Path) -> None:
    recipe.load(path)
    assert path.read_text("utf-8").startswith("# For ")


def test_a_recipe_written_out_reads_back_as_itself(tmp_path: Path) -> None:
    one = recipe.load(PIPELINES / "dashcam.yaml", ["selection.seed=5"])
    assert recipe.load(written(tmp_path, one.to_yaml())) == one


def test_the_schema_accepts_the_shipped_recipes_keys() -> None:
    schema = json.loads(json.dumps(recipe.Recipe.model_json_schema()))
    for path in PIPELINES.glob("*.yaml"):
        for section in yaml.safe_load(path.read_text("utf-8")):
            assert section in schema["properties"]


def test_an_editor_offers_kinds_by_name_and_with_settings() -> None:
    properties = recipe.Recipe.model_json_schema()["$defs"]["Selection"]["properties"]
    named, settings = properties["strategy"]["anyOf"]
    assert set(named["enum"]) == set(STRATEGIES) == set(settings["discriminator"]["mapping"])


def test_the_run_section_and_nothing_else_leaves_fingerprints_alone() -> None:
    one, other = recipe.load(None), recipe.load(None, ["run.workers=7", "run.memory_gb=1"])
    assert one != other
    assert one.stages() == other.stages()
