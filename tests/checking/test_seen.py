"""Labels and stored detections, lined up."""

from __future__ import annotations

import numpy as np
import pytest

from framesel.annotation.sheet import Box
from framesel.checking import labelled as labelling
from framesel.checking.seen import seen
from framesel.errors import UsageError, WorkspaceError
from framesel.exporting import last_recipe
from framesel.stages.footage import Video
from framesel.video.packets import read_index
from tests.checking.conftest import SIZE, Desk, moving


def test_detections_of_labelled_frames_are_in_their_pixels_and_classes(desk: Desk) -> None:
    gate, drive = desk.keys("gate.mp4"), desk.keys("drive.mp4")
    said = {drive[2]: [moving(0, "bird")], gate[1]: [], gate[0]: [moving(1), moving(2, "tree")]}
    desk.label(said)
    recipe = last_recipe(desk.workspace)
    labelled = labelling.read(desk.workspace, recipe)
    found = seen(labelled, recipe)
    assert found is not None
    assert list(labelled.keys) == sorted(said)
    np.testing.assert_array_equal(found.at, [0, 1, 2])
    assert found.classes == ("drone", "bird", "kite", "tree")

    view = desk.view
    rows = [view.frames.row_of(*key) for key in labelled.keys]
    for at, boxes in enumerate(view.boxes(rows, 0.0)):
        some = slice(found.boxes.seen_offsets[at], found.boxes.seen_offsets[at + 1])
        shares = np.array([[b.x1, b.y1, b.x2, b.y2] for b in boxes])
        order = np.argsort(-found.boxes.sure[some], kind="stable")
        mine = found.boxes.seen_xyxy[some]
        np.testing.assert_allclose(
            np.sort(mine, axis=0), np.sort(shares * np.tile(SIZE, 2), axis=0), atol=1e-3
        )
        assert found.boxes.seen_class[some][order[0]] in {b.class_no for b in boxes}
        labels = slice(found.boxes.offsets[at], found.boxes.offsets[at + 1])
        expected = [box.xyxy for box in said[labelled.keys[at]]]
        np.testing.assert_array_equal(
            found.boxes.xyxy[labels], np.reshape(np.array(expected), (-1, 4))
        )
    np.testing.assert_allclose(found.boxes.share.sum(axis=1), 1.0, atol=1e-5)
    assert (found.boxes.share[:, 3] == 0).all()  # nobody feeds it


def test_the_recipe_says_which_of_the_detectors_classes_count(desk: Desk) -> None:
    (key, *_) = desk.keys("gate.mp4")
    desk.label({key: [moving(0, "flyer")]})
    plain = last_recipe(desk.workspace)
    before = seen(labelling.read(desk.workspace, plain), plain)
    recipe = type(plain).model_validate(
        {**plain.model_dump(), "classes": {"flyer": ["drone", "bird"], "cat": None}}
    )
    found = seen(labelling.read(desk.workspace, recipe), recipe)
    assert before is not None
    assert found is not None
    assert found.classes == ("flyer", "cat")
    both = before.boxes.share[:, 0] + before.boxes.share[:, 1]
    np.testing.assert_allclose(found.boxes.share[:, 0], both, atol=1e-6)
    np.testing.assert_allclose(
        found.boxes.share[:, 2], before.boxes.share[:, 2:].sum(axis=1) - 0.0, atol=1e-5
    )


def test_frames_that_were_never_sampled_are_labelled_and_not_seen(desk: Desk) -> None:
    (key, *_) = desk.keys("gate.mp4")
    row = desk.view.catalog.videos[key[0]]
    video = Video.of(row)
    pts = int(read_index(video.path, video.info).timeline.pts[7])
    desk.label({(key[0], pts): [moving(0)]})
    recipe = last_recipe(desk.workspace)
    labelled = labelling.read(desk.workspace, recipe)
    assert labelled.index(0) == 7
    assert seen(labelled, recipe) is None
    np.testing.assert_allclose(labelled.t_s, [7 / float(video.info.fps)], rtol=1e-6)


def test_there_must_be_labels(desk: Desk) -> None:
    recipe = last_recipe(desk.workspace)
    with pytest.raises(WorkspaceError, match="no labels yet"):
        labelling.read(desk.workspace, recipe)
    desk.label({(99, 0): [Box("drone", 0, 0, 5, 5)]})
    with pytest.raises(WorkspaceError, match="gone"):
        labelling.read(desk.workspace, recipe)
    with pytest.raises(UsageError, match="no rule"):
        labelling.read(desk.workspace, recipe, "loudest")
