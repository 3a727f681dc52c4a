"""Counting a choice of frames against the truth."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from framesel.simulation.contact_sheet import RIM_RGB, TILE_WH, contact_sheet, load, save
from framesel.simulation.score import Pick, score
from framesel.simulation.truth import FrameTruth, Truth, VideoTruth


def frame(index: int, **known: object) -> FrameTruth:
    fields = {
        "scene": 0, "state": None, "objects": (), "event": None, "fault": "", "duplicate_of": None,
    }  # fmt: skip
    return FrameTruth(index=index, t_s=index / 10, **(fields | known))  # type: ignore[arg-type]


def video(name: str, frames: tuple[FrameTruth, ...], copy_of: str | None = None) -> VideoTruth:
    return VideoTruth(name, Fraction(10), (64, 36), "static", False, copy_of, False, frames)


FRAMES = (
    frame(0, state=3),
    frame(1, state=3, duplicate_of=0),
    frame(2, event=7),
    frame(3, event=7),
    frame(4, fault="black", scene=1),
    frame(5, fault="blurred", event=8),
    frame(6, scene=2),
    frame(7, scene=2, fault="frozen", duplicate_of=6),
)
TRUTH = Truth(
    Path("nowhere"), "p", 0, (video("a.mp4", FRAMES), video("b.mp4", FRAMES, copy_of="a.mp4")), ()
)


def picks(*indices: int, video: str = "a.mp4") -> list[Pick]:
    return [Pick(video, index / 10) for index in indices]


def test_a_varied_choice() -> None:
    found = score(TRUTH, picks(0, 2, 6))
    assert (found.picks, found.scenes, found.moments, found.events) == (3, 2, 3, 1)
    assert found.verdicts == ("", "event", "")


def test_a_still_stretch_counts_once() -> None:
    found = score(TRUTH, picks(0, 1))
    assert (found.moments, found.repeats) == (1, 1)
    assert found.verdicts == ("", "repeat")


def test_a_frozen_picture_repeats_its_original() -> None:
    assert score(TRUTH, picks(7, 6)).repeats == 1


def test_a_copied_video_repeats_the_first() -> None:
    found = score(TRUTH, picks(2, 6) + picks(2, 6, 0, video="b.mp4"))
    assert (found.moments, found.repeats) == (3, 2)


def test_faulty_frames_find_nothing() -> None:
    found = score(TRUTH, picks(4, 5))
    assert (found.faults, found.scenes, found.events) == (2, 0, 0)


def test_times_need_not_be_exact() -> None:
    assert score(TRUTH, [Pick("a.mp4", 0.21)]).events == 1
    assert TRUTH.videos[0].at(-1).index == 0
    assert TRUTH.videos[0].at(99).index == 7
    assert [TRUTH.videos[0].at(t).index for t in (0.24, 0.26)] == [2, 3]


def test_an_unknown_video_is_an_error() -> None:
    with pytest.raises(KeyError, match=r"c\.mp4"):
        score(TRUTH, [Pick("c.mp4", 0)])


def test_contact_sheet_shows_every_picture_in_its_rim(tmp_path: Path) -> None:
    wide, tall = np.full((36, 64, 3), 10, np.uint8), np.full((64, 36, 3), 90, np.uint8)
    sheet = contact_sheet([wide, tall, wide], ["event", "", "fault"], columns=2)
    width, height = TILE_WH
    assert sheet.shape == (2 * height, 2 * width, 3)
    corners = sheet[1, 1], sheet[1, width + 1], sheet[height + 1, 1]
    assert [tuple(c.tolist()) for c in corners] == [RIM_RGB[v] for v in ("event", "", "fault")]
    middles = sheet[height // 2, width // 2], sheet[height // 2, width * 3 // 2]
    assert [m.tolist() for m in middles] == [[10] * 3, [90] * 3]
    assert (sheet[-height:, -width:] == 255).all()
    save(tmp_path / "sheet.jpg", sheet)
    assert np.abs(load(tmp_path / "sheet.jpg").astype(int) - sheet).mean() < 3


def test_files_that_are_no_pictures_are_errors(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="no picture"):
        load(tmp_path / "missing.jpg")
    with pytest.raises(OSError, match="cannot be written"):
        save(tmp_path / "missing" / "sheet.jpg", np.zeros((4, 4, 3), np.uint8))
