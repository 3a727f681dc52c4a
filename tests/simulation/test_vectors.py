"""Simulated vectors are near where the truth says the same, and far where it does not."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from framesel.simulation.presets import Preset, VideoSpec
from framesel.simulation.script import script
from framesel.simulation.spec import Borrow, Dwell
from framesel.simulation.truth import FrameTruth, ObjectTruth, Truth
from framesel.simulation.vectors import COSINES, Simulated, embed, label
from framesel.simulation.vocabulary import Vocabulary

LONG = {"still": Dwell(shortest_s=15, alpha=3), "busy": Dwell(shortest_s=4, alpha=3)}
KNOWN = {"kinds": ("street",), "classes": 12, "sizes": (0.08, 0.4)}


def watching(name: str, **more: object) -> VideoSpec:
    return VideoSpec.model_validate({"name": name, "duration_s": 60} | LONG | KNOWN | more)


def copy(name: str, *edits: str) -> VideoSpec:
    return VideoSpec.model_validate(
        {"name": name, "duration_s": 60, "copy_of": "wall", "edits": edits}
    )


WORLD = Preset(
    name="world",
    size_wh=(320, 180),
    fps=Fraction(4),
    videos=(
        watching("wall", newcomers=4, black=2, blurred=1, frozen=1, corrupted=2),
        copy("again"),
        copy("moved", "shifted"),
        copy("brighter", "gain"),
        copy("closer", "zoomed"),
        watching("other", kinds=("shore",), drift_at_s=30, held_out=True),
        watching("night", night=True, events=1),
        watching("lent", borrow=(Borrow(video="wall", start_s=5, duration_s=20, at_s=10),)),
        VideoSpec(name="tour", duration_s=60, camera="panning", busy=Dwell(shortest_s=60)),
    ),
)


@pytest.fixture(scope="module")
def truth() -> Truth:
    return script(WORLD, 4)


@pytest.fixture(scope="module")
def seen(truth: Truth) -> Simulated:
    return embed(truth, dim=128, seed=1, tiles=True)


def of(seen: Simulated, truth: Truth, name: str) -> Simulated:
    number = [video.name for video in truth.videos].index(f"{name}.mp4")
    return seen.subset(seen.video_no == number)


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.asarray((a * b).sum(axis=-1))


def test_rows_are_frames(seen: Simulated, truth: Truth) -> None:
    assert len(seen) == sum(len(video.frames) for video in truth.videos)
    assert (seen.vectors.dtype, seen.vectors.shape) == (np.float32, (len(seen), 128))
    assert seen.tiles is not None
    assert (seen.tiles.dtype, seen.tiles.shape) == (np.float32, (len(seen), 9, 128))
    for array in (seen.vectors, seen.tiles):
        np.testing.assert_allclose(np.linalg.norm(array, axis=-1), 1, atol=1e-5)
    for row in range(0, len(seen), 97):
        video = truth.videos[seen.video_no[row]]
        frame = video.frames[seen.index[row]]
        assert seen.frames[row] == frame
        assert seen.pts_s[row] == frame.t_s
        assert seen.held_out[row] == video.held_out
        assert seen.labels[row] == label(frame)


def test_equal_seeds_give_equal_vectors(seen: Simulated, truth: Truth) -> None:
    again = embed(truth, dim=128, seed=1)
    assert again.tiles is None
    np.testing.assert_array_equal(again.vectors, seen.vectors)
    assert not np.allclose(embed(truth, dim=128, seed=2).vectors, seen.vectors, atol=0.1)
    assert embed(truth, dim=48).vectors.shape == (len(seen), 48)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("again", "encoded"), ("moved", "shifted"), ("brighter", "gain"), ("closer", "zoomed")],
)
def test_copies_are_as_near_as_their_change_is_small(
    name: str, kind: str, seen: Simulated, truth: Truth
) -> None:
    # Frozen frames repeat a changed one; these have changes of their own.
    healthy = np.array([frame.fault == "" for frame in of(seen, truth, "wall").frames])
    original, changed = (of(seen, truth, who).subset(healthy) for who in ("wall", name))
    found = cosines(original.vectors, changed.vectors)
    expected = COSINES[kind]  # type: ignore[index]
    # Boxes of moved objects are clipped elsewhere, which changes a little more.
    assert abs(np.median(found) - expected) < 0.002
    assert found.min() > expected - 0.02


def test_still_frames_differ_by_noise_and_frozen_ones_not_at_all(
    seen: Simulated, truth: Truth
) -> None:
    wall = of(seen, truth, "wall")
    still, frozen = [], []
    for row, frame in enumerate(wall.frames):
        if frame.duplicate_of is not None:
            pair = float(wall.vectors[row] @ wall.vectors[frame.duplicate_of])
            (frozen if frame.fault == "frozen" else still).append(pair)
    assert len(still) > 50
    assert 0.99 < min(still) <= max(still) < 0.9999
    assert len(frozen) >= 12
    assert min(frozen) > 0.999999


def test_a_borrowed_segment_is_near_the_lender(seen: Simulated, truth: Truth) -> None:
    lent, wall = of(seen, truth, "lent"), of(seen, truth, "wall")
    rows = [row for row, frame in enumerate(lent.frames) if frame.borrowed_from and not frame.fault]
    assert len(rows) > 60
    found = [float(lent.vectors[row] @ wall.vectors[row - 20]) for row in rows]
    assert min(found) > 0.985


def test_a_newcomer_hides_in_the_whole_picture_and_shows_in_a_tile(
    seen: Simulated, truth: Truth
) -> None:
    wall = of(seen, truth, "wall")
    assert wall.tiles is not None
    whole, least, median = [], [], []
    for row in range(1, len(wall)):
        before, after = wall.frames[row - 1], wall.frames[row]
        if before.newcomer is None and after.newcomer is not None:
            whole.append(float(wall.vectors[row - 1] @ wall.vectors[row]))
            tiles = cosines(wall.tiles[row - 1], wall.tiles[row])
            least.append(tiles.min())
            median.append(np.median(tiles))
    assert len(whole) == 4
    assert min(whole) > 0.93
    assert max(whole) < 0.997
    assert max(least) < 0.95
    assert min(median) > 0.985


def test_faults_are_where_they_trap(seen: Simulated, truth: Truth) -> None:
    wall = of(seen, truth, "wall")
    rows = {
        fault: np.flatnonzero([frame.fault == fault for frame in wall.frames])
        for fault in ("", "black", "blurred", "corrupted")
    }
    near = wall.vectors @ wall.vectors.T
    black = near[np.ix_(rows["black"], rows["black"])]
    assert black.min() > 0.99
    assert near[np.ix_(rows["black"], rows[""])].max() < 0.5
    garbage = near[rows["corrupted"]].copy()
    garbage[np.arange(len(garbage)), rows["corrupted"]] = -1
    assert garbage.max() < 0.6
    sharp = [row - 1 for row in rows["blurred"] if wall.frames[row - 1].fault == ""]
    across = near[rows["blurred"][0], sharp[0]]
    assert 0.3 < across < 0.9


def test_a_pan_moves_away_and_comes_back() -> None:
    words = Vocabulary(128, 0)
    x = np.concatenate([np.linspace(0, 2, 21), np.linspace(2, 0, 21)])
    views = np.column_stack([x, np.full(42, 0.3), np.zeros(42), np.zeros(42)])
    _, phases = words.place(0, 0)
    made = words.views(views, np.tile(phases, (42, 1)))
    near = made @ made.T
    np.testing.assert_allclose(near[0, -1], 1, atol=1e-9)
    np.testing.assert_allclose(np.diag(near), 1, atol=1e-9)
    assert 0.9 < near[0, 1] < 0.99
    assert abs(near[0, 20]) < 0.35
    _, elsewhere = words.place(0, 1)
    other = words.views(views, np.tile(elsewhere, (42, 1)))
    assert np.abs(cosines(made, other)).max() < 0.45


def test_places_light_and_season_tell_videos_apart(seen: Simulated, truth: Truth) -> None:
    mean = {name: of(seen, truth, name).vectors.mean(axis=0) for name in ("wall", "other", "night")}
    for a, b in (("wall", "other"), ("wall", "night")):
        assert mean[a] @ mean[b] < 0.6
    other = of(seen, truth, "other")
    phase = np.array([frame.phase for frame in other.frames])
    seasons = [other.vectors[phase == number].mean(axis=0) for number in (0, 1)]
    assert 0.3 < cosines(*seasons) / np.prod(np.linalg.norm(seasons, axis=1)) < 0.97
    words = Vocabulary(128, 1)
    night, day = (of(seen, truth, name).vectors @ words.night for name in ("night", "wall"))
    assert night.min() > 0.15
    assert np.median(day) < 0.15


def test_events_stand_out(seen: Simulated, truth: Truth) -> None:
    night = of(seen, truth, "night")
    rows = np.array([frame.event is not None for frame in night.frames])
    assert 3 <= rows.sum() <= 15
    assert (night.vectors[rows] @ night.vectors[~rows].T).max() < 0.97
    assert set(night.labels[rows]) <= {f"street {i}" for i in ("beacon", "ball", "crate", "bar")}


def item(name: str, side: float) -> ObjectTruth:
    return ObjectTruth(name, 0, (0.0, 0.0, side, side), (0, 0, 0), 1.0)


def frame(*objects: ObjectTruth, fault: str = "", kind: str = "hall") -> FrameTruth:
    return FrameTruth(
        0,
        0.0,
        0,
        None,
        objects,
        None,
        fault,
        None,
        place_kind=kind,  # type: ignore[arg-type]
    )


def test_labels() -> None:
    assert label(frame(item("ball", 3), item("cone", 9), item("bar", 4))) == "hall cone"
    assert label(frame()) == "hall empty"
    assert label(frame(item("ball", 3), kind="")) == "ball"
    assert label(frame(item("ball", 3), fault="blurred")) == "hall ball"
    assert label(frame(fault="black")) == ""
    assert label(frame(fault="corrupted")) == ""


def test_held_out_frames_can_be_told_but_not_easily() -> None:
    kinds = ("street", "field", "shore", "hall")
    short = {"still": Dwell(shortest_s=4, alpha=3), "busy": Dwell(shortest_s=4, alpha=3)}
    videos = tuple(
        watching(f"v{n}", kinds=kinds, scenes=4, scene_alpha=8, zipf=1.2, held_out=n > 5, **short)
        for n in range(10)
    )
    preset = Preset(name="p", size_wh=(320, 180), fps=Fraction(2), videos=videos)
    seen = embed(script(preset, 0))
    pool, held_out = seen.subset(~seen.held_out), seen.subset(seen.held_out)
    guess = pool.labels[(held_out.vectors @ pool.vectors.T).argmax(axis=1)]
    right = guess == held_out.labels
    _, counts = np.unique(held_out.labels, return_counts=True)
    assert counts.max() / len(held_out) + 0.1 < right.mean() < 0.7
    kinds_right = [
        a.split()[0] == b.split()[0] for a, b in zip(guess, held_out.labels, strict=True)
    ]
    assert 0.45 < np.mean(kinds_right) < 0.99


def test_a_preset_without_kinds_or_objects_embeds() -> None:
    bare = Preset(
        name="p",
        size_wh=(96, 64),
        videos=(VideoSpec(name="v", duration_s=0.2, sizes=(0.01, 0.01), classes=1),),
    )
    truth = script(bare, 0)
    (video,) = truth.videos
    without = replace(truth, videos=(replace(video, frames=(frame(kind=""),)),))
    for made in (embed(truth), embed(without, tiles=True)):
        np.testing.assert_allclose(np.linalg.norm(made.vectors, axis=1), 1, atol=1e-5)
    assert embed(without).labels.tolist() == ["empty"]
