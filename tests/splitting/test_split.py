"""What a workspace's labels become: a table, words for a person, a dataset to train on."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from framesel.catalog import Catalog
from framesel.errors import UsageError, WorkspaceError
from framesel.exporting import last_recipe
from framesel.labels import tables
from framesel.rounds import holdout
from framesel.splitting import labelled
from framesel.splitting.labelled import EMPTY, Labelled
from framesel.splitting.listing import labelled_listing
from framesel.splitting.split import Rules, Split, parsed_shares, split
from framesel.stages.footage import Video
from framesel.video.packets import read_index
from framesel.workspace import Workspace
from tests.splitting.labelling import label

RULES = Rules("component", (0.5, 0.25, 0.25), tau=1.1, gap_s=0.0)


def read(workspace: Workspace) -> Labelled:
    return labelled.read(workspace, last_recipe(workspace))


def made(workspace: Workspace, rules: Rules = RULES) -> Split:
    return split(read(workspace), rules)


def test_labels_are_counted_by_frame(labelled_workspace: Workspace) -> None:
    found = read(labelled_workspace)
    assert found.classes == ("car", "bird", EMPTY)
    n = len(found)
    assert n > 20
    cars, birds = [at % 3 > 0 for at in range(n)], [at % 5 == 0 for at in range(n)]
    nothing = [not (car or bird) for car, bird in zip(cars, birds, strict=True)]
    assert found.counts.T.tolist() == [[1] * n, cars, birds, nothing]
    assert (found.gone, found.between, bool(found.held.any())) == (0, 0, False)


def test_every_frame_gets_a_split_that_is_kept(labelled_workspace: Workspace) -> None:
    found = made(labelled_workspace)
    folder = found.write(labelled_workspace)
    table = pq.read_table(folder / "split.parquet")
    assert table.schema.equals(tables.SPLIT)
    assert table["split"].to_pylist() == list(found.name)
    sizes = {name: list(found.name).count(name) / len(found.name) for name in RULES.names}
    assert sizes == pytest.approx({"train": 0.5, "val": 0.25, "test": 0.25}, abs=0.08)
    again = made(labelled_workspace)
    assert again.digest == found.digest == folder.name
    assert made(labelled_workspace, replace(RULES, gap_s=1.0)).digest != found.digest


@pytest.mark.parametrize("by", ["video", "scene", "component"])
def test_nothing_leaks_whatever_frames_begin_in(labelled_workspace: Workspace, by: str) -> None:
    rules = replace(RULES, by=by, gap_s=1.5, tau=0.99)  # type: ignore[arg-type]
    found = made(labelled_workspace, rules)
    assert set(found.name) == {"train", "val", "test"}
    assert [one.leaking for one in found.leaks] == [0, 0]
    assert all(one.seen == one.timed == one.frames for one in found.leaks)
    by_group = {(group, name) for group, name in zip(found.group.tolist(), found.name, strict=True)}
    assert len(by_group) == found.group.max() + 1
    if by == "video":
        pairs = zip(found.labelled.frames.video_no.tolist(), found.name, strict=True)
        assert len(set(pairs)) == len(set(found.labelled.frames.video_no.tolist()))


def test_what_is_held_out_is_trained_on_by_nobody(labelled_workspace: Workspace) -> None:
    videos = Catalog(labelled_workspace).videos
    held = holdout.Holdout(videos=(videos[1]["digest"],))
    holdout.write(labelled_workspace, held)
    found = made(labelled_workspace)
    names, video_no = np.array(found.name), found.labelled.frames.video_no
    assert (names[video_no == 1] == "holdout").all()
    assert (names[video_no != 1] != "holdout").all()
    listed = labelled_listing(labelled_workspace, found).frames
    assert {frame.video_no for frame in listed} == set(video_no.tolist()) - {1}
    assert {frame.split for frame in listed} == {"train", "val", "test"}


def test_near_neighbours_of_what_is_held_out_go_with_it(labelled_workspace: Workspace) -> None:
    videos = Catalog(labelled_workspace).videos
    (short,) = [no for no, row in videos.items() if Path(row["path"]).stem == "cut_short"]
    holdout.write(labelled_workspace, holdout.Holdout(videos=(videos[short]["digest"],)))
    found = made(labelled_workspace, replace(RULES, tau=0.95))
    names, held = np.array(found.name), found.labelled.held
    with_it = int(((names == "holdout") & ~held).sum())
    assert with_it
    assert f"{with_it} frames are near neighbours of the holdout" in "\n".join(found.lines())
    assert [one.leaking for one in found.leaks] == [0, 0, 0]


def test_a_dataset_has_boxes_and_splits_as_labelled(labelled_workspace: Workspace) -> None:
    found = made(labelled_workspace)
    listing = labelled_listing(labelled_workspace, found)
    assert listing.purpose == "train"
    assert listing.classes == ("car", "bird")
    said = found.labelled.labels.by_frame
    for frame, name in zip(listing.frames, found.name, strict=True):
        assert frame.boxes == said[frame.video_no, frame.pts][""]
        assert frame.split == name
    assert any(frame.boxes == () for frame in listing.frames)


def test_a_frame_between_sampled_ones_is_compared_by_the_nearest(workspace: Workspace) -> None:
    row = Catalog(workspace).videos[1]
    step = Fraction(row["time_base_num"], row["time_base_den"])
    video = Video.of(row)
    pts = read_index(video.path, video.info).timeline.pts
    label(workspace, [(1, int(pts[0])), (1, int(pts[4]))])
    found = read(workspace)
    assert found.between == 1
    assert found.frames.index.tolist() == [0, 4]
    expected = float((int(pts[4]) - row["first_pts"]) * step)
    assert found.frames.t_s[1] == pytest.approx(expected)
    assert (found.frames.vectors[0] == found.frames.vectors[1]).all()


def test_a_workspace_without_labels_says_so(workspace: Workspace) -> None:
    with pytest.raises(WorkspaceError, match="no labels yet"):
        read(workspace)


def test_too_few_groups_are_told(labelled_workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="1 groups for 3 splits"):
        made(labelled_workspace, replace(RULES, tau=0.01))


@pytest.mark.parametrize(
    ("text", "shares"),
    [("0.7,0.15,0.15", (0.7, 0.15, 0.15)), ("0.8, 0.2", (0.8, 0.2, 0.0))],
)
def test_shares_are_read(text: str, shares: tuple[float, ...]) -> None:
    assert parsed_shares(text) == shares


@pytest.mark.parametrize("text", ["0.7", "a,b,c", "0.5,0.2,0.2,0.1", ""])
def test_what_are_no_shares_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="share"):
        parsed_shares(text)


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.5), (1.0, 0.0, 0.0), (0.7, 0.4, -0.1)])
def test_shares_that_make_no_sense_are_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(UsageError, match="shares"):
        Rules(shares=shares)


def test_without_a_test_split_there_is_none(labelled_workspace: Workspace) -> None:
    found = made(labelled_workspace, replace(RULES, shares=(0.8, 0.2, 0.0)))
    assert set(found.name) == {"train", "val"}


def test_a_person_reads_sizes_classes_and_leaks(labelled_workspace: Workspace) -> None:
    found = made(labelled_workspace, replace(RULES, gap_s=1.5))
    text = "\n".join(found.lines())
    n = len(found.name)
    for name in ("train", "val", "test"):
        share = list(found.name).count(name) / n
        assert f"({share:.1%}) in" in text
    assert "boxes of car: train" in text
    assert "empty frames: train" in text
    assert "val against train: 0 of" in text
    assert Path(found.write(labelled_workspace)).is_dir()
