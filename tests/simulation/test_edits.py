"""Edits, newcomers, borrowed segments, drift and garbage: the pictures show what the truth says."""

from fractions import Fraction

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.simulation.edits import GAIN, SHIFT_PX, ZOOM, Edit, drawn
from framesel.simulation.painter import paint
from framesel.simulation.script import script
from framesel.simulation.spec import Borrow, Dwell, EditKind, Preset, VideoSpec
from framesel.simulation.story import Story
from framesel.simulation.truth import FrameTruth

SIZE_WH = (160, 90)
STILL = {"still": Dwell(shortest_s=20, alpha=3), "busy": Dwell(shortest_s=2, alpha=3)}
KINDS: tuple[EditKind, ...] = ("shifted", "gain", "zoomed")
WORLD = Preset(
    name="world",
    size_wh=SIZE_WH,
    fps=Fraction(5),
    videos=(
        VideoSpec(name="wall", duration_s=40, newcomers=3, corrupted=1, black=1, **STILL),
        VideoSpec(name="shaky", duration_s=20, edits=KINDS, **STILL),
        VideoSpec(name="again", duration_s=40, copy_of="wall", edits=KINDS),
        VideoSpec(
            name="late",
            duration_s=30,
            night=True,
            drift_at_s=20,
            borrow=(Borrow(video="wall", start_s=2, duration_s=6, at_s=5),),
            **STILL,
        ),
    ),
)
Shown = list[tuple[np.ndarray, FrameTruth]]


@pytest.fixture(scope="module")
def world() -> dict[str, Shown]:
    return {spec.name: list(paint(Story(WORLD, spec, 3))) for spec in WORLD.videos}


def difference(a: np.ndarray, b: np.ndarray) -> float:
    return float(cv2.absdiff(a, b).mean())


@pytest.mark.parametrize("name", ["shaky", "again"])
def test_an_edit_undone_gives_the_original(name: str, world: dict[str, Shown]) -> None:
    originals = world["wall" if name == "again" else name]
    seen = set()
    for picture, truth in world[name]:
        if truth.edit is None or truth.fault:
            continue
        original, first = originals[truth.index if name == "again" else truth.duplicate_of or 0]
        assert truth.moment == first.moment
        edit = truth.edit
        back = cv2.invertAffineTransform(edit.matrix(SIZE_WH)[:2])
        level = np.clip(picture.astype(float) / edit.gain, 0, 255).astype(np.uint8)
        undone = cv2.warpAffine(level, back, SIZE_WH, flags=cv2.INTER_LINEAR)
        inner = (slice(6, -6), slice(6, -6))
        assert difference(undone[inner], original[inner]) < 4
        seen.add(edit.kind)
    assert seen == set(KINDS)


def test_boxes_of_edited_frames_are_edited(world: dict[str, Shown]) -> None:
    checked = 0
    for (_, truth), (_, known) in zip(world["again"], world["wall"], strict=True):
        if truth.edit is None or truth.fault:
            continue
        boxes = {item.track: item for item in known.objects}
        for item in truth.objects:
            if item.visible == 1 and boxes[item.track].visible == 1:
                moved = truth.edit.moved(boxes[item.track].xyxy, SIZE_WH)
                np.testing.assert_allclose(item.xyxy, moved, atol=0.02)
                checked += moved != boxes[item.track].xyxy
    assert checked > 20


@given(seed=st.integers(0, 2**32 - 1), box=st.tuples(*[st.floats(-50, 200)] * 4))
def test_edits_are_small_and_move_boxes_like_pixels(
    seed: int, box: tuple[float, float, float, float]
) -> None:
    edit = drawn(np.random.default_rng(seed), KINDS)
    assert edit is not None
    shift = max(abs(edit.dx_px), abs(edit.dy_px))
    assert (1 <= shift <= SHIFT_PX) == (edit.kind == "shifted")
    assert (GAIN[0] <= abs(edit.gain - 1) <= GAIN[1] + 1e-9) == (edit.kind == "gain")
    assert (ZOOM[0] <= edit.zoom - 1 <= ZOOM[1] + 1e-9) == (edit.kind == "zoomed")
    matrix = edit.matrix(SIZE_WH)
    corners = [matrix @ [*box[at : at + 2], 1] for at in (0, 2)]
    expected = [*corners[0][:2], *corners[1][:2]]
    np.testing.assert_allclose(edit.moved(box, SIZE_WH), expected, atol=1e-9)


def test_no_kinds_no_edit() -> None:
    assert drawn(np.random.default_rng(0), ()) is None
    plain = Edit("shifted")
    assert plain.moved((1, 2, 3, 4), SIZE_WH) == (1, 2, 3, 4)


