"""Pascal VOC: edges, flags, lists; labelformat and supervision read it; bad files are refused."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.annotation import voc
from framesel.annotation.sheet import Box, Class, InMemory, Picture, Sheet
from framesel.errors import LabelsError, UsageError
from tests.annotation.conftest import CLASSES, MakeSheet, apart_px, some_pictures

OBJECT = """
  <object><name>car</name>
    <bndbox><xmin>1</xmin><ymin>2</ymin><xmax>30.5</xmax><ymax>40</ymax></bndbox>
  </object>"""
SIZE = "<size><width>64</width><height>48</height><depth>3</depth></size>"


def one(folder: Path, inside: str, name: str = "a.xml") -> Path:
    """A dataset of one file."""
    annotations = folder / "Annotations"
    annotations.mkdir(exist_ok=True, parents=True)
    text = f"<annotation><filename>a.jpg</filename>{inside}</annotation>"
    (annotations / name).write_text(text, encoding="utf-8")
    return folder


def written(sheet: Sheet, folder: Path) -> Path:
    voc.write(sheet, folder)
    return folder


def test_guesses_come_back_and_what_nobody_saw_does_not(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet()
    folder = written(handed, tmp_path / "out")
    guessed = {p.name: p for p in handed.pictures if p.boxes}
    returned = voc.read(folder)
    assert {p.name for p in returned.pictures} == set(guessed)
    assert 0 < len(guessed) < len(handed.pictures)
    for picture in returned.pictures:
        mine = guessed[picture.name]
        assert apart_px(mine.boxes, picture.boxes) < 0.006
        assert (picture.width, picture.height) == (mine.width, mine.height)
        assert picture.sha256 == mine.sha256
    stems = [Path(p.name).stem for p in handed.pictures]
    lists = folder / "ImageSets" / "Main"
    assert (lists / "default.txt").read_text().split("\n") == [*stems, ""]
    assert [p.name for p in lists.iterdir()] == ["default.txt"]
    assert (folder / "scores" / f"{stems[1]}.txt").read_text() == "0.9\n0.8\n"


def test_without_guesses_no_picture_has_a_file(sheet: MakeSheet, tmp_path: Path) -> None:
    folder = written(sheet(guesses=False), tmp_path / "out")
    assert list((folder / "Annotations").iterdir()) == []
    assert len(list((folder / "JPEGImages").iterdir())) == 5
    assert voc.sniff(folder)
    assert voc.read(folder).pictures == ()


def test_training_says_background_and_splits(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet(some_pictures(9, "train"), purpose="train")
    folder = written(handed, tmp_path / "out")
    assert {p.name: (p.split, p.reviewed, len(p.boxes)) for p in voc.read(folder).pictures} == {
        p.name: (p.split, None if p.boxes else True, len(p.boxes)) for p in handed.pictures
    }
    lists = {p.stem: p.read_text().split() for p in (folder / "ImageSets" / "Main").iterdir()}
    assert sorted(lists) == ["test", "train", "trainval", "val"]
    assert sorted(lists["trainval"]) == sorted(lists["train"] + lists["val"])
    assert [len(lists[name]) for name in ("train", "val", "test")] == [3, 3, 3]


def test_labelformat_and_supervision_read_it(sheet: MakeSheet, tmp_path: Path) -> None:
    from labelformat.formats.pascalvoc import PascalVOCObjectDetectionInput
    from supervision import DetectionDataset

    handed = sheet(some_pictures(6, "train"), purpose="train")
    folder = written(handed, tmp_path / "out")
    images, annotations = folder / "JPEGImages", folder / "Annotations"
    labels = PascalVOCObjectDetectionInput(annotations, ",".join(CLASSES)).get_labels()
    theirs = {
        labelled.image.filename: [
            Box(o.category.name, o.box.xmin, o.box.ymin, o.box.xmax, o.box.ymax)
            for o in labelled.objects
        ]
        for labelled in labels
    }
    dataset = DetectionDataset.from_pascal_voc(str(images), str(annotations))
    for picture in handed.pictures:
        assert apart_px(picture.boxes, theirs[picture.name]) < 0.006
        seen = dataset.annotations[str(images / picture.name)]
        boxes = [
            # supervision counts pixels from 1 as the first VOC did
            Box(dataset.classes[no], x1 + 1, y1 + 1, x2, y2)
            for no, (x1, y1, x2, y2) in zip(seen.class_id, seen.xyxy.tolist(), strict=True)
        ]
        assert apart_px(picture.boxes, boxes) < 0.006


def test_what_is_known_of_objects_comes_back(sheet: MakeSheet, tmp_path: Path) -> None:
    boxes = (
        Box("car", 0, 0, 64, 48, occluded=True, truncated=False),
        Box("car", 1, 2, 3, 4),
    )
    handed = sheet([Picture("a.jpg", 64, 48, boxes)])
    assert voc.read(written(handed, tmp_path / "out")).pictures[0].boxes == boxes


def test_hostile_names_come_back(sheet: MakeSheet, tmp_path: Path) -> None:
    names = ["x/a.jpg", "y/a.jpg", "<&\"'>.jpg", "b c.d.jpg", "ü" * 60 + ".jpg", "n" * 196 + ".jpg"]
    label = 'a "<b>" & ü'
    handed = sheet([Picture(n, 64, 48, (Box(label, 1, 2, 3, 4),)) for n in names], [label])
    returned = voc.read(written(handed, tmp_path / "out"))
    assert sorted(p.name for p in returned.pictures) == sorted(names)
    assert returned.classes == (label,)


def test_pictures_that_differ_in_their_ending_are_refused(sheet: MakeSheet, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="would share a file of labels"):
        voc.write(sheet([Picture("a.jpg", 9, 9), Picture("a.png", 9, 9)]), tmp_path / "out")


def test_layouts_of_others_are_read(tmp_path: Path) -> None:
    devkit = one(tmp_path / "devkit" / "VOC2007", SIZE + OBJECT).parent
    beside = tmp_path / "beside"
    beside.mkdir()
    shutil.copy(devkit / "VOC2007" / "Annotations" / "a.xml", beside)
    for path in (devkit, beside, beside / "a.xml"):
        assert voc.sniff(path)
        (picture,) = voc.read(path).pictures
        assert (picture.name, picture.width) == ("a.jpg", 64)
        assert picture.boxes == (Box("car", 1, 2, 30.5, 40),)


def test_sizes_are_asked_for_where_nobody_says_them(tmp_path: Path) -> None:
    (picture,) = voc.read(one(tmp_path, OBJECT), {"a.jpg": (40, 50)}.get).pictures
    assert (picture.width, picture.height) == (40, 50)
    with pytest.raises(LabelsError, match="outside its picture of 20 x 50"):
        voc.read(tmp_path, {"a.jpg": (20, 50)}.get)


def test_slips_of_the_mouse_are_told(tmp_path: Path) -> None:
    returned = voc.read(one(tmp_path, SIZE + OBJECT + OBJECT.replace("30.5", "1")))
    assert returned.pictures[0].boxes == (Box("car", 1, 2, 30.5, 40),)
    assert returned.left[0].startswith("1 x a point or line instead of a box")


def test_polygons_are_told_and_background_is_not_made_of_them(tmp_path: Path) -> None:
    polygon = "<object><name>car</name><polygon><x1>1</x1></polygon></object>"
    returned = voc.read(one(tmp_path, SIZE + polygon))
    assert returned.pictures[0].reviewed is None
    assert returned.left[0].startswith("1 x an object without a bndbox")


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        (SIZE + OBJECT.replace("30.5", "nan"), "no number"),
        (SIZE + OBJECT.replace("30.5", ""), "no number"),
        (SIZE + OBJECT.replace("30.5", "70"), "outside its picture"),
        (SIZE + OBJECT.replace("30.5", "0.5"), "no area"),
        (SIZE + OBJECT.replace("car", ""), "a class needs a name"),
        (SIZE.replace("64", "0") + OBJECT, "no size of a picture"),
        (SIZE.replace("64", "1e9") + OBJECT, "no size of a picture"),
        ("<object>", "no valid XML"),
    ],
)
def test_files_that_make_no_sense_are_refused(inside: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=says):
        voc.read(one(tmp_path, inside))


def test_a_file_about_another_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match="one of the two was renamed"):
        voc.read(one(tmp_path, SIZE, name="b.xml"))


def test_another_size_than_the_pictures_own_is_refused(sheet: MakeSheet, tmp_path: Path) -> None:
    folder = written(sheet(), tmp_path / "out")
    file = next((folder / "Annotations").iterdir())
    file.write_text(file.read_text().replace("<height>48<", "<height>49<"))
    with pytest.raises(LabelsError, match=r"x 49 pixels, and clip.* has .* x 48"):
        voc.read(folder)


def test_entities_are_refused(tmp_path: Path) -> None:
    folder = one(tmp_path, SIZE)
    bomb = '<!DOCTYPE a [<!ENTITY x "yyyy">]><annotation>&x;</annotation>'
    (folder / "Annotations" / "a.xml").write_text(bomb)
    with pytest.raises(LabelsError):
        voc.read(folder)


def test_real_labels_are_read(real_data: Path) -> None:
    returned = voc.read(real_data / "bccd" / "BCCD")
    assert returned.classes == ("Platelets", "RBC", "WBC")
    assert len(returned.pictures) == 364
    assert sum(len(p.boxes) for p in returned.pictures) == 4886
    assert returned.left[0].startswith("2 x a point or line")
    assert {p.split for p in returned.pictures} == {"train", "val", "test"}


numbers = st.floats(0.02, 0.98)


@settings(max_examples=30)
@given(st.integers(20, 4000), st.integers(20, 4000), st.lists(st.tuples(*[numbers] * 4)))
def test_any_box_comes_back(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, places: list[Any]
) -> None:
    folder = tmp_path_factory.mktemp("voc")
    boxes = tuple(
        Box("car", x * width, y * height, (x + w * (1 - x)) * width, (y + h * (1 - y)) * height)
        for x, y, w, h in places
        if w * (1 - x) * width > 0.02 and h * (1 - y) * height > 0.02
    )
    (folder / "a.jpg").write_bytes(b"")
    pictures = InMemory((Picture("a.jpg", width, height, boxes, split="train"),))
    handed = Sheet("t", "train", (Class("car", "#ffffff"),), pictures, folder)
    out = written(handed, folder / "out")
    shutil.rmtree(out / "JPEGImages")
    assert apart_px(boxes, voc.read(out).pictures[0].boxes) < 0.006
