"""Older datasets count as labelled: never chosen, their neighbourhood avoided; all or nothing."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from framesel import datasets
from framesel.catalog import Catalog
from framesel.errors import LabelsError, UsageError
from framesel.handover.add_dataset import Dataset, add_dataset
from framesel.handover.incoming import How, Taken
from framesel.labels import store
from framesel.report.view import View
from framesel.rounds import state
from framesel.sources import expand
from framesel.splitting import stored
from framesel.video import jpeg
from framesel.workspace import write_json
from tests.pipeline.conftest import Bench, Recorder, finished, footage
from tests.resume.faults import Inline, Silent

__all__ = ["finished", "footage"]

NEW = How(new_classes=True)


@pytest.fixture
def own(tmp_path: Path, finished: Bench) -> Bench:
    """A copy of the finished workspace; its sources are remembered, as the command does."""
    shutil.copytree(finished.root, tmp_path / "ws")
    write_json(tmp_path / "ws" / "sources.json", [str(finished.videos)])
    return Bench(tmp_path / "ws", finished.videos)


@pytest.fixture
def stills(tmp_path: Path, finished: Bench) -> Path:
    """Half of the frames of one video as pictures, two of one stem in different folders."""
    view = View.of(finished.workspace)
    (gate,) = [row.no for row in view.videos if row.name == "gate.mp4"]
    low, high = view.frames.span(gate)
    for at, row in enumerate(range(low, high, 2)):
        path = tmp_path / "old" / "images" / f"part{at % 2}" / f"{at // 2}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(jpeg.encode(view.picture(row), 95, long_side=None))
    return tmp_path / "old"


def coco(stills: Path, **changes: Any) -> Path:
    """A label file: a gnu in the corner of every picture but the last."""
    paths = sorted((stills / "images").rglob("*.jpg"))
    images, boxes = [], []
    for no, path in enumerate(paths, 1):
        height, width = jpeg.decode(path.read_bytes()).shape[:2]
        name = path.relative_to(stills).as_posix()
        images.append({"id": no, "file_name": name, "width": width, "height": height})
        box = {"id": no, "image_id": no, "category_id": 1, "bbox": [1, 2, 30, 20.5]}
        boxes.append({**box, "area": 615.0, "iscrowd": 0})
    content = {"images": images, "annotations": boxes[:-1]}
    content |= {"categories": [{"id": 1, "name": "gnu"}], **changes}
    (stills / "old.json").write_text(json.dumps(content))
    return stills / "old.json"


def add(own: Bench, stills: Path, how: How = NEW, reviewed: str = "auto", **changes: Any) -> Taken:
    dataset = Dataset.read(coco(stills, **changes), stills / "images")
    return add_dataset(own.workspace, dataset, reviewed, Silent(), how, Inline)


def run(own: Bench) -> Recorder:
    """What `framesel run` does in a workspace with added datasets."""
    from framesel.pipeline import Pipeline

    watch = Recorder()
    files = datasets.input_files(own.workspace, [str(own.videos)], sequence=False)
    Pipeline(own.workspace, own.recipe(), watch, Inline).run(files)
    return watch


def test_pictures_become_stills_with_their_labels(own: Bench, stills: Path) -> None:
    taken = add(own, stills)
    assert (taken.number, taken.frames, taken.boxes, taken.review.undecided) == (1, 3, 3, 1)
    said, videos = store.current(own.workspace), Catalog(own.workspace).videos
    for (video_no, pts), words in said.by_frame.items():
        assert pts == 0
        assert videos[video_no]["kind"] == "image"
        ((box,),) = words.values()
        assert (box.label, box.xyxy) == ("gnu", (1.0, 2.0, 31.0, 22.5))
    names = {Path(videos[video_no]["path"]).parent.name for video_no, _ in said.keys}
    assert names == {"part0", "part1"}
    frames = stored.read(own.workspace, own.recipe())
    assert (frames.rows(said.keys) >= 0).all()
    assert frames.vectors[frames.rows(said.keys)].any(axis=1).all()


def test_empty_pictures_count_when_that_is_said(own: Bench, stills: Path) -> None:
    assert add(own, stills, reviewed="all").frames == 4


def test_picks_keep_away_from_what_is_known(own: Bench, stills: Path) -> None:
    before = _likest(own, stills)
    add(own, stills, reviewed="all")
    watch = run(own)
    assert watch.todo["selection"] == 1
    labelled = set(store.current(own.workspace).keys)
    picks = state.current(own.workspace).picks(own.workspace)
    keys = set(zip(picks["video_no"].to_pylist(), picks["pts"].to_pylist(), strict=True))
    assert keys
    assert not keys & labelled
    assert _likest(own, stills) < min(before, 0.99)


def _likest(own: Bench, stills: Path) -> float:
    """The highest cosine of any pick to the pictures of the dataset, by the video they are from."""
    view = View.of(own.workspace)
    (gate,) = [row.no for row in view.videos if row.name == "gate.mp4"]
    low, high = view.frames.span(gate)
    known = view.vectors[np.arange(low, high, 2)]
    return float((view.vectors[view.pick_rows] @ known.T).max())


def test_a_run_with_other_sources_keeps_the_dataset(own: Bench, stills: Path) -> None:
    add(own, stills)
    run(own)
    labelled = {video_no for video_no, _ in store.current(own.workspace).keys}
    assert labelled <= Catalog(own.workspace).live
    shutil.rmtree(stills)
    with pytest.raises(UsageError, match=r"is gone.*datasets\.json"):
        datasets.input_files(own.workspace, [str(own.videos)], sequence=False)


def test_the_same_again_adds_nothing(own: Bench, stills: Path) -> None:
    add(own, stills)
    assert add(own, stills).number is None
    assert len(store.imports(own.workspace)) == 1
    assert datasets.folders(own.workspace) == [str(stills / "images")]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"categories": [{"id": 1, "name": "yak"}]}, "yak"),
        ({"images": [{"id": 1, "file_name": "no.jpg", "width": 9, "height": 9}]}, "no.jpg"),
        ({"images": [{"id": 1, "file_name": "part0/0.jpg", "width": 9, "height": 9}]}, "9 x 9"),
        ({"images": [{"id": 1, "file_name": "0.jpg", "width": 9, "height": 9}]}, "any of"),
    ],
)
def test_what_does_not_agree_is_told_and_nothing_is_taken(
    own: Bench, stills: Path, changes: dict[str, Any], told: str
) -> None:
    add(own, stills)
    files, live = sorted((own.root / "labels").rglob("*")), Catalog(own.workspace).live
    if "images" in changes:
        changes["annotations"] = []
    with pytest.raises(LabelsError, match=told):
        add(own, stills, How(), **changes)
    assert sorted((own.root / "labels").rglob("*")) == files
    assert Catalog(own.workspace).live == live


def test_a_folder_whose_labels_are_refused_at_the_end_is_taken_out_again(
    own: Bench, stills: Path
) -> None:
    live = Catalog(own.workspace).live
    shutil.copy(stills / "images/part0/0.jpg", stills / "images/part0/twin.jpg")  # the same bytes
    path = coco(stills)
    content = json.loads(path.read_text())
    content["annotations"][0]["bbox"] = [3, 3, 9, 9]
    path.write_text(json.dumps(content))
    dataset = Dataset.read(path, stills / "images")
    with pytest.raises(LabelsError, match="twin"):
        add_dataset(own.workspace, dataset, "auto", Silent(), NEW, Inline)
    assert datasets.folders(own.workspace) == []
    assert Catalog(own.workspace).live == live
    assert not store.imports(own.workspace)


def test_pictures_in_the_workspace_are_no_dataset(own: Bench, stills: Path) -> None:
    images = own.root / "rounds/0001/export/images"
    assert expand([str(images)])
    path = stills / "empty.json"
    path.write_text(json.dumps({"images": [], "annotations": [], "categories": []}))
    with pytest.raises(UsageError, match="lies in the workspace"):
        add_dataset(own.workspace, Dataset.read(path, images, "coco"), "auto", Silent())
