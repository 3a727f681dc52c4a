"""Faults in the labels of a workspace, told and handed back to be corrected."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from framesel.annotation.sheet import Box
from framesel.checking.listing import suspects_listing
from framesel.checking.suspects import BY_TIME, Asked, Suspects, suspects
from framesel.cli import check_labels
from framesel.errors import UsageError
from framesel.exporting import last_recipe
from framesel.handover.handing import Wanted, hand_over
from tests.checking.conftest import Desk, moving
from tests.pipeline.conftest import Recorder
from tests.resume.faults import Inline


def found_in(desk: Desk, *kinds: str) -> Suspects:
    """The suspects of some kinds."""
    return suspects(desk.workspace, last_recipe(desk.workspace), Asked(kinds or BY_TIME))


def faulty(desk: Desk, track: int | None = None) -> list[tuple[int, int]]:
    """Labels of the frames of a video; in one of them the object is missing."""
    keys = desk.keys("gate.mp4")
    desk.label(
        {key: [] if at == 4 else [moving(at, track=track)] for at, key in enumerate(keys)},
        ("drone", "bird", "kite"),
    )
    return keys


@pytest.mark.parametrize("track", [None, 7])
def test_an_object_that_vanishes_for_one_frame_is_told(desk: Desk, track: int | None) -> None:
    keys = faulty(desk, track)
    found = found_in(desk)
    assert [(one.kind, one.label) for one in found.found] == [("vanished", "drone")]
    assert found.labelled.keys[found.found[0].frame] == keys[4]
    assert found.found[0].xyxy == pytest.approx(moving(4).xyxy)
    assert found.neighbours == len(keys)


def test_a_jump_and_another_class_are_told(desk: Desk) -> None:
    keys = desk.keys("gate.mp4")
    boxes = [moving(at) for at in range(len(keys))]
    boxes[2] = replace(boxes[2], label="bird")
    boxes[5] = replace(boxes[5], y1=22.0, y2=36.0)
    still = Box("kite", 100, 80, 130, 110)
    desk.label({key: [box, still] for key, box in zip(keys, boxes, strict=True)})
    found = {one.kind: one for one in found_in(desk).found}
    assert set(found) == {"jumped", "renamed"}
    assert (found["renamed"].frame, found["renamed"].better) == (2, "drone")
    assert found["jumped"].frame == 5
    assert found["jumped"].better_xyxy == pytest.approx(moving(5).xyxy)


def test_frames_too_far_apart_are_no_neighbours(desk: Desk) -> None:
    faulty(desk)
    recipe = last_recipe(desk.workspace)
    found = suspects(desk.workspace, recipe, Asked(BY_TIME, gap_s=0.5))
    assert (found.found, found.neighbours) == ((), 0)


def test_only_suspicious_frames_go_back_with_their_labels(desk: Desk) -> None:
    keys = faulty(desk)
    listing = suspects_listing(found_in(desk), 10)
    assert (listing.what, listing.classes) == ("suspicious", ("drone", "bird", "kite"))
    (one,) = listing.frames
    assert ((one.video_no, one.pts), one.index, one.t_s) == (keys[4], 40, 4.0)
    assert one.reason == "drone is labelled in the frames before and after, and not in this one"
    assert one.fields == {"suspicion": "vanished"}
    assert one.boxes == ()
    handed = hand_over(desk.workspace, listing, Wanted(), Recorder(), Inline)
    (picture,) = handed.sheet().pictures
    assert (picture.reason, picture.boxes, picture.score) == (one.reason, (), one.score)


def test_a_frame_is_listed_once_with_all_that_is_odd_and_the_labels(desk: Desk) -> None:
    keys = desk.keys("gate.mp4")
    said: dict[tuple[int, int], list[Box]] = {
        key: [moving(at), replace(moving(at), y1=80.0, y2=95.0)] for at, key in enumerate(keys)
    }
    said[keys[3]] = [replace(moving(3), label="bird"), said[keys[3]][1]]
    said[keys[5]] = [said[keys[5]][0]]
    said[keys[3]][1] = replace(said[keys[3]][1], label="kite")
    desk.label(said)
    found = found_in(desk)
    listing = suspects_listing(found, 10)
    assert {(f.video_no, f.pts) for f in listing.frames} == {keys[3], keys[5]}
    (both,) = (f for f in listing.frames if f.pts == keys[3][1])
    assert both.reason.count(";") == 3
    assert both.boxes == tuple(said[keys[3]])
    scores = [f.score for f in listing.frames]
    assert scores == sorted(scores, reverse=True)
    assert len(suspects_listing(found, 1).frames) == 1


def test_nothing_suspicious_is_nothing_to_hand_over(desk: Desk) -> None:
    desk.label({key: [moving(at)] for at, key in enumerate(desk.keys("gate.mp4"))})
    found = found_in(desk)
    assert found.found == ()
    with pytest.raises(UsageError, match="nothing to hand over"):
        suspects_listing(found, 5)


@pytest.mark.parametrize(
    "wrong", [{"kinds": ("odd",)}, {"kinds": ()}, {"least": 1.5}, {"gap_s": 0.0}]
)
def test_senseless_questions_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Asked(**wrong)  # type: ignore[arg-type]


def test_the_command_tells_and_hands_over(desk: Desk, tmp_path: Path) -> None:
    faulty(desk)
    app = typer.Typer()
    app.callback()(lambda: None)
    check_labels.register(app)
    asked = ["check", str(desk.workspace.root), "--type", "vanished,jumped"]
    told = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert "suspicious: 1 vanished in 1 frames" in told.output
    assert "gate.mp4@4.00" in told.output
    out = tmp_path / "out"
    told = CliRunner().invoke(
        app, [*asked, "--format", "csv", "--out", str(out)], catch_exceptions=False
    )
    assert "handover 1: 1 pictures" in told.output
    assert len(list((out / "csv").rglob("*.jpg"))) == 1
    with pytest.raises(UsageError, match="--out takes a --format"):
        CliRunner().invoke(app, [*asked, "--format", "csv"], catch_exceptions=False)
    with pytest.raises(UsageError, match="no type 'odd'"):
        CliRunner().invoke(app, [*asked[:3], "odd"], catch_exceptions=False)
