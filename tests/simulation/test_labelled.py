"""Worlds of labelled footage: what is thinned out, slowed down, read from a workspace."""

import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from framesel import recipe as recipes
from framesel.errors import UsageError
from framesel.pipeline import Pipeline
from framesel.simulation.labelled import (
    BURST_FRAMES,
    BURSTS,
    KINDS,
    NOISE_COS,
    Labelled,
    slowed_down,
    thinned_out,
)
from framesel.simulation.labelled_workspace import read
from framesel.simulation.world import NOTHING, World
from framesel.sources import expand
from framesel.workspace import Workspace
from tests.resume.faults import Inline, Silent
from tests.simulation.worlds import POOL_VIDEOS, VIDEOS, footage

if TYPE_CHECKING:
    from framesel.simulation.truth import Truth

FOOTAGE = footage(0, range(VIDEOS))
HELD_OUT = np.arange(VIDEOS) >= POOL_VIDEOS


def world(kind: str, seed: int) -> World:
    names = tuple(f"v{number}" for number in range(VIDEOS))
    known = replace(FOOTAGE, event=np.full(len(FOOTAGE), NOTHING))
    return Labelled(kind, names, ("a", "b", "c"), known, HELD_OUT).world(seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_no_video_is_both_chosen_from_and_judged_by(kind: str) -> None:
    made = world(kind, 0)
    assert set(np.unique(made.held_out.video_no)) == {4, 5}
    assert set(np.unique(made.pool.video_no)) < {0, 1, 2, 3}
    assert len(np.unique(made.pool.video_no)) == 3  # four fifths of four
    assert np.array_equal(world(kind, 0).pool.vectors, made.pool.vectors)
    assert not made.moments_known


def test_each_seed_draws_other_videos() -> None:
    drawn = {tuple(np.unique(world("footage", seed).pool.video_no)) for seed in range(6)}
    assert len(drawn) > 1


def test_of_a_rare_class_only_bursts_are_left_and_each_is_an_event() -> None:
    # Still stretches are five frames long: bursts cross them, and other classes in between.
    rare = thinned_out(FOOTAGE, 1, np.random.default_rng(0))
    assert np.array_equal(rare.event >= 0, rare.label == 1)
    events, lengths = np.unique(rare.event[rare.event >= 0], return_counts=True)
    assert len(events) == min(BURSTS, VIDEOS)
    assert (lengths >= BURST_FRAMES[0]).all()
    assert (lengths <= BURST_FRAMES[1]).all()
    for event in events:
        assert len(np.unique(rare.video_no[rare.event == event])) == 1
    for label in (0, 2):
        assert (rare.label == label).sum() == (FOOTAGE.label == label).sum()


def test_seeds_take_turns_at_which_class_is_rare() -> None:
    for seed in range(3):
        pool = world("footage_rare", seed).pool
        assert set(pool.label[pool.event >= 0]) == {seed}


def test_a_slowed_video_shows_every_frame_as_often_as_the_others_of_it() -> None:
    slow = slowed_down(FOOTAGE, np.random.default_rng(3))
    assert len(slow) > len(FOOTAGE)
    factors = set()
    for video in range(VIDEOS):
        before = FOOTAGE.vectors[FOOTAGE.video_no == video]
        after = slow.vectors[slow.video_no == video]
        times = len(after) // len(before)
        assert len(after) == times * len(before)
        factors.add(times)
        cosines = np.einsum("ftd,fd->ft", after.reshape(len(before), times, -1), before)
        assert cosines[:, 0] == pytest.approx(1, abs=1e-6)
        assert cosines[:, 1:] == pytest.approx(NOISE_COS, abs=2e-3)
        pts_s = slow.pts_s[slow.video_no == video]
        assert (np.diff(pts_s) > 0).all()
        assert pts_s[-1] == pytest.approx(30 * times, rel=0.05)
    assert len(factors) > 1


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory, footage: "Truth") -> Workspace:
    """The rendered footage, embedded."""
    opened = Workspace.create(tmp_path_factory.mktemp("labelled") / "ws")
    files = expand([str(footage.folder)], sequence=False)
    Pipeline(opened, recipes.load(None, SETTINGS), Silent(), Inline).run(files)
    return opened


SETTINGS = ["selection.budget=4", "frames.sample.fps=2"]


def write_labels(path: Path, truth: "Truth") -> Path:
    """The truth in framesel's own format."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow("video index label x y w h".split())
        for video in truth.videos:
            for frame in video.frames:
                boxes = [(o.label, *o.xyxy) for o in frame.objects] or [("", 0, 0, 1, 1)]
                for label, x0, y0, x1, y1 in boxes:
                    writer.writerow([video.name, frame.index, label, x0, y0, x1 - x0, y1 - y0])
    return path


def test_a_workspace_with_labels_becomes_worlds(
    workspace: Workspace, footage: "Truth", tmp_path: Path
) -> None:
    labels = write_labels(tmp_path / "labels.csv", footage)
    split = tmp_path / "split.csv"
    split.write_text("clip,split\ngate,train\ndrive,train\nphone,test\n")
    made = read(workspace, recipes.load(None, SETTINGS), labels, split)
    assert [one.kind for one in made] == list(KINDS)
    plain = made[0]
    names = [Path(name).stem for name in plain.videos]
    held_out = [name for name, out in zip(names, plain.held_out, strict=True) if out]
    assert sorted(held_out) == ["night", "phone"]
    shown = plain.footage
    assert (np.lexsort((shown.pts_s, shown.video_no)) == np.arange(len(shown))).all()
    assert not shown.passes.all()  # the gate has the black stretch of `gate` on its list
    black = 0
    for row in range(len(shown)):
        video = footage.video(plain.videos[shown.video_no[row]])
        frame = video.at(shown.pts_s[row])
        classes = {item.label for item in frame.objects}
        wanted = plain.classes.index(classes.pop()) if len(classes) == 1 else NOTHING
        assert shown.label[row] == wanted
        black += frame.fault == "black"
        assert not (frame.fault == "black" and shown.passes[row])
    assert black
    third = read(workspace, recipes.load(None, SETTINGS), labels, None)[0]
    assert third.held_out.sum() == 1


def test_labels_of_other_footage_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("video,index,label,x,y,w,h\nelsewhere.mp4,0,car,1,1,5,5\n")
    with pytest.raises(UsageError, match="0 classes"):
        read(workspace, recipes.load(None, SETTINGS), labels, None)


def test_a_recipe_that_was_not_run_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    other = recipes.load(None, ["selection.budget=4", "frames.sample.fps=1"])
    with pytest.raises(UsageError, match="has no frames and embeddings"):
        read(workspace, other, tmp_path / "labels.csv", None)


def test_a_split_without_its_columns_is_refused(
    workspace: Workspace, footage: "Truth", tmp_path: Path
) -> None:
    labels = write_labels(tmp_path / "labels.csv", footage)
    split = tmp_path / "split.csv"
    split.write_text("name,part\ngate,train\n")
    with pytest.raises(UsageError, match="columns clip and split"):
        read(workspace, recipes.load(None, SETTINGS), labels, split)
