"""What happened, as catalog, footers, log and recipe tell it."""

import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel import recipe as recipes
from framesel.report.figures.changed_settings import Change, differences
from framesel.report.figures.happened import happened
from framesel.report.figures.log_times import TAIL_BYTES, log_times
from framesel.report.view import View
from tests.pipeline.conftest import SETTINGS, Bench

LOG = """\
2026-01-05 10:00:00,100 INFO catalog: 8 of 8 to do
2026-01-05 10:00:01,100 DEBUG files-0: 8 rows, 0 errors
2026-01-05 10:00:02,100 INFO catalog: 8 rows, 92/s, 0 errors, 3.7 s
2026-01-05 10:00:30,100 INFO frames: 1,786 rows, 1,131/s, 1 errors, 28.8 s
2026-01-05 10:00:31,100 WARNING a.mp4
2026-01-05 10:00:31,200 INFO   6,569 boxes of at least 0.05 in 3,786 frames, 1,277 empty
2026-01-05 10:01:20,100 INFO frames@coarse: 90 rows, 10/s, 0 errors, 9.0 s
2026-01-05 10:01:30,100 INFO detections.2: 10 rows, 0 errors, 4.5 s
2026-01-05 10:02:30,100 INFO duplicates: 0 errors, 2.4 s
2026-01-06 10:00:30,100 INFO frames: 12 rows, 20/s, 0 errors, 1.5 s
half a line 2026-01-06 10:00:30,100 INFO scores: 0 errors, 9.9 s
2026-01-06 10:00:31,100 INFO export: 100 rows, 20/s, 0 errors, 5.1 s
"""


def test_times_are_those_of_the_last_run_that_did_something(tmp_path: Path) -> None:
    path = tmp_path / "framesel.log"
    path.write_text(LOG)
    assert log_times(path) == {
        "catalog": 3.7,
        "frames": 1.5,
        "frames@coarse": 9.0,
        "detections.2": 4.5,
        "duplicates": 2.4,
        "export": 5.1,
    }


def test_a_missing_log_tells_nothing(tmp_path: Path) -> None:
    assert log_times(tmp_path / "framesel.log") == {}


@given(content=st.binary(max_size=300))
def test_a_log_may_hold_anything(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("log") / "framesel.log"
    path.write_bytes(b"\n" + content + b"\n" + LOG.encode())
    assert log_times(path)["frames"] == 1.5


def test_of_a_long_log_the_end_is_read(tmp_path: Path) -> None:
    path = tmp_path / "framesel.log"
    old = "2026-01-05 10:02:30,100 INFO tau: 0 errors, 2.4 s\n"
    path.write_text(old + "x" * TAIL_BYTES + "\n" + LOG)
    assert "tau" not in log_times(path)
    assert log_times(path)["export"] == 5.1


def changed(*settings: str) -> dict[str, tuple[str, str]]:
    content = recipes.load(None, settings).model_dump(mode="json")
    return {c.place: (c.default, c.value) for c in differences(content)}


def test_defaults_are_no_difference() -> None:
    assert changed() == {}


def test_a_setting_is_told_with_its_default() -> None:
    assert changed("selection.budget=7", "frames.store_px=320") == {
        "selection.budget": ("100", "7"),
        "frames.store_px": ("640", "320"),
    }


def test_what_changes_no_result_is_left_out() -> None:
    assert changed("run.memory_gb=2", "run.workers=1") == {}


def test_another_strategy_is_held_against_its_own_defaults() -> None:
    assert changed("selection.strategy.name=k_center") == {
        "selection.strategy.name": ("cover", "k_center")
    }
    found = changed("selection.strategy.name=stratified", "selection.strategy.power=1.0")
    assert found == {
        "selection.strategy.name": ("cover", "stratified"),
        "selection.strategy.power": ("0.5", "1.0"),
    }


def test_another_way_to_sample_and_what_it_needs() -> None:
    found = changed("frames.sample.mode=every_n", "frames.sample.n=5")
    assert found["frames.sample.mode"] == ("fps", "every_n")
    assert found["frames.sample.n"][1] == "5"


def test_lists_and_missing_values_are_told_like_yaml() -> None:
    found = changed("selection.limits.per_video.max=3", 'detections.classes=["a"]')
    assert found == {
        "selection.limits.per_video.max": ("", "3"),
        "detections.classes": ("[]", '["a"]'),
    }


def test_the_run_is_told_as_it_was(looked: Bench, view: View, weights: Path) -> None:
    found = happened(view)
    assert (found.videos, found.images) == (len(view.videos), 0)
    length_s = sum(view.catalog.videos[v.no]["duration_s"] for v in view.videos)
    assert found.hours == pytest.approx(length_s / 3600)
    assert (found.frames, found.picks) == (len(view.frames), len(view.pick_list))
    stages = {row.name: row.rows for row in found.stages}
    assert list(stages)[:3] == ["catalog", "frames", "embeddings"]
    assert stages["embeddings"] == stages["duplicates"] == len(view.frames)
    assert stages["shots"] == len(view.frames)  # which only duplicates are made from
    assert stages["catalog"] == view.catalog.sources.num_rows
    settings = {c.place: c.value for c in found.settings}
    for text in SETTINGS:
        place, _, value = text.partition("=")
        assert settings[place] == value
    assert settings["detections.weights"] == str(weights)
    assert "selection.utility" not in settings


def test_failures_name_file_stage_and_reason_once(view: View) -> None:
    found = happened(view).failures
    assert len(found) == len(set(found)) >= 2
    opened = {(f.path, f.error) for f in found if f.stage == "catalog"}
    assert opened == {(row["path"], row["error"]) for row in view.catalog.errors}
    assert any(f.stage == "frames" and "cut" in f.path for f in found)


def test_commands_work_as_they_stand(bench: Bench, tmp_path: Path) -> None:
    from typer.testing import CliRunner

    from framesel.cli.app import app

    odd = tmp_path / "it's a $(folder)"
    bench.root.rename(odd)
    bench.root = odd
    told = dict(happened(View.of(bench.workspace)).commands)
    for line in told:
        program, *arguments = shlex.split(line)
        assert program == "framesel"
        assert str(odd) in arguments
    (why,) = [line for line in told if " why " in line]
    done = CliRunner().invoke(app, shlex.split(why)[1:])
    assert done.exit_code == 0
    assert "is pick 1 of" in done.output


def test_a_change_is_json(view: View) -> None:
    told = happened(view).json()["settings"]
    assert {"place", "default", "value"} == set(told[0])
    assert Change("a.b", "", "1").place == "a.b"
