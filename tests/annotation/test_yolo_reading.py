"""YOLO from outside: layouts of other tools are read, and whatever makes no sense is refused."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from framesel.annotation import yolo
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError
from tests.annotation.conftest import apart_px

GOOD = "0 0.5 0.5 0.2 0.4\n"


def dataset(folder: Path, lines: str = GOOD, names: str = "names: [car, bus]\n") -> Path:
    """A dataset of one picture of 100 x 50."""
    for part in ("images", "labels"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (100, 50)).save(folder / "images" / "a.jpg")
    (folder / "labels" / "a.txt").write_text(lines, encoding="utf-8")
    (folder / "data.yaml").write_text(names, encoding="utf-8")
    return folder


def test_an_empty_file_says_that_nothing_is_there(tmp_path: Path) -> None:
    (picture,) = yolo.read(dataset(tmp_path, lines="")).pictures
    assert (picture.name, picture.boxes, picture.reviewed) == ("a.jpg", (), True)


def test_sizes_are_asked_for_where_the_pictures_are_not_there(tmp_path: Path) -> None:
    folder = dataset(tmp_path)
    shutil.rmtree(folder / "images")
    with pytest.raises(LabelsError, match=r"nobody knows how large 'a\.jpg' is"):
        yolo.read(folder)
    known = {"a.png": (1000, 500)}
    (picture,) = yolo.read(folder, known.get).pictures
    assert (picture.name, picture.width, picture.sha256) == ("a.png", 1000, "")
    assert apart_px(picture.boxes, [Box("car", 400, 150, 600, 350)]) < 1e-6


@pytest.mark.parametrize(
    ("names", "classes"),
    [
        ("names:\n  1: bus\n  0: no\n", ("no", "bus")),
        ("names: [1e3, 'on ice']\nnc: 2\n", ("1e3", "on ice")),
        ("names: !!python/object/apply:os.remove [data.yaml]\n", ("data.yaml",)),
        ("train: ../images\nnames: [a, b]\n", ("a", "b")),
    ],
)
def test_names_are_taken_as_they_are_written(
    names: str, classes: tuple[str, ...], tmp_path: Path
) -> None:
    assert yolo.read(dataset(tmp_path, names=names)).classes == classes


def test_layouts_of_others_are_read(tmp_path: Path) -> None:
    roboflow = dataset(tmp_path / "r" / "valid").parent
    (roboflow / "valid" / "data.yaml").unlink()
    (roboflow / "data.yaml").write_text("val: ../valid/images\ntrain: ../train/images\nnames: [a]")
    (picture,) = yolo.read(roboflow).pictures
    assert (picture.name, picture.split) == ("a.jpg", "val")

    studio = dataset(tmp_path / "s")
    (studio / "data.yaml").rename(studio / "classes.txt")
    (studio / "classes.txt").write_text("car\ntraffic light\n")
    assert yolo.sniff(studio)
    assert yolo.read(studio).classes == ("car", "traffic light")

    image_tool = dataset(tmp_path / "t", names="names: [a]")
    (image_tool / "data.yaml").rename(image_tool / "labels" / "classes.txt")
    (image_tool / "labels" / "classes.txt").write_text("car\n")
    assert yolo.sniff(image_tool)
    assert [p.name for p in yolo.read(image_tool).pictures] == ["a.jpg"]


def test_lists_of_pictures_stand_for_their_folders(tmp_path: Path) -> None:
    cvat = dataset(tmp_path, names="path: .\ntrain: train.txt\nnames: {0: car}\n")
    (cvat / "train.txt").write_text("data/images/train/a.jpg\n")
    for part, file in (("images", "a.jpg"), ("labels", "a.txt")):
        (cvat / part / "train").mkdir()
        (cvat / part / file).rename(cvat / part / "train" / file)
    (picture,) = yolo.read(cvat).pictures
    assert (picture.name, picture.split, len(picture.boxes)) == ("a.jpg", "train", 1)


def test_labels_that_nothing_names_are_told(tmp_path: Path) -> None:
    folder = dataset(tmp_path, names="train: images/train\nnames: [car]\n")
    (folder / "labels" / "train").mkdir()
    returned = yolo.read(folder)
    assert returned.pictures == ()
    assert returned.left[0].startswith("1 x a file of labels in no folder that data.yaml names")


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("0 0.5 0.5 0.2 0.4 0.9\n", r"a.txt:1 has six columns: the sixth is a .* confidence"),
        (GOOD + "0 0.5 0.5\n", r"a.txt:2 has 3 columns"),
        ("2 0.5 0.5 0.2 0.4\n", "no class 2; the last one is 1"),
        ("-1 0.5 0.5 0.2 0.4\n", "no whole number"),
        ("0 nan 0.5 0.2 0.4\n", "no number"),
        ("0 1e999 0.5 0.2 0.4\n", "no number"),
        ("0 50 25 20 10\n", "from 0 to 1, not pixels"),
        ("0 0.5 0.5 -0.01 0.4\n", "no area"),
        ("0 0.9 0.5 0.9 0.4\n", "outside its picture"),
    ],
)
def test_lines_that_make_no_sense_are_refused(lines: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=says):
        yolo.read(dataset(tmp_path, lines))


@pytest.mark.parametrize(
    "names",
    [
        "names: &a [x, *a]",
        "names: [a, a]",
        "names: {0: a, 2: b}",
        "names: {0: a, 0: b}",
        "names: a",
        "names: " + "[" * 5000,
        "nc: 3",
        "names: [a]\nkpt_shape: [17, 3]",
        "\x00",
    ],
)
def test_descriptions_that_make_no_sense_are_refused(names: str, tmp_path: Path) -> None:
    with pytest.raises(LabelsError):
        yolo.read(dataset(tmp_path, names=names))


def test_polygons_are_told_and_background_is_not_made_of_them(tmp_path: Path) -> None:
    returned = yolo.read(dataset(tmp_path, "0 0.1 0.1 0.5 0.1 0.5 0.5\n"))
    assert returned.pictures[0].reviewed is None
    assert len(returned.left) == 1
    assert "polygon" in returned.left[0]


def test_nothing_is_read_through_links_that_lead_out(tmp_path: Path) -> None:
    folder = dataset(tmp_path / "in")
    outside = tmp_path / "secret.txt"
    outside.write_text(GOOD)
    (folder / "labels" / "b.txt").symlink_to(outside)
    (folder / "data.yaml").write_text(f"train: {tmp_path}/images\nnames: [a, b]\n")
    assert yolo.read(dataset(folder)).pictures[0].name == "a.jpg"
    assert len(yolo.read(folder).pictures) == 1
