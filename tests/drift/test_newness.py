from dataclasses import replace

import cv2
import numpy as np
import pytest

from framesel.drift.compare import compare
from framesel.drift.drawing import draw
from framesel.drift.footage import Both
from framesel.drift.newness import new_videos, spans
from framesel.drift.regions import regions
from framesel.drift.weights import MOST, density_ratio
from tests.drift.streams import DIM, around, clips, footage, stream


def test_the_video_from_elsewhere_comes_first_with_its_seconds() -> None:
    rng = np.random.default_rng(0)
    scenes = [np.zeros(DIM), *np.eye(DIM)[:3]]
    known = [scenes[n % 4] + stream(rng, 30, 5.0, spread=0.1) for n in range(24)]
    alike = scenes[1] + stream(rng, 30, 5.0, spread=0.1)
    turns = scenes[2] + stream(rng, 30, 5.0, spread=0.1)
    turns[12:20, 5] += 6.0
    elsewhere = np.full(DIM, 3.0) + stream(rng, 30, 5.0, spread=0.1)
    found = new_videos(Both(footage(known), footage([alike, turns, elsewhere], "n")))
    assert found[0].name == "n2.mp4"
    assert found[0].far == 1.0
    assert found[0].p == pytest.approx(1 / 25)
    by_name = {video.name: video for video in found}
    assert by_name["n0.mp4"].p > 0.1
    assert by_name["n0.mp4"].far < 0.4
    longest = max(by_name["n1.mp4"].spans, key=lambda span: span.frames)
    assert (longest.start_s, longest.end_s) == (12.0, 19.0)
    assert 12.0 <= longest.farthest_s <= 19.0


def test_one_known_video_stands_for_the_others() -> None:
    rng = np.random.default_rng(1)
    points = stream(rng, 120, 3.0, spread=0.2)
    elsewhere = points[60:] + 4.0
    (found,) = new_videos(Both(footage([points[:60]]), footage([elsewhere], "n")))
    assert found.far == 1.0
    (same,) = new_videos(Both(footage([points[:60]]), footage([points[60:]], "n")))
    assert same.far < 0.4


def test_spans_are_joined_over_short_gaps() -> None:
    far = np.array([0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 0], bool)
    apart = np.array([0, 2, 1, 0, 0, 3, 0, 0, 0, 1, 0], float)
    found = spans(np.arange(11) / 2, apart, far)
    assert [(s.start_s, s.end_s, s.frames, s.farthest_s) for s in found] == [
        (0.5, 2.5, 3, 2.5),
        (4.5, 4.5, 1, 4.5),
    ]
    assert spans(np.arange(3.0), np.zeros(3), np.zeros(3, bool)) == ()


def test_the_scene_that_there_is_more_of_is_named() -> None:
    rng = np.random.default_rng(2)
    known = footage(around(rng, [0, 1, 2] * 8))
    new = footage(around(rng, [0, 1, 2] * 2 + [5] * 8), "n")
    both = Both(known, new)
    found = regions(both, compare(both, 0.05, 199, 0), 0)
    assert found[0].videos > 2
    for one in found:
        assert one.known == 0.0
        assert one.p_adjusted <= 0.05
        assert int(one.example[0].removeprefix("n").removesuffix(".mp4")) >= 6
    assert 3 / 14 < sum(one.new for one in found) <= 8 / 14 + 1e-9


def test_scenes_as_frequent_as_before_are_not_named() -> None:
    rng = np.random.default_rng(3)
    both = Both(footage(around(rng, [0, 1, 2] * 8)), footage(around(rng, [0, 1, 2] * 4), "n"))
    assert regions(both, compare(both, 0.05, 199, 0), 0) == ()


def test_the_density_is_high_where_the_new_footage_is() -> None:
    rng = np.random.default_rng(4)
    known, new = around(rng, [0] * 15 + [1] * 5), around(rng, [0] * 5 + [1] * 15)
    both = Both(footage(known), footage(new, "n"))
    found = density_ratio(both)
    scene = np.repeat([0] * 15 + [1] * 5 + [0] * 5 + [1] * 15, 10)
    assert np.median(found[scene == 1]) == pytest.approx(3.0, rel=0.35)  # 15 / 5
    assert np.median(found[scene == 0]) == pytest.approx(1 / 3, rel=0.35)


def test_the_density_is_clipped_and_flat_where_nothing_is_new() -> None:
    rng = np.random.default_rng(5)
    apart = density_ratio(Both(footage(around(rng, [0] * 9)), footage(around(rng, [5] * 9), "n")))
    assert apart[:90].max() == pytest.approx(1 / MOST)
    assert apart[90:].min() == pytest.approx(MOST)
    alike = density_ratio(Both(footage(clips(rng, 40)), footage(clips(rng, 40), "n")))
    assert np.median(np.abs(np.log(alike))) < np.log(1.5)


def test_one_new_video_has_a_density() -> None:
    rng = np.random.default_rng(6)
    both = Both(footage(around(rng, [0, 1, 2, 0])), footage(around(rng, [5]), "n"))
    found = density_ratio(both)
    assert np.median(found[both.new_frame]) > 2.0
    assert np.median(found[~both.new_frame]) < 0.5


def test_a_picture_is_drawn() -> None:
    rng = np.random.default_rng(7)
    new = replace(footage(around(rng, [5, 0]), "n"), names=("$a\\b$\u202e.mp4", "still.mp4"))
    both = Both(footage(around(rng, [0, 1] * 6)), new)
    found = cv2.imdecode(
        np.frombuffer(draw(both, compare(both, 0.05, 19, 0), new_videos(both)), np.uint8), 1
    )
    assert found.shape[1] > found.shape[0] > 300
    orange = np.abs(found.astype(int) - [0x0F, 0x48, 0xD9]).max(axis=2) < 8
    wide = found.shape[1] // 2
    assert orange[:, :wide].sum() > 50
    assert orange[:, wide:].sum() > 1000
