"""The command: what it prints and writes, what it refuses; worlds from the generator's truth."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from framesel.cli.app import app
from framesel.errors import UsageError
from framesel.simulation import presets
from framesel.simulation.presets import Preset, VideoSpec
from framesel.simulation.script import script
from framesel.simulation.spec import Dwell
from framesel.simulation.synthetic import Synthetic
from framesel.simulation.vectors import label
from framesel.simulation.world import NOTHING

SMALL = Preset(
    name="dwell",
    size_wh=(64, 48),
    fps=Fraction(4),
    videos=(
        VideoSpec(name="gate", duration_s=40, events=1, black=1, blurred=1, frozen=1, corrupted=1),
        VideoSpec(name="yard", duration_s=60, newcomers=1, still=Dwell(shortest_s=15, alpha=2)),
        VideoSpec(name="walk", duration_s=30, camera="handheld", scenes=2),
        VideoSpec(name="gate_again", duration_s=40, copy_of="gate"),
        VideoSpec(name="judge", duration_s=30, scenes=2, held_out=True),
    ),
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """`dwell` is a small preset."""
    monkeypatch.setitem(presets.PRESETS, "dwell", SMALL)


def call(*arguments: str) -> str:
    """What the command prints.

    Raises:
        FrameselError: What it refuses.
    """
    found = CliRunner().invoke(app, ["simulate", *arguments])
    if found.exception and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == 0, found.output
    return found.output


@pytest.mark.usefixtures("small")
def test_tables_are_printed_and_written(tmp_path: Path) -> None:
    outs = [tmp_path / "table.md", tmp_path / "values.csv"]
    printed = call(
        "--tier=selection", "--preset=dwell", "--strategy=stratified", "--strategy=k_center",
        "--budget=2%", "--budget=9", "--seeds=2", "--workers=1", *(f"--out={p}" for p in outs),
    )  # fmt: skip
    assert "dwell, seed 1: " in printed
    assert "budget 2%" in printed
    table = outs[0].read_text()
    assert "budget 9" in table
    assert table.count("\n| k_center |") == 3  # at each budget, and in the list of arms
    assert "| near-duplicates |" in table
    assert "with tiles" not in table
    values = outs[1].read_text().splitlines()
    assert values[0].startswith("world,budget,arm,measure,mean,low,high")
    assert sum(line.startswith("dwell,9,k_center,events,") for line in values) == 1


@pytest.mark.usefixtures("small")
def test_tiles_are_judged_where_asked_for(tmp_path: Path) -> None:
    out = tmp_path / "table.md"
    call(
        "--preset=dwell", "--strategy=random", "--seeds=1", "--workers=1", "--tiles", f"--out={out}"
    )
    assert "| near-duplicates, with tiles |" in out.read_text()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--preset=nowhere"], "choose from moving, dwell, mixed"),
        (["--preset=demo"], "choose from moving, dwell, mixed"),
        (["--strategy=best"], "no arm or strategy 'best'"),
        (["--budget=lots", "--preset=dwell", "--seeds=1", "--workers=1"], "budget 'lots'"),
        (["--out=table.txt"], "name a .md or .csv file"),
        (["--out=/nowhere/at/all/table.md"], "in a folder that exists"),
        (["--workspace=ws"], "both --workspace and --labels"),
        (["--labels=labels.csv"], "both --workspace and --labels"),
    ],
)
@pytest.mark.usefixtures("small")
def test_mistakes_are_told_before_anything_is_run(arguments: list[str], complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        call(*arguments)


def test_a_made_world_is_the_generators_truth() -> None:
    world = Synthetic(SMALL).world(3)
    truth = script(SMALL, 3)
    assert world.videos == tuple(video.name for video in truth.videos)
    frames = [
        (number, frame)
        for number, video in enumerate(truth.videos)
        if not video.held_out
        for frame in video.frames
    ]
    pool = world.pool
    assert len(pool) == len(frames)
    for row, (number, frame) in enumerate(frames):
        assert pool.video_no[row] == number
        assert pool.pts_s[row] == frame.t_s
        assert pool.moment[row] == frame.moment
        assert pool.event[row] == (NOTHING if frame.event is None else frame.event)
        assert pool.newcomer[row] == (frame.newcomer is not None)
        assert pool.good[row] == (frame.fault in ("", "frozen"))
        assert pool.passes[row] == (frame.fault in ("", "corrupted"))
        known = pool.label[row] != NOTHING
        assert (world.classes[pool.label[row]] if known else "") == label(frame)
    faults = {frame.fault for _, frame in frames}
    assert faults == {"", "black", "blurred", "frozen", "corrupted"}
    assert set(np.unique(world.held_out.video_no)) == {4}
    again = Synthetic(SMALL).world(3)
    assert np.array_equal(world.pool.vectors, again.pool.vectors)
    assert not np.array_equal(world.pool.vectors, Synthetic(SMALL).world(4).pool.vectors)
