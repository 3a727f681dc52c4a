"""`make demo`, on less footage: it ends well, and what it prints is what it did."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

from framesel.simulation import demo
from framesel.simulation.contact_sheet import TILE_WH, load
from framesel.simulation.score import Pick


def test_demo(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    arguments = ["--folder", str(folder), "--preset", "tiny_damaged", "--budget", "16"]
    assert demo.main(arguments) == 0
    out = capfd.readouterr().out
    assert "16 frames to label" in out
    assert "5 places, 2 rare events" in out
    places, events = (
        [int(n) for n in re.findall(r"\d+", line)]
        for line in out.splitlines()
        if "different places" in line or "rare events caught" in line
    )
    assert places[2] == 5
    assert places[0] >= 4
    assert events[2] == 2
    assert re.search(r"16 pictures: .* 0 wrong, 0 missing", out)
    assert load(folder / "picks.jpg").shape == (2 * TILE_WH[1], 8 * TILE_WH[0], 3)


def test_footage_is_kept_until_other_footage_replaces_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    console = demo.Console()
    first = demo.footage(tmp_path, "tiny_damaged", 0, console)
    assert (tmp_path / "cut_short.mp4").exists()
    assert demo.footage(tmp_path, "tiny_damaged", 0, console) == first
    assert capfd.readouterr().out.count("Rendering") == 1
    other = demo.footage(tmp_path, "tiny", 0, console)
    assert other.unreadable == ()
    assert not (tmp_path / "cut_short.mp4").exists()


def test_spread_evenly_gives_every_video_its_share() -> None:
    frames = [Pick(name, float(t)) for name in ("a", "b") for t in range(30 if name == "a" else 10)]
    chosen = demo.spread_evenly(frames, 8)
    counts = {name: sum(pick.video == name for pick in chosen) for name in ("a", "b")}
    assert sum(counts.values()) == 8
    assert counts["a"] in (4, 5, 6)
    times = sorted(pick.t_s for pick in chosen if pick.video == "a")
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert max(gaps) <= 2 * min(gaps)


def test_a_failing_command_ends_the_demo(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    wrong = ["--folder", str(tmp_path), "--preset", "tiny", "--set", "selection.budgte=3"]
    assert demo.main(wrong) == 2
    assert "framesel run ended with exit code 2" in capfd.readouterr().out
