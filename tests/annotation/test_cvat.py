"""CVAT for images: what is written, what comes back, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from framesel.annotation.cvat import images as cvat
from framesel.annotation.opening import open_labels
from framesel.annotation.sheet import Box, Picture
from tests.annotation.conftest import CLASSES, MakeSheet, some_pictures

LABELS = "".join(f"<label><name>{name}</name></label>" for name in CLASSES)
BOX = (
    '<box label="car" source="{source}" occluded="0" xtl="1" ytl="2" xbr="9.5" ybr="8"'
    ' z_order="0"/>'
)


def manifest(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "images" / "manifest.jsonl").read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def test_guesses_come_back_as_they_left(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet()
    cvat.write(handed, tmp_path / "out")
    found = open_labels(tmp_path / "out")
    assert found.format == "cvat"
    assert found.classes == CLASSES
    assert found.left == ()
    assert [p.name for p in found.pictures] == [p.name for p in handed.pictures]
    for back, out in zip(found.pictures, handed.pictures, strict=True):
        assert (back.width, back.height, back.key) == (out.width, out.height, out.key)
        assert back.reviewed is None, "nobody has looked at a guess yet"
        assert [(b.label, b.score, b.source) for b in back.boxes] == [
            (b.label, b.score, "auto") for b in out.boxes
        ]
        for a, b in zip(back.boxes, out.boxes, strict=True):
            assert a.xyxy == pytest.approx(b.xyxy, abs=0.0051)


def test_everything_that_is_used_is_declared(sheet: MakeSheet, tmp_path: Path) -> None:
    """CVAT drops attributes, and refuses labels, that a task does not declare."""
    cvat.write(sheet(), tmp_path)
    root = ElementTree.parse(tmp_path / "annotations.xml").getroot()
    declared = {
        label.findtext("name"): {a.findtext("name") for a in label.iter("attribute")}
        for label in root.iter("label")
    }
    used = [e for image in root.iter("image") for e in image]
    assert used
    for element in used:
        names = {a.get("name") for a in element.iter("attribute")}
        assert names <= declared[element.get("label")]
        assert {"occluded", "z_order"} <= set(element.attrib) or element.tag == "tag"
    constructor = json.loads((tmp_path / "labels.json").read_text())
    assert {one["name"]: {a["name"] for a in one["attributes"]} for one in constructor} == declared
    kinds = {label.findtext("name"): label.findtext("type") for label in root.iter("label")}
    assert kinds["car"] == "rectangle"
    assert kinds["background"] == "tag"


def test_the_reason_is_where_the_annotator_sees_it(sheet: MakeSheet, tmp_path: Path) -> None:
    cvat.write(sheet(), tmp_path)
    root = ElementTree.parse(tmp_path / "annotations.xml").getroot()
    tags = [{a.get("name"): a.text for a in tag} for tag in root.iter("tag")]
    assert [tag["reason"] for tag in tags] == [
        f"unlike the others, number {n}" for n in range(1, 6)
    ]
    assert [tag["rank"] for tag in tags] == ["1", "2", "3", "4", "5"]
    assert tags[0]["informative"] == "0.8333"


def test_the_order_is_kept_by_numbers_and_by_the_manifest(sheet: MakeSheet, tmp_path: Path) -> None:
    backwards = tuple(reversed(some_pictures()))
    cvat.write(sheet(backwards), tmp_path)
    images = list(ElementTree.parse(tmp_path / "annotations.xml").getroot().iter("image"))
    assert [i.get("id") for i in images] == ["0", "1", "2", "3", "4"]
    names = [p.name for p in backwards]
    assert [i.get("name") for i in images] == names
    rows = manifest(tmp_path)
    assert rows[:2] == [{"version": "1.1"}, {"type": "images"}]
    assert [row["name"] + row["extension"] for row in rows[2:]] == names


def test_context_lies_where_cvat_shows_it_and_is_no_picture(
    sheet: MakeSheet, tmp_path: Path
) -> None:
    first = replace(some_pictures()[0], name="in a/folder one.jpg")
    context = Picture("in a/before.jpg", 64, 48, context_of=first.name)
    cvat.write(sheet([first, context, some_pictures()[1]]), tmp_path)
    below = "in a/related_images/folder one_jpg/before.jpg"
    assert (tmp_path / "images" / below).is_file()
    rows = manifest(tmp_path)[2:]
    assert [row.get("meta", {}).get("related_images") for row in rows] == [[below], None]
    assert [p.name for p in cvat.read(tmp_path).pictures] == [first.name, some_pictures()[1].name]


def test_pictures_are_not_copied(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet()
    cvat.write(handed, tmp_path / "out")
    name = some_pictures()[0].name
    assert (tmp_path / "out/images" / name).samefile(handed.images / name)


def test_without_guesses_there_are_no_boxes(sheet: MakeSheet, tmp_path: Path) -> None:
    cvat.write(sheet(guesses=False), tmp_path)
    assert not any(p.boxes for p in cvat.read(tmp_path).pictures)


def test_labels_for_training_say_that_empty_pictures_are_empty(
    sheet: MakeSheet, tmp_path: Path
) -> None:
    cvat.write(sheet(purpose="train"), tmp_path)
    found = cvat.read(tmp_path).pictures
    assert {p.reviewed for p in found} == {True}
    assert [p.split for p in found] == ["train", "val", "test", "train", "val"]
    assert sum(not p.boxes for p in found) == 1
    assert {b.score for p in found for b in p.boxes} == {None}


def test_a_class_may_be_called_like_a_tag(sheet: MakeSheet, tmp_path: Path) -> None:
    classes = ("background", "framesel")
    drawn = (Box("background", 1, 1, 9, 9), Box("framesel", 1, 1, 9, 8))
    pictures = [
        replace(some_pictures()[0], boxes=drawn),
        replace(some_pictures()[1], boxes=()),
    ]
    cvat.write(sheet(pictures, classes, purpose="train"), tmp_path)
    found = cvat.read(tmp_path)
    assert found.classes == classes
    assert [b.label for b in found.pictures[0].boxes] == list(classes)
    assert found.pictures[1].reviewed is True


def test_text_that_xml_cannot_hold_does_not_break_the_file(
    sheet: MakeSheet, tmp_path: Path
) -> None:
    odd = replace(some_pictures()[0], reason="a\x00b<&>\"'\ud800\n\t]]>", boxes=())
    handed = replace(sheet([odd]), title="</name>\x01")
    cvat.write(handed, tmp_path)
    assert [p.name for p in cvat.read(tmp_path).pictures] == [odd.name]
    root = ElementTree.parse(tmp_path / "annotations.xml").getroot()
    said = {a.get("name"): a.text for a in root.iter("attribute")}
    assert said["reason"] == "a\ufffdb<&>\"'\ufffd\n\t]]>"


def test_a_tiny_box_keeps_its_area(sheet: MakeSheet, tmp_path: Path) -> None:
    tiny = Box("car", 5.001, 5.001, 5.003, 5.002)
    cvat.write(sheet([replace(some_pictures()[0], boxes=(tiny,))], purpose="train"), tmp_path)
    (back,) = cvat.read(tmp_path).pictures[0].boxes
    assert back.xyxy == pytest.approx(tiny.xyxy, abs=1e-5)
