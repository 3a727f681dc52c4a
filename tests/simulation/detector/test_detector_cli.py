"""The command: what it prints and writes, what it refuses before anything is run."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from framesel.cli import simulate_detector
from framesel.cli.app import app
from framesel.errors import UsageError
from framesel.simulation.detector import sources
from tests.simulation.detector.small import SmallSchool, SmallSource

NEEDED = ("--data=here", "--results=there", "--weights=some.pt")


def call(*arguments: str) -> str:
    """What the command prints.

    Raises:
        FrameselError: What it refuses.
    """
    found = CliRunner().invoke(app, ["simulate", "--tier=detector", *arguments])
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found.output


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Instant detectors on small pools, whatever is asked for."""
    monkeypatch.setattr(sources, "LabelledSource", lambda name, *rest: SmallSource(name))
    monkeypatch.setattr(simulate_detector, "_school", lambda name, *rest: SmallSchool(name))


@pytest.mark.usefixtures("small")
def test_tables_are_printed_written_and_gone_on_with(tmp_path: Path) -> None:
    outs = [tmp_path / "table.md", tmp_path / "values.csv"]
    asked = (
        "--setting=dwell", "--learner=ridge", "--learner=yolo", "--strategy=random",
        "--strategy=stratified", "--budget=4", "--budget=8", "--seeds=1", "--workers=1",
        "--data=here", f"--results={tmp_path / 'all'}", "--weights=some.pt",
        *(f"--out={path}" for path in outs),
    )  # fmt: skip
    printed = call(*asked)
    assert printed.count("dwell, seed 0, stratified, 8 frames: mAP50") == 2
    assert "Whether detectors agree" in printed
    assert "| stratified |" in outs[0].read_text()
    assert len(outs[1].read_text().splitlines()) == 1 + 2 * (2 * 2 + 1)
    assert "seed 0, stratified" not in call(*asked)  # nothing is left to do
    shown = call(*asked, "--minutes=0", "--strategy=cover")
    assert "seed 0" not in shown  # nothing new is trained


def test_arms_come_from_a_file_beside_names(small: None, tmp_path: Path) -> None:
    arms = tmp_path / "arms.yaml"
    arms.write_text("- {name: rarer, strategy: cover, settings: {rare: 0.5}}\n")
    printed = call(
        "--setting=as_is", "--strategy=random", f"--arms={arms}", "--budget=4", "--seeds=1",
        "--workers=1", "--data=here", f"--results={tmp_path / 'all'}", "--weights=some.pt",
    )  # fmt: skip
    assert "as_is, seed 0, rarer, 4 frames" in printed
    assert "rare=0.5" in printed


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "takes --data, --results and --weights"),
        ((*NEEDED, "--preset=dwell"), "belong to --tier selection"),
        ((*NEEDED, "--tiles"), "belong to --tier selection"),
        ((*NEEDED, "--setting=nowhere"), "choose from as_is, dwell, rare, bccd"),
        ((*NEEDED, "--learner=guess"), "there is no such file|choose from ridge, yolo"),
        ((*NEEDED, "--out=table.txt"), "name a .md, .csv, .png or .svg file"),
        ((*NEEDED, "--strategy=best"), "no arm or strategy 'best'"),
        ((*NEEDED, "--weights=/nowhere/at.pt", "--setting=bccd"), "there is no such file"),
    ],
)
def test_mistakes_are_told_before_anything_is_run(
    arguments: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(UsageError, match=complaint):
        call(*arguments)


@pytest.mark.parametrize("budget", ["1%", "0", "ten", "-4"])
def test_budgets_are_frames_here(budget: str, small: None) -> None:
    with pytest.raises(UsageError, match="whole numbers of frames"):
        call(*NEEDED, f"--budget={budget}")


@pytest.mark.parametrize(
    "argument", ["--setting=dwell", "--data=here", "--minutes=3", "--judge=test", "--learner=yolo"]
)
def test_its_options_belong_to_it_alone(argument: str) -> None:
    found = CliRunner().invoke(app, ["simulate", "--preset=dwell", argument])
    assert isinstance(found.exception, UsageError)
    assert "belongs to --tier detector" in str(found.exception)
