"""What people read, and what is kept."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from framesel.errors import WorkspaceError
from framesel.foresight import prediction, words
from framesel.foresight.prediction import Change, Prediction, Row
from framesel.foresight.stopwatch import Stopwatch
from framesel.looping.silent import Silent
from framesel.recipe import load
from framesel.workspace import Workspace
from tests.pipeline.test_cli import call

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth


def row(stage: str, seconds: float, **fields: Any) -> Row:
    """A stage of ten frames that starts at once."""
    plain = {"of": "frames", "amount": 10, "workers": 2, "start_s": 0.0, "disk": 0.0, "memory": 0.0}
    return Row(stage=stage, seconds=seconds, **(plain | fields))


MADE = Prediction(
    rows=(
        row("frames", 60.0, disk=3e9, memory=1e9),
        row("embeddings", 180.0, start_s=10.0, memory=4e9),
        row("export", 60.0, disk=2e9),
    ),
    frames=10,
    changes=(
        Change(settings=("frames.sample.fps=1",), why="looks at half", seconds=150.0, disk=2.5e9),
        Change(settings=("a={b: c}",), why="lets all work", seconds=200.0, disk=5e9),
    ),
    free_disk=1e12,
    free_memory=1e12,
)


def test_a_table_has_a_sum() -> None:
    *stages, total = words.table(MADE)
    assert [cells[0] for cells in stages] == ["frames", "embeddings", "export"]
    assert stages[1][3:5] == ("3.0 min", "10.0 s")
    assert total == ("total", "", "", "5.0 min", "", "5.0 GB", "4.0 GB")


def test_what_dominates_and_what_would_change_it() -> None:
    assert list(words.lines(MADE)) == [
        "embeddings takes most: 60% of the time",
        "--set frames.sample.fps=1 looks at half: 2.5 min in all (50% less), 2.5 GB on disk",
        '--set "a={b: c}" lets all work: 3.3 min in all (33% less)',
    ]
    starting = MADE.model_copy(update={"rows": (row("frames", 4.0, start_s=3.0),)})
    assert "75% of all is programs and models that start" in next(words.lines(starting))


@pytest.mark.parametrize(
    ("free", "told"),
    [
        ({"free_disk": 4e9}, "5.0 GB will be written and 4.0 GB are free"),
        ({"free_memory": 3e9}, "4.0 GB of memory will be taken and 3.0 GB are free"),
    ],
)
def test_what_will_not_do_is_said(free: dict[str, float], told: str) -> None:
    assert list(words.warnings(MADE)) == []
    (warning,) = words.warnings(MADE.model_copy(update=free))
    assert told in warning


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (99, "99.0 s"), (120, "2.0 min"), (7200, "2.0 h")]
)
def test_durations_are_short(seconds: float, text: str) -> None:
    assert words.duration(seconds) == text


def test_truth_adds_up_until_a_run_came_to_its_end(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    watch = Stopwatch(workspace, Silent())
    watch.end("frames", 1.0)
    assert prediction.read(workspace) is None
    prediction.save(workspace, MADE)
    for stage, seconds in (("frames", 30.0), ("frames", 10.0), ("embeddings", 90.0)):
        watch.end(stage, seconds)
    found = prediction.read(workspace)
    assert found is not None
    assert words.beside(found) == [
        ("frames", "60.0 s", "40.0 s", "1.50"),
        ("embeddings", "3.0 min", "90.0 s", "2.00"),
        ("total", "4.0 min", "2.2 min", "1.85"),
    ]
    watch.end("export", 60.0)
    watch.end("frames", 500.0)
    found = prediction.read(workspace)
    assert found is not None
    assert found.taken == {"frames": 40.0, "embeddings": 90.0, "export": 60.0}


def test_a_run_of_another_recipe_is_not_what_was_planned(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    planned = load(None, ["selection.budget=7"])
    digest = prediction.digest_of(planned, workspace.root)
    prediction.save(workspace, MADE.model_copy(update={"recipe": digest}))
    for recipe, taken in ((load(None), {}), (planned, {"frames": 1.0})):
        workspace.recipe.write_text(recipe.to_yaml(workspace.root), "utf-8")
        Stopwatch(workspace, Silent()).end("frames", 1.0)
        found = prediction.read(workspace)
        assert found is not None
        assert found.taken == taken


def test_a_damaged_prediction_is_named_and_ends_no_run(tmp_path: Path) -> None:
    workspace = Workspace.create(tmp_path / "ws")
    (workspace.root / prediction.FILE).write_text('{"rows": 3}')
    with pytest.raises(WorkspaceError, match=r"prediction\.json is damaged; remove it"):
        prediction.read(workspace)
    Stopwatch(workspace, Silent()).end("frames", 1.0)


def test_the_command_plans_keeps_and_shows_beside_the_truth(
    footage: "Truth", tmp_path: Path
) -> None:
    ws, video = tmp_path / "ws", str(footage.folder / "gate.mp4")
    given = ("plan", video, "-w", str(ws), "--budget", "4", "--measure-s", "1")
    code, text = call(*given)
    assert code == 0
    assert "4 picks" in text
    assert "takes most" in text
    assert f"after the run: framesel status {ws}" in text
    assert {path.name for path in ws.iterdir()} == {"workspace.json", prediction.FILE}
    workspace = Workspace.open(ws)
    recipe = load(None, ["selection.budget=4"])
    workspace.recipe.write_text(recipe.to_yaml(workspace.root), "utf-8")
    assert "predicted" not in call("status", str(ws))[1]
    Stopwatch(workspace, Silent()).end("frames", 1.0)
    code, text = call("status", str(ws))
    assert code == 0
    assert "so far:" in text
    assert "predicted" in text


def test_machines_get_json(
    told: Prediction, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from framesel import api
    from framesel.cli.app import app

    monkeypatch.setattr(api, "plan", lambda *given, **named: told)
    printed = CliRunner().invoke(app, ["plan", "x", "--json"]).stdout
    assert Prediction.model_validate(json.loads(printed)) == told


@pytest.mark.parametrize(
    ("given", "code", "told"),
    [
        (["nowhere"], 2, "no videos or images in"),
        ([], 2, "name some videos"),
        (["x", "--set", "frames.fps=2"], 2, "unknown key"),
        (["nowhere", "-w", "{ws}"], 2, "no videos or images in"),
        (["x", "--measure-s", "0"], 2, "measure-s"),
    ],
)
def test_mistakes_write_nothing(given: list[str], code: int, told: str, tmp_path: Path) -> None:
    ws = tmp_path / "ws"
    found, text = call("plan", *[word.format(ws=ws) for word in given])
    assert (found, told in text) == (code, True), text
    assert not ws.exists()
