"""Which pictures a setting shows, and when."""

from pathlib import Path

import numpy as np

from framesel.simulation.detector.material import Clip, Material, truth_of
from framesel.simulation.detector.timetable import (
    DWELL_VIDEOS,
    LONGEST,
    as_recorded,
    dwelling,
)

NONE = np.zeros(0, np.int64)


def many(clips: int, frames: int = 301) -> Material:
    """Clips without files and without boxes."""
    truth = truth_of(frames, NONE, NONE, np.zeros((0, 4), np.float32))
    made = [Clip(f"c{i}", Path("none"), "pool", 30.0, truth) for i in range(clips)]
    return Material("many", ("a",), tuple(made))


def test_recorded_clips_are_videos_of_two_pictures_a_second() -> None:
    table = as_recorded(many(3), np.array([0, 2]))
    assert table.clip_no.tolist() == [0] * 21 + [2] * 21
    assert table.video_no.tolist() == [0] * 21 + [1] * 21
    assert table.index[:3].tolist() == [0, 15, 30]
    np.testing.assert_allclose(table.pts_s[:21], np.arange(21) / 2)
    assert table.pts_s[21] == 0.0
    assert not table.showing.any()


def test_held_clips_make_up_long_videos_of_very_unequal_parts() -> None:
    table = dwelling(many(177), np.arange(177))
    assert len(np.unique(table.video_no)) == DWELL_VIDEOS
    # Each clip lies in one video, in one piece, all of its frames shown equally often.
    pieces = 1 + np.count_nonzero(np.diff(table.clip_no))
    assert pieces == 177
    counts = np.bincount(table.clip_no)
    assert (counts % 11 == 0).all()
    times = counts // 11
    assert times.min() == 1
    assert times.max() == LONGEST
    # P(factor > x) = x^-1.1 before the cap: 10 % exceed 8, 19 % exceed 4.5.
    assert 0.04 <= np.mean(times > 8) <= 0.18
    assert 0.10 <= np.mean(times >= 5) <= 0.28
    clips = [set(table.clip_no[table.video_no == video]) for video in range(DWELL_VIDEOS)]
    assert {len(inside) for inside in clips} == {8, 9}
    for video in range(DWELL_VIDEOS):
        np.testing.assert_allclose(np.diff(table.pts_s[table.video_no == video]), 1.0)


def test_a_held_clip_goes_on_slower_not_again() -> None:
    table = dwelling(many(40), np.arange(40))
    for clip in range(40):
        own = table.clip_no == clip
        index, showing = table.index[own], table.showing[own]
        assert (np.diff(index) >= 0).all()
        assert (showing[np.diff(index, prepend=-1) > 0] == 0).all()
        assert len(set(zip(index.tolist(), showing.tolist(), strict=True))) == own.sum()


def test_the_same_timetable_each_time() -> None:
    one, two = (dwelling(many(40), np.arange(40)) for _ in range(2))
    assert all(
        np.array_equal(a, b) for a, b in zip(vars(one).values(), vars(two).values(), strict=True)
    )


def test_what_is_left_out_was_never_recorded() -> None:
    table = dwelling(many(40), np.arange(40))
    kept = np.flatnonzero(table.clip_no % 2 == 0)
    part = table.take(kept)
    assert set(part.clip_no) == set(range(0, 40, 2))
    videos = np.unique(part.video_no)
    assert videos.tolist() == list(range(len(videos)))
    for video in videos:
        np.testing.assert_allclose(
            part.pts_s[part.video_no == video], np.arange(np.sum(part.video_no == video))
        )