def test_a_newcomer_is_all_that_changes(world: dict[str, Shown]) -> None:
    shown = world["wall"]
    before = None
    found = 0
    for picture, truth in shown:
        if truth.newcomer is None:
            before = (picture, truth)
            continue
        assert before is not None
        (new,) = (item for item in truth.objects if item.track == truth.newcomer)
        assert [item for item in truth.objects if item is not new] == list(before[1].objects)
        assert truth.moment != before[1].moment
        assert truth.state not in (None, before[1].state)
        left, top, right, bottom = new.xyxy
        assert new.visible == 1
        area = (right - left) * (bottom - top) / np.prod(SIZE_WH)
        assert 0.0099 <= area <= 0.0201
        change = cv2.absdiff(picture, before[0]).max(axis=2)
        inside = change[round(top) : round(bottom), round(left) : round(right)].mean()
        change[int(top) - 1 : int(bottom) + 3, int(left) - 1 : int(right) + 3] = 0
        assert change.mean() < 4
        assert inside > change.mean()
        found += 1
    runs = [truth.newcomer for _, truth in shown if truth.newcomer is not None]
    assert len(set(runs)) == 3
    assert found >= 12


def test_a_borrowed_segment_shows_the_other_video(world: dict[str, Shown]) -> None:
    borrowed = [(picture, truth) for picture, truth in world["late"] if truth.borrowed_from]
    assert [truth.index for _, truth in borrowed] == list(range(25, 55))
    for picture, truth in borrowed:
        original, known = world["wall"][truth.index - 15]
        assert truth.borrowed_from == "wall.mp4"
        assert (truth.moment, truth.scene) == (known.moment, known.scene)
        assert [i.xyxy for i in truth.objects] == [i.xyxy for i in known.objects]
        if known.fault != "corrupted":
            assert difference(picture, original) < 3
    own = {item.track for _, t in world["late"] if not t.borrowed_from for item in t.objects}
    assert not own & {item.track for _, t in borrowed for item in t.objects}


def test_an_object_keeps_its_track_in_all_segments_of_one_lender() -> None:
    parts = tuple(
        Borrow(video=name, start_s=start_s, duration_s=2, at_s=at_s)
        for name, start_s, at_s in (("a", 1, 2), ("b", 1, 5), ("a", 2, 8))
    )
    videos = (
        VideoSpec(name="a", duration_s=9, **STILL),
        VideoSpec(name="b", duration_s=9, **STILL),
        VideoSpec(name="c", duration_s=12, borrow=parts, **STILL),
    )
    truth = script(Preset(name="p", size_wh=SIZE_WH, videos=videos), 0)
    tracks = [
        {item.track for frame in frames for item in frame.objects}
        for frames in (
            [f for f in truth.video("c.mp4").frames if part.at_s <= f.t_s < part.at_s + 2]
            for part in parts
        )
    ]
    assert tracks[0]
    assert tracks[1]
    assert tracks[0] == tracks[2]
    assert not tracks[0] & tracks[1]
    before, after = (truth.video("c.mp4").at(t_s).moment for t_s in (3.5, 8.5))
    assert before == after == truth.video("a.mp4").at(2.5).moment


def test_another_season_is_darker_and_redder(world: dict[str, Shown]) -> None:
    phases: dict[int, list[np.ndarray]] = {0: [], 1: []}
    for picture, truth in world["late"]:
        assert truth.phase == int(truth.t_s >= 20 and not truth.borrowed_from)
        if not truth.borrowed_from:
            phases[truth.phase].append(picture.mean(axis=(0, 1)))
    before, after = (np.mean(phases[phase], axis=0) for phase in (0, 1))
    assert (after < 0.95 * before).all()
    assert after[0] / before[0] > after[2] / before[2]


def test_garbage_and_blackness_show_nothing(world: dict[str, Shown]) -> None:
    healthy = next(picture for picture, truth in world["wall"] if not truth.fault)
    moments = {fault: [] for fault in ("corrupted", "black")}
    for picture, truth in world["wall"]:
        if truth.fault:
            assert truth.objects == ()
            assert difference(picture, healthy) > 25
            moments[truth.fault].append(truth.moment)
    assert len(set(moments["corrupted"])) == len(moments["corrupted"]) >= 2
    assert set(moments["black"]) == {-1}


def test_equal_moments_look_alike_and_others_do_not_share_them(world: dict[str, Shown]) -> None:
    firsts: dict[int, tuple[np.ndarray, FrameTruth]] = {}
    alike = 0
    for name in ("wall", "late"):
        for picture, truth in world[name]:
            if truth.fault:
                continue
            first, known = firsts.setdefault(truth.moment, (picture, truth))
            assert difference(picture, first) < 3
            assert [i.xyxy for i in truth.objects] == [i.xyxy for i in known.objects]
            alike += truth is not known
    assert alike > 100
