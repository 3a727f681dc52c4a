"""Contradictions along tracks, worked out by hand and against a plain loop."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from framesel.errors import UsageError
from framesel.uncertainty.temporal import gap_evidence, gaps, instability, temporal_scores

from .structures import Box, at, boxes

TRACK = int
Frames = list[list[tuple[TRACK, Box]]]


def line(
    frames: Frames, clip: list[int] | None = None, time: list[float] | None = None
) -> dict[str, Any]:
    """Boxes with their tracks; one clip, a frame a second, unless said otherwise."""
    classes = max((len(box[1]) for frame in frames for _, box in frame), default=2)
    return {
        "boxes": boxes([[box for _, box in frame] for frame in frames], classes=classes),
        "time": np.array(time if time is not None else np.arange(len(frames)), float),
        "track": np.array([track for frame in frames for track, _ in frame], np.int64),
        "clip": np.array(clip if clip is not None else [0] * len(frames)),
    }


def scores(frames: Frames, candidate: list[bool] | None = None, **how: Any) -> dict[str, list[Any]]:
    given = line(frames, **how)
    mask = np.array([True] * len(frames) if candidate is None else candidate)
    found = temporal_scores(**given, candidate=mask)
    assert all(values.dtype == np.float32 for values in found.values())
    return {name: np.round(values.astype(float), 4).tolist() for name, values in found.items()}


def steady(*sure: float, step: float = 2) -> Frames:
    """One object that moves by ``step`` pixels; 0 leaves it out of a frame."""
    return [[(7, (at(step * i), (p,)))] if p else [] for i, p in enumerate(sure)]


def test_a_steady_track_has_nothing_to_say() -> None:
    found = instability(**line(steady(0.8, 0.8, 0.8, 0.8)))
    assert {name: values.tolist() for name, values in found.items()} == {
        name: pytest.approx([0, 0, 0, 0], abs=1e-6)
        for name in ("flicker", "jitter", "class_switch", "lonely")
    }
    assert set(scores(steady(0.8, 0.8, 0.8))) == {*found, "gap"}


def test_flicker_is_a_dip_not_a_slope() -> None:
    dip = instability(**line(steady(0.9, 0.3, 0.9)))["flicker"]
    np.testing.assert_allclose(dip, [0.3, 0.6, 0.3], atol=1e-6)
    slope = instability(**line(steady(0.1, 0.5, 0.9)))["flicker"]
    np.testing.assert_allclose(slope, [0.2, 0, 0.2], atol=1e-6)
    uneven = instability(**line(steady(0.1, 0.5, 0.9), time=[0, 3, 4]))["flicker"]
    np.testing.assert_allclose(uneven, [0.2, 0.2, 0.2], atol=1e-6)  # 0.7 was to be expected


def test_jitter_is_off_the_path_not_motion() -> None:
    moving = line(steady(0.8, 0.8, 0.8, step=15))
    np.testing.assert_allclose(instability(**moving)["jitter"], 0, atol=1e-6)
    jumping = [[(1, (at(0), (0.8,)))], [(1, (at(10), (0.8,)))], [(1, (at(0), (0.8,)))]]
    np.testing.assert_allclose(instability(**line(jumping))["jitter"], [0, 1 - 1 / 3, 0])
    assert scores(jumping)["jitter"] == [0, 0.6667, 0]


def test_a_class_switch_counts_for_both_sides() -> None:
    a, b = (0.8, 0.1), (0.1, 0.8)
    frames: Frames = [[(1, (at(0), q))] for q in (a, a, b, b)]
    odds = np.array([4, 1 / 9])
    given = odds / odds.sum()
    there = odds.sum() / (1 + odds.sum())
    change = there * jensenshannon(given, given[::-1], base=2) ** 2
    found = instability(**line(frames))["class_switch"]
    np.testing.assert_allclose(found, [0, change / 2, change / 2, 0], atol=1e-6)
    # The same frame twice in doubt: less sure of an object, the same classes given one.
    fading: Frames = [[(1, (at(0), (0.5, 0.5)))], [(1, (at(0), (0.1, 0.1)))]]
    np.testing.assert_allclose(instability(**line(fading))["class_switch"], 0, atol=1e-6)


def test_a_gap_is_a_frame_between_two_sure_boxes() -> None:
    found = gaps(**line(steady(0.9, 0, 0, 0.6, 0.8, 0)))
    assert found.frame.tolist() == [1, 2]
    assert found.track.tolist() == [7, 7]
    np.testing.assert_allclose(found.strength, 0.6, rtol=1e-6)
    np.testing.assert_allclose(gap_evidence(found, 6), [0, 0.6, 0.6, 0, 0, 0], rtol=1e-6)


def test_a_faint_box_does_not_fill_a_gap_and_a_sure_one_of_another_track_does() -> None:
    assert gaps(**line(steady(0.9, 0.1, 0.9))).frame.tolist() == [1]
    assert gaps(**line(steady(0.9, 0.1, 0.9)), confident=0.05).frame.tolist() == []
    other_track = steady(0.9, 0, 0.9)
    other_track[1] = [(8, (at(3), (0.7,)))]
    assert gaps(**line(other_track)).frame.tolist() == []
    elsewhere = steady(0.9, 0, 0.9)
    elsewhere[1] = [(8, (at(100), (0.7,)))]
    assert gaps(**line(elsewhere)).frame.tolist() == [1]


def test_two_objects_that_are_gone_are_two_misses() -> None:
    frames = steady(0.9, 0, 0.9)
    for i in (0, 2):
        frames[i].append((9, (at(100), (0.5,))))
    np.testing.assert_allclose(gap_evidence(gaps(**line(frames)), 3), [0, 1.4, 0], rtol=1e-6)


def test_a_box_without_a_track_is_a_probable_false_alarm() -> None:
    frames = steady(0.9, 0.9, 0.9)
    frames[1].append((8, (at(100), (0.6,))))
    frames[2].append((9, (at(150), (0.6,))))
    # In the last frame an object may have just come.
    assert scores(frames)["lonely"] == [0, 0.6, 0.3]


def test_short_clips_and_companions_are_not_told_anything() -> None:
    frames: Frames = [[(i, (at(0), (0.9,)))] for i in range(6)]
    found = scores(frames, [True] * 6, clip=[0, 0, 5, 3, 3, 3])
    assert np.isnan(found["lonely"]).tolist() == [True, True, True, False, False, False]
    assert found["lonely"][3:] == [0.45, 0.9, 0.45]
    found = scores(steady(0.9, 0.2, 0.9), [False, True, False])
    for values in found.values():
        assert np.isnan(values).tolist() == [True, False, True]
    none = scores(steady(0.9, 0.2, 0.9), [False] * 3)
    assert np.isnan(none["gap"]).all()


def test_what_a_companion_shows_counts_for_the_nearest_candidate() -> None:
    dips = steady(0.9, 0.9, 0.9, 0.1, 0.9)
    found = scores(dips, [True, False, False, False, True])
    assert found["flicker"][4] == 0.8
    assert found["flicker"][0] == 0
    assert found["gap"] == pytest.approx([0, np.nan, np.nan, np.nan, 0.9], nan_ok=True)
    even = scores(steady(0.9, 0.1, 0.9), [True, False, True])
    assert even["gap"] == pytest.approx([0.9, np.nan, 0], nan_ok=True)
    # Never for a candidate of another clip, however near.
    calm: Frames = [[(8, box) for _, box in frame] for frame in steady(0.9, 0.9, 0.9)]
    other = scores(dips + calm, [False] * 5 + [True] * 3, clip=[0] * 5 + [1] * 3)
    assert other["flicker"][5:] == [0, 0, 0]


def test_one_bad_object_does_not_buy_fifty_frames() -> None:
    rng = np.random.default_rng(0)
    sure = np.where(np.arange(50) % 2, 0.2, 0.9) - rng.uniform(0, 0.02, 50)
    found = scores(steady(*sure))
    for name in ("flicker", "gap"):
        assert np.count_nonzero(found[name]) == 1
    raw = instability(**line(steady(*sure)))["flicker"]
    assert found["flicker"][int(raw.argmax())] == round(raw.max(), 4)


@given(st.integers(0, 2**32 - 1))
def test_bounds_and_the_order_of_boxes_and_names_of_tracks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    frames: Frames = []
    for clip in range(3):
        for _ in range(rng.integers(1, 6)):
            ids = rng.permutation(5)[: rng.integers(0, 5)] + 10 * clip
            frames.append(
                [
                    (int(t), (at(*rng.uniform(0, 50, 2)), tuple(rng.uniform(0.05, 0.95, 2))))
                    for t in ids
                ]
            )
    clip_of = [frame[0][0] // 10 if frame else -1 for frame in frames]
    for i in range(len(frames)):  # an empty frame joins the clip before
        clip_of[i] = clip_of[i] if clip_of[i] >= 0 else (clip_of[i - 1] if i else 0)
    mask = (rng.random(len(frames)) < 0.6).tolist()
    found = scores(frames, mask, clip=clip_of)
    for name, values in found.items():
        told = np.array(values)[~np.isnan(values)]
        assert (told >= 0).all()
        if name in ("flicker", "jitter", "class_switch"):
            assert (told <= 1).all()
    renamed = [[(97 - track, box) for track, box in frame][::-1] for frame in frames]
    for name, values in scores(renamed, mask, clip=clip_of).items():
        np.testing.assert_allclose(values, found[name], atol=1e-4)


def test_nothing_at_all() -> None:
    assert scores([])["gap"] == []
    assert scores([[], [], []])["gap"] == [0, 0, 0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"track": np.array([7, 7])}, "need"),
        ({"time": np.array([0.0, 2.0, 1.0])}, "sorted"),
        ({"time": np.array([0.0, 1.0, 1.0])}, "sorted"),
        ({"time": np.array([0.0, np.nan, 1.0])}, "sorted"),
        ({"clip": np.array([0, 1, 0])}, "sorted"),
        ({"clip": np.array([0, 0, 1])}, "another clip"),
    ],
)
def test_columns_that_do_not_fit(change: dict[str, Any], words: str) -> None:
    given = line(steady(0.9, 0.9, 0.9)) | change
    with pytest.raises(UsageError, match=words):
        temporal_scores(**given, candidate=np.ones(3, bool))
    with pytest.raises(UsageError, match="candidates"):
        temporal_scores(**line(steady(0.9, 0.9, 0.9)), candidate=np.ones(2, bool))


def test_two_boxes_of_a_track_in_a_frame() -> None:
    with pytest.raises(UsageError, match="two boxes"):
        gaps(**line([[(1, (at(0), (0.9,))), (1, (at(50), (0.9,)))]]))
