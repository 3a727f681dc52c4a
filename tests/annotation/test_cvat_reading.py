"""CVAT for images: what its exports say, and what is refused."""

from pathlib import Path

import pytest

from framesel.annotation.cvat import images as cvat
from framesel.annotation.opening import open_labels
from framesel.annotation.returned import Returned
from framesel.errors import LabelsError
from tests.annotation.conftest import CLASSES

LABELS = "".join(f"<label><name>{name}</name></label>" for name in CLASSES)
BOX = (
    '<box label="car" source="{source}" occluded="0" xtl="1" ytl="2" xbr="9.5" ybr="8"'
    ' z_order="0"/>'
)


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


def test_tasks_of_nobody_are_words_of_their_own(tmp_path: Path) -> None:
    """As a project is exported: attributes in another order, and much that is not for us."""
    about = "<owner><username>tester</username><email/></owner><assignee></assignee>"
    segment = "<segment><id>6</id><start>0</start><stop>0</stop><url>http://x</url></segment>"
    tasks = "".join(
        f"<task><id>{n}</id><name>T</name><subset>Test</subset><segments>{segment}</segments>"
        f"{about}</task>"
        for n in (39, 40)
    )
    skeleton = (
        "<label><name>pose</name><type>skeleton</type><svg>&lt;line/&gt;</svg></label>"
        "<label><name>knee</name><type>points</type><parent>pose</parent></label>"
    )
    rest = f"<subsets>Train\nTest</subsets>{about}<labels>{LABELS}{skeleton}</labels>"
    meta = f"<project><id>3</id><tasks>{tasks}</tasks>{rest}</project><dumped>2023</dumped>"
    images = "".join(
        f'<image height="8" id="0" name="{name}" subset="Test" task_id="{task}" width="8">'
        '<box label="car" occluded="1" xbr="4" xtl="0" ybr="4" ytl="2" z_order="1">'
        '<attribute name="a1">true</attribute></box><skeleton label="pose" rotation="0.00">'
        '<points label="knee" points="1,1"/></skeleton></image>'
        for name, task in (("a.jpg", 39), ("b.jpg", 39), ("a.jpg", 40))
    )
    found = read(tmp_path, images, meta)
    assert [(p.name, p.annotator) for p in found.pictures] == [
        ("a.jpg", "task 39"),
        ("b.jpg", ""),
        ("a.jpg", "task 40"),
    ]
    assert found.classes == (*CLASSES, "pose")
    assert [b.occluded for p in found.pictures for b in p.boxes] == [True] * 3
    assert [line.partition(" (")[0] for line in found.left] == [
        "3 x skeleton: only boxes are taken"
    ]


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
