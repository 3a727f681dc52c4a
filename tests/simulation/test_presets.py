"""The shipped presets hold what they promise, and presets that cannot be are refused."""

import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from framesel.errors import UsageError
from framesel.simulation.footage import render
from framesel.simulation.presets import PRESETS, Preset, VideoSpec
from framesel.simulation.script import script
from framesel.simulation.spec import Borrow
from framesel.simulation.truth import Truth, read_truth

WORLDS = ("moving", "dwell", "mixed")


@pytest.fixture(scope="module")
def truths() -> dict[str, Truth]:
    return {name: script(PRESETS[name], 1) for name in WORLDS}


@pytest.mark.parametrize("name", WORLDS)
def test_a_world_is_large_enough_to_compare_on(name: str, truths: dict[str, Truth]) -> None:
    pool = [video for video in truths[name].videos if not video.held_out]
    held_out = [video for video in truths[name].videos if video.held_out]
    assert 20 <= len(pool) <= 30
    assert len(held_out) >= 12
    lengths = [len(video.frames) for video in pool]
    assert 10_000 <= sum(lengths) <= 20_000
    assert max(lengths) > 4 * min(lengths)
    events = [frame.event for video in pool for frame in video.frames if frame.event is not None]
    assert len(set(events)) >= 6
    assert len(events) <= 0.005 * sum(lengths)
    assert not any(frame.event for video in held_out for frame in video.frames)


@pytest.mark.parametrize("name", WORLDS)
def test_held_out_videos_show_other_places_and_moments(name: str, truths: dict[str, Truth]) -> None:
    seen = {
        held_out: [
            frame for v in truths[name].videos if v.held_out == held_out for frame in v.frames
        ]
        for held_out in (False, True)
    }
    for field in ("scene", "moment"):
        shared = {getattr(f, field) for f in seen[False]} & {getattr(f, field) for f in seen[True]}
        assert shared <= {-1}
    for what in ("place_kind", "label"):
        sets = [
            {i.label for f in frames for i in f.objects}
            if what == "label"
            else {f.place_kind for f in frames}
            for frames in seen.values()
        ]
        assert sets[0] - {"beacon"} == sets[1]


def test_repeats_are_where_they_should_be(truths: dict[str, Truth]) -> None:
    share = {}
    kinds: dict[str, set[str]] = {}
    for name, truth in truths.items():
        pool = [video for video in truth.videos if not video.held_out]
        frames = [frame for video in pool for frame in video.frames]
        share[name] = len({frame.moment for frame in frames}) / len(frames)
        kinds[name] = {video.duplicate_kind(frame) for video in pool for frame in video.frames}
    assert share["moving"] > 0.99
    assert share["dwell"] < 0.4
    assert share["dwell"] < share["mixed"] < 0.7
    assert kinds["moving"] <= {"", "still"}
    every = {"", "exact", "still", "encoded", "shifted", "gain", "zoomed"}
    assert kinds["dwell"] == every
    assert kinds["mixed"] == every | {"copied"}


def test_mixed_holds_everything(truths: dict[str, Truth]) -> None:
    pool = [video for video in truths["mixed"].videos if not video.held_out]
    frames = [frame for video in pool for frame in video.frames]
    assert {video.camera for video in pool} == {"static", "panning", "handheld"}
    assert {video.night for video in pool} == {True, False}
    assert {frame.phase for frame in frames} == {0, 1}
    assert {frame.fault for frame in frames} == {"", "black", "blurred", "frozen", "corrupted"}
    newcomers = {
        (video.name, frame.newcomer)
        for video in pool
        for frame in video.frames
        if frame.newcomer is not None
    }
    assert len(newcomers) >= 20
    moments = Counter(m for video in pool for m in {frame.moment for frame in video.frames})
    assert sum(times > 1 for moment, times in moments.items() if moment >= 0) > 100


def test_classes_follow_zipf(truths: dict[str, Truth]) -> None:
    for name in ("moving", "dwell"):
        tracks = {
            (video.name, item.track, item.label)
            for video in truths[name].videos
            for frame in video.frames
            for item in frame.objects
        }
        counts = Counter(label for _, _, label in tracks if label != "beacon")
        assert len(counts) == 12
        expected = np.arange(1, 13) ** -1.2
        share = np.array([counts[label] for label in list(counts)])
        found = np.sort(share)[::-1] / share.sum()
        assert np.abs(found - expected / expected.sum()).max() < 0.05


def cut_down(preset: Preset) -> Preset:
    """The shortest videos at the least size: all kinds, some seconds each."""
    specs = []
    for spec in preset.videos:
        if spec.borrow or spec.duration_s > 170:
            continue
        specs.append(spec.model_copy(update={"duration_s": 40.0, "scenes": 2, "newcomers": 0}))
    names = {spec.name for spec in specs}
    kept = tuple(spec for spec in specs if spec.copy_of is None or spec.copy_of in names)
    return Preset(name=preset.name, size_wh=(96, 64), fps=Fraction(4), videos=kept[:4])


@pytest.mark.parametrize("name", WORLDS)
def test_worlds_can_be_rendered(name: str, tmp_path: Path) -> None:
    small = cut_down(PRESETS[name])
    assert len(small.videos) >= 2
    truth = render(tmp_path, small, seed=1)
    assert truth == script(small, 1, tmp_path)
    assert read_truth(tmp_path) == truth
    for video in truth.videos:
        assert (tmp_path / video.name).stat().st_size > 1000


def test_a_truth_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text('{"preset": "p", "seed": 1, "videos": [{}]}')
    with pytest.raises(UsageError, match="render the footage again"):
        read_truth(tmp_path)


def original(name: str = "a", **more: object) -> VideoSpec:
    return VideoSpec.model_validate({"name": name, "duration_s": 30} | more)


BORROW = Borrow(video="a", start_s=0, duration_s=5, at_s=10)


@pytest.mark.parametrize(
    ("videos", "complaint"),
    [
        (lambda: [original(), original()], "same name"),
        (lambda: [original(copy_of="b")], "no original"),
        (lambda: [original(held_out=True), original("b", copy_of="a")], "held out"),
        (lambda: [original(held_out=True), original("b", borrow=(BORROW,))], "held out"),
        (lambda: [original(borrow=(BORROW,))], "no other original"),
        (lambda: [original("b", borrow=(BORROW,))], "no other original"),
        (lambda: [original(duration_s=3), original("b", borrow=(BORROW,))], "past the end"),
        (lambda: [original("b", duration_s=12, borrow=(BORROW,))], "past its end"),
        (lambda: [original("b", borrow=(BORROW, BORROW))], "overlap"),
        (lambda: [original("b", copy_of="a", borrow=(BORROW,))], "one of the two"),
        (lambda: [original(camera="panning", newcomers=1)], "static camera"),
        (lambda: [original(classes=13)], "classes"),
        (lambda: [original(sizes=(0.3, 0.2))], "down to"),
    ],
)
def test_presets_that_cannot_be(videos, complaint: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(complaint)):
        Preset(name="p", videos=tuple(videos()))


def test_a_video_too_short_for_its_newcomers_says_so() -> None:
    crowded = Preset(
        name="p", size_wh=(96, 64), videos=(VideoSpec(name="v", duration_s=2, newcomers=9),)
    )
    with pytest.raises(ValueError, match="too short"):
        script(crowded, 0)
