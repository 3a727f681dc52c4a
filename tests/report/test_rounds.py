"""On a workspace that a run made: metrics are left, and the page tells of rounds once there are."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest

from framesel import plots
from framesel.errors import UsageError
from framesel.exporting import last_recipe
from framesel.history.leaving import write_round
from framesel.looping import choosing
from framesel.report import shell
from framesel.report.figures.rounds import rounds
from framesel.report.story import Story, drawn
from framesel.report.view import View
from framesel.rounds import models, stop_set
from framesel.workspace import Workspace, write_json
from tests.history.handmade import Handmade, judged
from tests.pipeline.conftest import Bench
from tests.resume.faults import Inline, Silent


@pytest.fixture
def own(tmp_path: Path, looked: Bench) -> Workspace:
    """A copy of a finished run."""
    shutil.copytree(looked.root, tmp_path / "ws")
    return Workspace.open(tmp_path / "ws")


def train(workspace: Workspace, number: int, right: int) -> None:
    """A model whose metrics are known."""
    folder = f"models/{number:08d}"
    told = {"holdout": judged(right).json(), "val": None, "difference": None}
    write_json(workspace.root / folder / "metrics.json", told)
    models.save(workspace, models.Model(number, folder, "w.pt", "", ("bird",), 64, 0))


def test_one_round_without_a_model_is_no_history(tmp_path: Path) -> None:
    hand = Handmade(tmp_path / "ws")
    hand.round(1, [(0, 0)], closed=False)
    view = SimpleNamespace(workspace=hand.workspace, recipe=hand.recipe())
    assert rounds(view) is None  # type: ignore[arg-type]
    hand.round(2, [(1, 0)], closed=False)
    assert rounds(view) is not None  # type: ignore[arg-type]


def test_the_part_is_there_only_if_there_is_something_to_tell() -> None:
    told = {"workspace": "ws", "round": 1, "strategy": "cover", "rounds": None}
    told |= {"counts": {"picks": 8, "frames": 80, "videos": 5}}
    nothing = np.empty(0, np.int64)
    assert b"<fs-rounds></fs-rounds>" not in shell.html(Story(told, nothing, nothing, nothing))
    told["rounds"] = {"rounds": []}
    assert b"<fs-rounds></fs-rounds>" in shell.html(Story(told, nothing, nothing, nothing))


def test_the_page_says_whether_scores_are_trusted(view: View) -> None:
    found = rounds(view)
    assert found is not None
    (told,) = found.json()["rounds"]
    assert told["trust"]["trusted"] is False
    assert told["trust"]["why"].startswith("0 labelled frames that it had not learnt from")
    assert told["informed"] is False


def test_a_model_makes_it_one(own: Workspace) -> None:
    train(own, 1, right=12)
    figures, _ = drawn(View.of(own))
    told = figures["rounds"].json()
    assert [point["round"] for point in told["points"]] == [1]
    assert told["advice"]["stop"] is False
    assert len(told["advice"]["rulings"]) == 5
    assert told["expected"].startswith("Measurements after two rounds")
    assert told["fit"] is None


def test_a_run_leaves_metrics(own: Workspace, looked: Bench) -> None:
    recipe = last_recipe(own)
    sources = [str(looked.videos)]
    choosing.choose(own, recipe, sources, Silent(), runner=Inline)
    text = (own.root / "metrics.prom").read_text("utf-8")
    lines = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
    assert float(lines["framesel_picks"]) == 8
    assert float(lines["framesel_frames"]) > 8
    assert float(lines['framesel_failures{stage="catalog"}']) == 1
    assert float(lines["framesel_picked_against_random"]) > 0
    assert str(own.root) not in text
    assert stop_set.read(own) is not None


def test_a_round_leaves_its_page(own: Workspace) -> None:
    train(own, 1, right=12)
    write_round(own, last_recipe(own), 1)
    page = (own.round(1) / "report.html").read_bytes()
    assert b"<fs-rounds></fs-rounds>" in page
    assert b'"metric":"map50"' in page


def test_the_curve_as_a_plot(own: Workspace) -> None:
    mpl.use("Agg")
    with pytest.raises(UsageError, match="no model was judged yet"):
        plots.rounds(own)
    train(own, 0, right=6)
    train(own, 1, right=12)
    for over, label in (("frames", "labelled frames"), ("hours", "hours of labelling")):
        axes = plots.rounds(own, over=over)  # type: ignore[arg-type]
        assert axes.get_xlabel() == label
        named = {one.get_label(): one for one in axes.containers}
        drawn_at = np.asarray(named["mAP50"].lines[0].get_ydata(), np.float64)
        np.testing.assert_allclose(drawn_at, [judged(n).map50.value for n in (6, 12)])
    from matplotlib import pyplot

    pyplot.close("all")
