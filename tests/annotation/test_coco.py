"""COCO: pycocotools, supervision and labelformat read what is written; bad files are refused."""

import contextlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from framesel.annotation import coco
from framesel.annotation.sheet import Box, Class, InMemory, Picture, Sheet
from framesel.errors import LabelsError, UsageError
from tests.annotation.conftest import MakeSheet, apart_px, some_pictures

FILE = "annotations/instances_default.json"


def written(sheet: Sheet, folder: Path) -> Path:
    coco.write(sheet, folder)
    return folder


def document(**changes: Any) -> dict[str, Any]:
    return {
        "images": [{"id": 7, "file_name": "a.jpg", "width": 100, "height": 50}],
        "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [10, 5, 20, 10]}],
        "categories": [{"id": 3, "name": "car"}],
    } | changes


def annotated(**changes: Any) -> dict[str, Any]:
    one = {"id": 1, "image_id": 7, "category_id": 3, "bbox": [10, 5, 20, 10]} | changes
    return document(annotations=[one])


def read_back(content: Any, folder: Path) -> Any:
    path = folder / "labels.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return coco.read(path)


def test_boxes_names_and_sizes_come_back(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet()
    returned = coco.read(written(handed, tmp_path / "out"))
    assert returned.classes == handed.names
    assert [p.name for p in returned.pictures] == [p.name for p in handed.pictures]
    for mine, theirs in zip(handed.pictures, returned.pictures, strict=True):
        assert apart_px(mine.boxes, theirs.boxes) < 0.002
        assert (theirs.width, theirs.height) == (mine.width, mine.height)
        assert (theirs.key, theirs.sha256) == (mine.key, mine.sha256)
        assert theirs.reviewed is None
    assert returned.left == ()


def test_ids_are_ranks_and_images_are_the_pictures(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet()
    folder = written(handed, tmp_path / "out")
    content = json.loads((folder / FILE).read_text())
    assert [image["id"] for image in content["images"]] == [p.rank for p in handed.pictures]
    assert [a["id"] for a in content["annotations"]] == [1, 2, 3, 4, 5, 6]
    for image, picture in zip(content["images"], handed.pictures, strict=True):
        linked = folder / "images" / image["file_name"]
        assert linked.samefile(handed.images / picture.name)
        assert image["framesel_reason"] == picture.reason


def evaluated(truth: Path, guesses: Path) -> COCOeval:
    with contextlib.redirect_stdout(io.StringIO()):
        known = COCO(str(truth))
        evaluation = COCOeval(known, known.loadRes(str(guesses)), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return evaluation


def test_pycocotools_finds_guesses_and_annotations_equal(sheet: MakeSheet, tmp_path: Path) -> None:
    folder = written(sheet(), tmp_path / "out")
    evaluation = evaluated(folder / FILE, folder / "guesses.json")
    assert evaluation.stats[0] == pytest.approx(1.0)
    assert len(evaluation.cocoGt.getAnnIds(iscrowd=0)) == 6


def test_supervision_and_labelformat_read_it(sheet: MakeSheet, tmp_path: Path) -> None:
    from labelformat.formats.coco import COCOObjectDetectionInput
    from supervision import DetectionDataset

    handed = sheet()
    folder = written(handed, tmp_path / "out")
    file = folder / FILE
    theirs = {
        labels.image.filename: [
            Box(o.category.name, o.box.xmin, o.box.ymin, o.box.xmax, o.box.ymax)
            for o in labels.objects
        ]
        for labels in COCOObjectDetectionInput(file).get_labels()
    }
    dataset = DetectionDataset.from_coco(str(folder / "images"), str(file))
    for picture in handed.pictures:
        assert apart_px(picture.boxes, theirs[picture.name]) < 0.002
        seen = dataset.annotations[str(folder / "images" / picture.name)]
        boxes = [
            Box(dataset.classes[no], *map(float, edges))
            for no, edges in zip(seen.class_id, seen.xyxy, strict=True)
        ]
        assert apart_px(picture.boxes, boxes) < 0.002


def test_without_guesses_nothing_of_them_leaves(sheet: MakeSheet, tmp_path: Path) -> None:
    folder = written(sheet(guesses=False), tmp_path / "out")
    assert json.loads((folder / FILE).read_text())["annotations"] == []
    assert not (folder / "guesses.json").exists()
    assert len(coco.read(folder).pictures) == 5


def test_training_has_a_file_a_split_and_ids_of_its_own(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet(purpose="train")
    folder = written(handed, tmp_path / "out")
    assert sorted(p.name for p in folder.glob("annotations/*.json")) == [
        "instances_test.json",
        "instances_train.json",
        "instances_val.json",
    ]
    ids = [
        image["id"]
        for file in folder.glob("annotations/*.json")
        for image in json.loads(file.read_text())["images"]
    ]
    assert sorted(ids) == [1, 2, 3, 4, 5]
    splits = {p.name: p.split for p in coco.read(folder).pictures}
    assert splits == {p.name: p.split for p in handed.pictures}


def test_training_takes_no_picture_without_a_split(sheet: MakeSheet, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="in none of train, val and test"):
        coco.write(sheet(some_pictures(2), purpose="train"), tmp_path / "out")


def test_context_lies_beside_and_is_no_image(sheet: MakeSheet, tmp_path: Path) -> None:
    asked = some_pictures(1)[0]
    before = Picture("before.jpg", 64, 48, context_of=asked.name)
    folder = written(sheet([asked, before]), tmp_path / "out")
    assert [p.name for p in coco.read(folder).pictures] == [asked.name]
    assert (folder / "context" / asked.name / "before.jpg").is_file()
    assert not (folder / "images" / "before.jpg").exists()


def test_what_is_known_of_objects_comes_back(sheet: MakeSheet, tmp_path: Path) -> None:
    box = Box("car", 1, 2, 30, 40, track=12, occluded=True, truncated=False)
    handed = sheet([Picture("a.jpg", 64, 48, (box,))])
    assert coco.read(written(handed, tmp_path / "out")).pictures[0].boxes == (box,)


def test_folders_of_others_are_read(tmp_path: Path) -> None:
    for split, name in (("train", "a.jpg"), ("valid", "b.jpg")):
        (tmp_path / split).mkdir()
        content = document(images=[{"id": 7, "file_name": name, "width": 100, "height": 50}])
        (tmp_path / split / "_annotations.coco.json").write_text(json.dumps(content))
    assert coco.sniff(tmp_path)
    returned = coco.read(tmp_path)
    assert [(p.name, p.split) for p in returned.pictures] == [("a.jpg", "train"), ("b.jpg", "val")]


def test_what_has_no_upright_box_is_told(tmp_path: Path) -> None:
    polygon = {"id": 2, "image_id": 7, "category_id": 3, "segmentation": [[0, 0, 9, 0, 9, 9]]}
    turned = polygon | {"id": 3, "bbox": [1, 1, 5, 5], "attributes": {"rotation": 30.0}}
    upright = polygon | {"id": 4, "bbox": [1, 1, 5, 5], "attributes": {"rotation": 360.0}}
    returned = read_back(document(annotations=[polygon, polygon, turned, upright]), tmp_path)
    assert [b.xyxy for b in returned.pictures[0].boxes] == [(1.0, 1.0, 6.0, 6.0)]
    assert [line[:3] for line in returned.left] == ["2 x", "1 x"]
    assert "annotations[0]" in returned.left[0]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (annotated(image_id=8), "no image 8"),
        (annotated(category_id=4), "no category 4"),
        (annotated(bbox=[10, 5, -20, 10]), "no area"),
        (annotated(bbox=[90, 5, 20, 10]), "outside its picture"),
        (annotated(bbox=[1, 2, 3]), "must be"),
        (annotated(bbox=["1", 2, 3, 4]), "must be a number"),
        (annotated(score=7), "not between 0 and 1"),
        (document(images=document()["images"] * 2), "id 7 is there twice"),
        (document(images=[*document()["images"], document()["images"][0] | {"id": 8}]), "twice"),
        (document(categories=[{"id": 3, "name": " "}]), "characters that no tool shows"),
        (document(categories={"id": 3}), "must be a list"),
        (document(images=[{"id": 7, "file_name": "../a.jpg", "width": 9, "height": 9}]), "no name"),
        (document(images=[{"id": 7, "file_name": "a", "width": -1, "height": 9}]), "no size"),
        ([1, 2], "no COCO file"),
    ],
)
def test_what_makes_no_sense_is_refused(content: Any, says: str, tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=says.replace("[", r"\[")):
        read_back(content, tmp_path)


sides = st.integers(20, 3000)
shares = st.tuples(st.floats(0, 0.9), st.floats(0, 0.9), st.floats(0.02, 1), st.floats(0.02, 1))


@settings(max_examples=30)
@given(sides, sides, st.lists(shares, max_size=4))
def test_any_box_comes_back_within_its_digits(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, places: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("coco")
    boxes = tuple(
        Box("car", x * width, y * height, (x + w * (1 - x)) * width, (y + h * (1 - y)) * height)
        for x, y, w, h in places
    )
    (folder / "a.jpg").write_bytes(b"")
    pictures = InMemory((Picture("a.jpg", width, height, boxes),))
    handed = Sheet("t", "label", (Class("car", "#ffffff"),), pictures, folder)
    assert apart_px(boxes, coco.read(written(handed, folder / "o")).pictures[0].boxes) < 0.002
