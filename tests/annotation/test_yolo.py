"""YOLO: ultralytics trains on what is written; guesses never teach; bad lines are told."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel import quiet
from framesel.annotation import yolo
from framesel.annotation.returned import Returned
from framesel.annotation.sheet import Box, Class, InMemory, Picture, Sheet
from framesel.errors import UsageError
from tests.annotation.conftest import CLASSES, MakeSheet, apart_px, some_pictures

# Before ultralytics is imported: it asks for packages and writes files when it is.
quiet.silence()

TINY = """
nc: 3
backbone: [[-1, 1, Conv, [8, 3, 4]], [-1, 1, Conv, [16, 3, 2]], [-1, 1, Conv, [16, 3, 2]]]
head: [[[1, 2], 1, Detect, [nc]]]
"""


def written(sheet: Sheet, folder: Path) -> Path:
    yolo.write(sheet, folder)
    return folder


def test_guesses_come_back_and_what_nobody_saw_does_not(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet()
    returned = yolo.read(written(handed, tmp_path / "out"))
    guessed = {p.name: p for p in handed.pictures if p.boxes}
    assert returned.classes == CLASSES
    assert {p.name for p in returned.pictures} == set(guessed)
    assert 0 < len(guessed) < len(handed.pictures)
    for picture in returned.pictures:
        mine = guessed[picture.name]
        assert apart_px(mine.boxes, picture.boxes) < 1e-5
        assert (picture.width, picture.height) == (mine.width, mine.height)
        assert picture.sha256 == mine.sha256


def test_confidences_stand_beside_and_never_in_a_sixth_column(
    sheet: MakeSheet, tmp_path: Path
) -> None:
    folder = written(sheet(), tmp_path / "out")
    for file in (folder / "labels").iterdir():
        rows = [line.split() for line in file.read_text().splitlines()]
        assert [len(row) for row in rows] == [5] * len(rows)
        scores = (folder / "scores" / file.name).read_text().split()
        assert scores == ["0.9", "0.8"][: len(rows)]


def test_nobody_can_train_on_guesses(sheet: MakeSheet, tmp_path: Path) -> None:
    from ultralytics.data.utils import check_det_dataset

    folder = written(sheet(), tmp_path / "out")
    assert set(yaml.safe_load((folder / "data.yaml").read_text())) == {"names"}
    with pytest.raises(SyntaxError, match="'train:' key missing"):
        check_det_dataset(str(folder / "data.yaml"))


def test_without_guesses_no_picture_has_a_file(sheet: MakeSheet, tmp_path: Path) -> None:
    folder = written(sheet(guesses=False), tmp_path / "out")
    assert list((folder / "labels").iterdir()) == []
    assert not (folder / "scores").exists()
    assert len(list((folder / "images").iterdir())) == 5
    assert yolo.read(folder) == Returned("yolo", CLASSES, ())


@pytest.fixture
def trainable(
    sheet: MakeSheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Sheet, Path]:
    """A dataset to train with; ultralytics is kept from looking for a font in the network."""
    monkeypatch.setattr("ultralytics.data.utils.check_font", lambda _: None)
    handed = sheet(some_pictures(9, "train"), purpose="train")
    return handed, written(handed, tmp_path / "out")


def test_ultralytics_takes_every_picture_and_label(
    trainable: tuple[Sheet, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ultralytics.data.utils import check_det_dataset, img2label_paths, verify_image_label

    handed, folder = trainable
    monkeypatch.chdir(folder.parent)  # the folders are found from wherever it runs
    about = check_det_dataset(str(folder / "data.yaml"))
    assert about["names"] == dict(enumerate(CLASSES))
    empty = 0
    for picture in handed.pictures:
        image = str(Path(about[picture.split]) / picture.name)
        (label,) = img2label_paths([image])
        found = verify_image_label((image, label, "", False, len(CLASSES), 0, 0, False))
        _, rows, shape, _, _, missing, _, is_empty, corrupt, message = found
        assert (missing, corrupt, message) == (0, 0, "")
        assert shape == (picture.height, picture.width)
        assert len(rows) == len(picture.boxes)
        empty += is_empty
    assert empty == 3  # background is said, with an empty file


def test_an_epoch_is_trained(
    trainable: tuple[Sheet, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from ultralytics.models.yolo.detect import DetectionTrainer

    # they switch torch as a whole, for all tests behind this one
    monkeypatch.setattr("ultralytics.engine.trainer.init_seeds", lambda *_, **__: None)
    monkeypatch.setattr("ultralytics.engine.trainer.unset_deterministic", lambda: None)
    # they look for whatever else is installed, and Ray Tune complains that it does not run
    monkeypatch.setattr("ultralytics.utils.callbacks.add_integration_callbacks", lambda _: None)
    _, folder = trainable
    model = folder.parent / "tiny.yaml"
    model.write_text(TINY)
    trainer = DetectionTrainer(
        overrides={
            "model": str(model),
            "data": str(folder / "data.yaml"),
            "project": str(folder / "runs"),
            "epochs": 1,
            "imgsz": 64,
            "batch": 3,
            "device": "cpu",
            "workers": 0,
            "amp": False,
            "plots": False,
            "verbose": False,
        }
    )
    trainer.train()
    assert trainer.last.is_file()
    assert len(trainer.train_loader.dataset) == 3
    # the validator saw the boxes of val: two pictures have some
    assert trainer.validator.seen == 3


def test_supervision_and_labelformat_read_it(trainable: tuple[Sheet, Path]) -> None:
    from labelformat.formats.yolov8 import YOLOv8ObjectDetectionInput
    from supervision import DetectionDataset

    handed, folder = trainable
    about, images = folder / "data.yaml", folder / "images" / "train"
    labels = YOLOv8ObjectDetectionInput(about, "train").get_labels()
    theirs = {
        one.image.filename: [
            Box(o.category.name, o.box.xmin, o.box.ymin, o.box.xmax, o.box.ymax)
            for o in one.objects
        ]
        for one in labels
    }
    seen = DetectionDataset.from_yolo(
        str(images), str(folder / "labels" / "train"), str(about)
    ).annotations
    mine = [p for p in handed.pictures if p.split == "train"]
    assert len(theirs) == len(seen) == len(mine) == 3
    for picture in mine:
        assert apart_px(picture.boxes, theirs[picture.name]) < 1e-4
        assert len(seen[str(images / picture.name)]) == len(picture.boxes)


def test_splits_come_back(trainable: tuple[Sheet, Path]) -> None:
    handed, folder = trainable
    returned = yolo.read(folder)
    assert {p.name: (p.split, p.reviewed) for p in returned.pictures} == {
        p.name: (p.split, None if p.boxes else True) for p in handed.pictures
    }
    for picture in returned.pictures:
        (mine,) = (p for p in handed.pictures if p.name == picture.name)
        assert apart_px(mine.boxes, picture.boxes) < 1e-5


def test_pictures_below_folders_called_images_are_found(sheet: MakeSheet, tmp_path: Path) -> None:
    box = Box("car", 1, 2, 30, 40)
    names = ["images/a b.jpg", "labels/a b.jpg", "x/images/'q'.jpg", "train/ä.jpg"]
    handed = sheet([Picture(name, 64, 48, (box,), split="train") for name in names])
    returned = yolo.read(written(handed, tmp_path / "out"))
    assert sorted(p.name for p in returned.pictures) == sorted(names)
    assert all(apart_px(p.boxes, (box,)) < 1e-5 for p in returned.pictures)


def test_pictures_whose_labels_would_be_one_file_are_refused(
    sheet: MakeSheet, tmp_path: Path
) -> None:
    names = ("images/labels/a.jpg", "labels/images/a.jpg")
    alone = sheet([Picture(names[1], 64, 48, (Box("car", 1, 2, 30, 40),))])
    assert yolo.read(written(alone, tmp_path / "alone")).pictures[0].name == names[1]
    with pytest.raises(UsageError, match="would share a file of labels"):
        yolo.write(sheet([Picture(name, 64, 48) for name in names]), tmp_path / "both")


def test_pictures_that_differ_in_their_ending_are_refused(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet([Picture("a.jpg", 64, 48), Picture("a.png", 64, 48)])
    with pytest.raises(UsageError, match="would share a file of labels"):
        yolo.write(handed, tmp_path / "out")


numbers = st.floats(0.001, 0.999)


@settings(max_examples=30)
@given(st.integers(20, 4000), st.integers(20, 4000), st.lists(st.tuples(*[numbers] * 4)))
def test_any_box_comes_back(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, places: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("yolo")
    boxes = tuple(
        Box("car", x * width, y * height, (x + w * (1 - x)) * width, (y + h * (1 - y)) * height)
        for x, y, w, h in places
    )
    (folder / "a.jpg").write_bytes(b"")
    pictures = InMemory((Picture("a.jpg", width, height, boxes, split="train"),))
    handed = Sheet("t", "train", (Class("car", "#ffffff"),), pictures, folder)
    out = written(handed, folder / "out")
    shutil.rmtree(out / "images")
    (picture,) = yolo.read(out, lambda name: (width, height)).pictures
    assert apart_px(boxes, picture.boxes) < 1e-4
