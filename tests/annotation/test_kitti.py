"""KITTI: labelformat writes and reads it; names keep their spaces; results are no labels."""

from pathlib import Path

import pytest
from PIL import Image

from framesel.annotation import kitti
from framesel.annotation.sheet import Box, Picture, Sheet
from framesel.errors import LabelsError, UsageError
from tests.annotation.conftest import CLASSES, MakeSheet, apart_px, some_pictures

REAL = "Truck 0.50 1 -1.57 599.41 156.40 629.75 189.25 2.85 2.63 12.34 0.47 1.49 69.44 -1.56"
DONT_CARE = "DontCare -1 -1 -10 503.89 169.71 590.61 190.13 -1 -1 -1 -1000 -1000 -1000 -10"


def one(folder: Path, text: str, with_picture: bool = True) -> Path:
    """A dataset of one picture of 1242 x 375."""
    for part in ("image_2", "label_2"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    if with_picture:
        Image.new("RGB", (1242, 375)).save(folder / "image_2" / "000001.png")
    (folder / "label_2" / "000001.txt").write_text(text, encoding="utf-8")
    return folder


def written(sheet: Sheet, folder: Path) -> Path:
    kitti.write(sheet, folder)
    return folder


def test_guesses_come_back_and_what_nobody_saw_does_not(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet()
    folder = written(handed, tmp_path / "out")
    guessed = {p.name: p for p in handed.pictures if p.boxes}
    returned = kitti.read(folder)
    assert returned.classes == CLASSES
    assert {p.name for p in returned.pictures} == set(guessed)
    assert 0 < len(guessed) < len(handed.pictures)
    for picture in returned.pictures:
        mine = guessed[picture.name]
        assert apart_px(mine.boxes, picture.boxes) < 0.006
        assert (picture.width, picture.height) == (mine.width, mine.height)
        assert picture.reviewed is None  # guesses as they went out
        assert all(box.occluded is None and box.truncated is None for box in picture.boxes)
    assert (folder / "scores" / f"{Path(list(guessed)[1]).stem}.txt").read_text() == "0.9\n0.8\n"


def test_labelformat_reads_it(sheet: MakeSheet, tmp_path: Path) -> None:
    from labelformat.formats.kitti import KittiObjectDetectionInput

    handed = sheet(some_pictures(6, "train"), purpose="train")
    folder = written(handed, tmp_path / "out")
    found = 0
    for split in ("train", "val", "test"):
        given = KittiObjectDetectionInput(
            folder / split / "label_2", ",".join(CLASSES), "../image_2"
        )
        for labels in given.get_labels():
            theirs = [
                Box(o.category.name, o.box.xmin, o.box.ymin, o.box.xmax, o.box.ymax)
                for o in labels.objects
            ]
            (mine,) = (p for p in handed.pictures if p.name == labels.image.filename)
            assert mine.split == split
            assert apart_px(mine.boxes, theirs) < 0.006
            found += 1
    assert found == 6


def test_training_says_background_and_splits(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet(some_pictures(9, "train"), purpose="train")
    returned = kitti.read(written(handed, tmp_path / "out"))
    assert {p.name: (p.split, p.reviewed, len(p.boxes)) for p in returned.pictures} == {
        p.name: (p.split, None if p.boxes else True, len(p.boxes)) for p in handed.pictures
    }


def test_without_guesses_no_picture_has_a_file(sheet: MakeSheet, tmp_path: Path) -> None:
    folder = written(sheet(guesses=False), tmp_path / "out")
    assert list((folder / "label_2").iterdir()) == []
    assert kitti.sniff(folder)
    assert kitti.read(folder).pictures == ()


def test_hostile_names_come_back(sheet: MakeSheet, tmp_path: Path) -> None:
    names = ["x/a.jpg", "y/a.jpg", "b c.d.jpg", "ü" * 60 + ".jpg", "n" * 196 + ".jpg", "'q\".jpg"]
    classes = ["traffic light", "class 1", "a  b", "0 0", "ü"]
    boxes = tuple(Box(label, 5, 7, 30, 40) for label in classes)
    handed = sheet([Picture(name, 64, 48, boxes) for name in names], classes)
    returned = kitti.read(written(handed, tmp_path / "out"))
    assert sorted(p.name for p in returned.pictures) == sorted(names)
    assert returned.classes == tuple(classes)
    assert all(apart_px(p.boxes, boxes) == 0 for p in returned.pictures)


def test_pictures_that_differ_in_their_ending_are_refused(sheet: MakeSheet, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="would share a file of labels"):
        kitti.write(sheet([Picture("a.jpg", 9, 9), Picture("a.png", 9, 9)]), tmp_path / "out")


def test_labels_of_the_benchmark_are_read(tmp_path: Path) -> None:
    folder = one(tmp_path / "training", f"{REAL}\n{DONT_CARE}\n").parent
    assert kitti.sniff(folder)
    returned = kitti.read(folder)
    (picture,) = returned.pictures
    assert (picture.name, picture.split, picture.width) == ("000001.png", "train", 1242)
    assert picture.boxes == (
        Box("Truck", 599.41, 156.40, 629.75, 189.25, occluded=True, truncated=True),
    )
    assert returned.left[0].startswith("1 x a region called DontCare")
    assert picture.reviewed is None


def test_an_empty_file_says_that_nothing_is_there(tmp_path: Path) -> None:
    (picture,) = kitti.read(one(tmp_path, "")).pictures
    assert (picture.boxes, picture.reviewed) == ((), True)


def test_sizes_are_asked_for_where_the_pictures_are_not_there(tmp_path: Path) -> None:
    folder = one(tmp_path, REAL, with_picture=False)
    (picture,) = kitti.read(folder, {"000001.jpg": (640, 480)}.get).pictures
    assert (picture.name, picture.width, picture.height) == ("000001.jpg", 640, 480)
    with pytest.raises(LabelsError, match="outside its picture of 320 x 240"):
        kitti.read(folder, {"000001.jpg": (320, 240)}.get)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"{REAL} 0.87", r"000001.txt:1 has sixteen columns: the sixteenth is a .* confidence"),
        (f"{DONT_CARE.replace('DontCare', 'Car')} 0.87", "has sixteen columns"),
        (f"{REAL}\nTruck 0.0 0 0.1 1 2 3", "000001.txt:2 has fewer than the fifteen columns"),
        (REAL.replace("599.41", "nan"), "no number"),
        (REAL.replace("599.41", "1e99"), "no pixels"),
        (REAL.replace("599.41", "700"), "no area"),
        (REAL.replace("0.50 1", "7 1"), "truncated and occluded cannot be 7 and 1"),
        (REAL.replace("Truck", "\x07"), "characters that no tool shows"),
    ],
)
def test_lines_that_make_no_sense_are_refused(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=says):
        kitti.read(one(tmp_path, text))
