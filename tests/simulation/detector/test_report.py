"""Tables, numbers and figure of a comparison."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest

from framesel.errors import UsageError
from framesel.simulation.detector.arms import GUIDED, OURS, arms_named
from framesel.simulation.detector.plan import Plan, simulate
from framesel.simulation.detector.report import Report, report
from framesel.simulation.detector.results import Store
from framesel.simulation.results_text import Grid
from tests.simulation.detector.small import SmallSchool, SmallSource

ARMS = arms_named(["random", "uniform", "stratified", OURS, GUIDED])
PLAN = Plan((SmallSource("dwell"), SmallSource("rare", 1)), SmallSchool(), ARMS, (4, 8), 2)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Two detectors that are one; of the second a seed is unfinished."""
    records = simulate(PLAN, Store(tmp_path_factory.mktemp("report")))
    second = [r for r in records if (r.setting, r.arm, r.seed) != ("rare", "uniform", 1)]
    return report([("knowing", r) for r in records] + [("twin", r) for r in second], ARMS)


@pytest.fixture(scope="module")
def grids(told: Report) -> list[Grid]:
    return list(told.grids())


def grid(grids: list[Grid], title: str) -> Grid:
    (found,) = [grid for grid in grids if grid.title.startswith(title)]
    return found


def test_goals_come_first(grids: list[Grid]) -> None:
    first = grids[0]
    assert first.title == "What was claimed before anything was run"
    claims = [(row[1], row[2]) for row in first.rows]
    assert claims.count(("dwell", "knowing")) == 2
    assert claims.count(("rare", "twin")) == 3
    assert {row[-1] for row in first.rows} <= {"yes", "NO"}


def test_detectors_are_compared(grids: list[Grid]) -> None:
    rows = grid(grids, "Whether detectors agree").rows
    assert [(row[0], row[1]) for row in rows] == [
        ("dwell", "knowing, twin"), ("rare", "knowing, twin")
    ]  # fmt: skip
    assert rows[0][3:] == ("1.00", "1.00", "5")


def test_curves_are_means_over_seeds(told: Report, grids: list[Grid]) -> None:
    found = grid(grids, "dwell, knowing: map50, mean of 2 seeds")
    assert found.head[:3] == ("arm", "4 frames", "8 frames")
    by_arm = {row[0]: row for row in found.rows}
    values = [
        record.drawn["map50"][1, 0]
        for detector, record in told.records
        if (detector, record.setting, record.arm) == ("knowing", "dwell", OURS)
    ]
    assert by_arm[OURS][2].startswith(f"{sum(values) / 2:.3f} [")
    assert by_arm["full: all frames"][3] != ""
    assert by_arm["stratified"][4] == ""
    assert "p " not in by_arm[OURS][4]  # two seeds make no test
    assert "No test was made" in " ".join(told.legend())


def test_there_is_a_table_for_everything_that_is_claimed(grids: list[Grid]) -> None:
    assert len(grid(grids, "dwell, knowing: labels saved").rows) == len(ARMS)
    assert len(grid(grids, "dwell, knowing: frames until").head) == 4
    assert [row[0] for row in grid(grids, "dwell, knowing: gain over").rows] == [GUIDED]
    assert len(grid(grids, "rare, knowing: rare_recall").rows) == len(ARMS) + 1
    heard = grid(grids, "dwell, knowing: seeds in which doubt was heard")
    assert [row[0] for row in heard.rows] == [OURS, GUIDED]
    rules = grid(grids, "dwell, knowing: stop rules")
    assert {row[0] for row in rules.rows} == {"random", OURS, GUIDED}
    assert {"coverage", "recommended"} <= {row[1] for row in rules.rows}
    assert len(grid(grids, "Arms").rows) == len(ARMS)


def test_unfinished_seeds_are_left_out_and_said(told: Report, grids: list[Grid]) -> None:
    assert grid(grids, "rare, twin: map50,").title.endswith("mean of 1 seeds")
    assert "rare, twin: unfinished and left out: seeds 1" in told.legend()


def test_every_number_is_in_the_csv(told: Report, tmp_path: Path) -> None:
    told.write(tmp_path / "all.csv")
    rows = list(csv.DictReader(io.StringIO((tmp_path / "all.csv").read_text())))
    mine = [row for row in rows if row["detector"] == "knowing" and row["setting"] == "rare"]
    assert len(mine) == 2 * (len(ARMS) * 2 + 1)
    (record,) = [
        r
        for d, r in told.records
        if (d, r.setting, r.arm, r.seed) == ("knowing", "rare", "random", 1)
    ]
    (row,) = [r for r in mine if (r["arm"], r["seed"], r["budget"]) == ("random", "1", "8")]
    assert float(row["map50"]) == pytest.approx(record.drawn["map50"][1, 0], rel=1e-5)
    assert float(row["boxes"]) == record.figures["boxes"][1]
    assert row["auroc"] == ""


def test_markdown_and_figure_are_written(told: Report, grids: list[Grid], tmp_path: Path) -> None:
    told.write(tmp_path / "all.md")
    text = (tmp_path / "all.md").read_text()
    assert text.count("\n## ") == len(grids)
    assert "nan" not in text.split("## Arms")[0].split()
    replace(told, sheets=told.sheets[:2]).write(tmp_path / "curves.svg")
    assert (tmp_path / "curves.svg").read_text().count('id="axes_') == 2


def test_without_a_finished_seed_there_is_no_curve(told: Report, tmp_path: Path) -> None:
    begun = report([pair for pair in told.records if pair[1].arm == "random"], ARMS)
    assert [found.title for found in begun.grids()] == ["Arms"]
    with pytest.raises(UsageError, match="no curve yet"):
        begun.write(tmp_path / "curves.png")
