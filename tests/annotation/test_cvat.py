"""CVAT for images: what is written, what comes back, and what is refused."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from framesel.annotation import cvat
from framesel.annotation.opening import open_labels
from framesel.annotation.returned import Returned
from framesel.annotation.sheet import Box, Picture
from framesel.errors import LabelsError
from tests.annotation.conftest import CLASSES, MakeSheet, some_pictures

LABELS = "".join(f"<label><name>{name}</name></label>" for name in CLASSES)
BOX = (
    '<box label="car" source="{source}" occluded="0" xtl="1" ytl="2" xbr="9.5" ybr="8"'
    ' z_order="0"/>'
)


def manifest(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "images" / "manifest.jsonl").read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def read(
    folder: Path, images: str, meta: str = f"<task><labels>{LABELS}</labels></task>"
) -> Returned:
    """What an export of CVAT with these images says."""
    path = folder / "annotations.xml"
    path.write_text(
        f"<annotations><version>1.1</version><meta>{meta}</meta>{images}</annotations>", "utf-8"
    )
    return open_labels(folder, "cvat")


def image(inside: str = "", name: str = "a.jpg", more: str = "") -> str:
    return f'<image id="0" name="{name}" width="20" height="10" {more}>{inside}</image>'


def box(source: str = "manual") -> str:
    return BOX.format(source=source)


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


@pytest.mark.parametrize(
    ("inside", "reviewed"),
    [
        ("", None),
        ('<tag label="background" source="manual"/>', True),
        ('<tag label="other" source="manual"/>', None),
        (box("auto"), None),
        (box("file"), None),
        (box("manual"), True),
        (box("semi-auto") + box("auto"), True),
        (box("auto").replace('source="auto"', ""), True),
    ],
)
def test_what_was_reviewed_is_known_by_tag_or_hand(
    tmp_path: Path, inside: str, reviewed: bool | None
) -> None:
    tag = "<label><name>background</name><type>tag</type></label>"
    found = read(tmp_path, image(inside), f"<task><labels>{LABELS}{tag}</labels></task>")
    assert found.pictures[0].reviewed is reviewed
    assert found.classes == CLASSES


def test_an_empty_picture_with_boxes_is_a_contradiction(tmp_path: Path) -> None:
    both = '<tag label="background"/>' + box()
    with pytest.raises(LabelsError, match=r"2 pictures .* 'a\.jpg', 'b\.jpg'"):
        read(tmp_path, image(both) + image(both, "b.jpg"), "")


def test_a_score_of_what_a_person_drew_is_only_the_default(tmp_path: Path) -> None:
    score = '<attribute name="score">{}</attribute>'
    inside = "".join(
        box(source).replace("/>", f">{score.format(text)}</box>")
        for source, text in (("auto", "0.75"), ("manual", "0"), ("file", "0.5"), ("semi-auto", "1"))
    )
    boxes = read(tmp_path, image(inside)).pictures[0].boxes
    assert [(b.source, b.score) for b in boxes] == [
        ("auto", 0.75),
        ("manual", None),
        ("auto", 0.5),
        ("semi-auto", None),
    ]


def test_what_is_no_box_is_left_and_told(tmp_path: Path) -> None:
    polygon = '<polygon label="car" points="1,1;2,2;3,1"/>'
    turned = box().replace("z_order", 'rotation="30.0" z_order')
    straight = box().replace("z_order", 'rotation="360.00" z_order')
    found = read(tmp_path, image(polygon + turned + straight) + image(polygon, "b.jpg"))
    assert [len(p.boxes) for p in found.pictures] == [1, 0]
    assert [line.partition(" (")[0] for line in found.left] == [
        "1 x box: it is turned",
        "2 x polygon: only boxes are taken",
    ]
    assert "a.jpg" in found.left[1]


def test_a_project_has_an_annotator_for_each_task(tmp_path: Path) -> None:
    tasks = "".join(
        f"<task><id>{n}</id><assignee><username>{who}</username></assignee></task>"
        for n, who in ((7, "ann"), (8, "bob"))
    )
    meta = f"<project><tasks>{tasks}</tasks><labels>{LABELS}</labels></project>"
    images = image(box(), more='task_id="7" subset="Train"') + image("", more='task_id="8"')
    found = read(tmp_path, images, meta)
    assert [(p.name, p.annotator, p.split) for p in found.pictures] == [
        ("a.jpg", "ann", "Train"),
        ("a.jpg", "bob", ""),
    ]
    with pytest.raises(LabelsError, match="task '9'"):
        read(tmp_path, image(more='task_id="9"'), meta)
    with pytest.raises(LabelsError, match="twice by 'ann'"):
        read(tmp_path, image(more='task_id="7"') * 2, meta)


def test_a_job_and_a_video_are_understood(tmp_path: Path) -> None:
    size = "<original_size><width>20</width><height>10</height></original_size>"
    meta = (
        f"<job><id>3</id><source>clip one.mp4</source>{size}<labels>{LABELS}</labels>"
        "<assignee><username>ann</username></assignee></job>"
    )
    frames = image(box(), "frame_000012").replace('id="0"', 'id="12"')
    (picture,) = read(tmp_path, frames, meta).pictures
    assert (picture.name, picture.video, picture.index) == ("", "clip one.mp4", 12)
    assert picture.annotator == "ann"


@pytest.mark.parametrize(
    "images",
    [
        image('<box label="lorry" xtl="1" ytl="1" xbr="2" ybr="2"/>'),
        image('<box xtl="1" ytl="1" xbr="2" ybr="2"/>'),
        image('<box label="car" xtl="nan" ytl="1" xbr="2" ybr="2"/>'),
        image('<box label="car" xtl="1e300" ytl="1" xbr="2" ybr="2"/>'),
        image('<box label="car" ytl="1" xbr="2" ybr="2"/>'),
        image('<box label="car" xtl="3" ytl="1" xbr="2" ybr="2"/>'),
        image('<box label="car" xtl="1" ytl="1" xbr="200" ybr="2"/>'),
        image("<script/>"),
        image(name="../a.jpg"),
        image(name="/etc/passwd"),
        image(name=""),
        image() * 2,
        '<image id="0" name="a.jpg" width="x" height="10"/>',
        '<image id="0" name="a.jpg"/>',
        '<track id="0" label="car"/>',
    ],
)
def test_nonsense_is_refused_with_its_place(tmp_path: Path, images: str) -> None:
    with pytest.raises(LabelsError, match=r"annotations\.xml"):
        read(tmp_path, images)


def test_a_folder_must_have_one_file_of_cvats(tmp_path: Path) -> None:
    with pytest.raises(LabelsError, match=r"no XML file of CVAT's"):
        cvat.read(tmp_path)
    for name in "ab":
        (tmp_path / f"{name}.xml").write_text("<annotations/>")
    assert not cvat.sniff(tmp_path)
    with pytest.raises(LabelsError, match=r"several XML files"):
        cvat.read(tmp_path)
    assert cvat.sniff(tmp_path / "a.xml")


@pytest.mark.parametrize("text", ["", "<annotation/>", "{}", "<annotations"])
def test_other_files_are_not_taken_for_cvats(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.xml").write_text(text)
    assert not cvat.sniff(tmp_path / "a.xml")
    assert not cvat.sniff(tmp_path / "none")
