"""Tables of boxes: written so that `framesel calibrate` reads them, read strictly."""

import csv
from pathlib import Path

import pytest

from framesel.annotation import csv_boxes
from framesel.annotation.returned import LabelledPicture
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError
from framesel.frame_labels import read_labels
from tests.annotation.conftest import CLASSES, MakeSheet

SHORT = "video,index,label,x,y,w,h\n"


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def read(tmp_path: Path, text: str) -> tuple[LabelledPicture, ...]:
    path = tmp_path / "labels.csv"
    path.write_text(text, "utf-8")
    return csv_boxes.read(path).pictures


def test_the_frames_to_label_are_listed_by_rank(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet()
    csv_boxes.write(handed, tmp_path / "out")
    listed = table(tmp_path / "out" / "frames.csv")
    assert [row["name"] for row in listed] == [p.name for p in handed.pictures]
    assert [row["rank"] for row in listed] == ["1", "2", "3", "4", "5"]
    assert listed[0]["reason"] == "unlike the others, number 1"
    assert listed[0]["key"] == "0:512"
    assert all((tmp_path / "out" / "images" / row["name"]).is_file() for row in listed)


def test_guesses_are_no_labels(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet()
    csv_boxes.write(handed, tmp_path / "out")
    back = csv_boxes.read(tmp_path / "out")
    assert {p.name for p in back.pictures} == {p.name for p in handed.pictures if p.boxes}
    assert {p.reviewed for p in back.pictures} == {None}
    csv_boxes.write(sheet(guesses=False), tmp_path / "bare")
    assert csv_boxes.read(tmp_path / "bare").pictures == ()
    assert csv_boxes.read(tmp_path / "bare").classes == CLASSES


def test_labels_are_read_by_calibrate_too(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet(purpose="train")
    csv_boxes.write(handed, tmp_path / "out")
    labels = read_labels(tmp_path / "out" / "boxes.csv")
    assert labels.frames == tuple((p.video, p.index) for p in handed.pictures)
    assert labels.label == tuple(b.label for p in handed.pictures for b in p.boxes)
    assert (labels.offsets[1:] - labels.offsets[:-1]).tolist() == [1, 2, 0, 1, 2]


def test_a_row_may_give_edges_and_a_name(tmp_path: Path) -> None:
    head = "name,label,x1,y1,x2,y2,annotator,seconds,width,height\n"
    found = read(tmp_path, head + "a b.jpg,car,1,2,3.5,4e1,mia,7.5,100,50\n")
    assert found == (
        LabelledPicture(
            "a b.jpg",
            (Box("car", 1.0, 2.0, 3.5, 40.0),),
            width=100,
            height=50,
            reviewed=True,
            annotator="mia",
            seconds=7.5,
        ),
    )


def test_an_empty_row_is_background_and_no_row_is_nothing(tmp_path: Path) -> None:
    found = read(tmp_path, SHORT + "a.mp4,3,,,,,\na.mp4,9.0,car,1,2,3,4\n\n")
    assert [(p.video, p.index, len(p.boxes), p.reviewed) for p in found] == [
        ("a.mp4", 3, 0, True),
        ("a.mp4", 9, 1, True),
    ]


def test_everybody_has_a_say(tmp_path: Path) -> None:
    head = "video,index,label,x,y,w,h,annotator\n"
    rows = "a.mp4,3,car,1,2,3,4,mia\na.mp4,3,,,,,,bo\na.mp4,3,car,9,2,3,4,mia\n"
    found = read(tmp_path, head + rows)
    assert [(p.annotator, len(p.boxes)) for p in found] == [("mia", 2), ("bo", 0)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column label"),
        ("video,index,label,x,y,w\n", "x, y, w and h"),
        ("index,label,x,y,w,h\n", "name the frame"),
        ("name,name,label,x,y,w,h\n", "column twice"),
        (SHORT + "a.mp4,1,car,1,2,3\n", "line 2: 6 fields for 7"),
        (SHORT + "a.mp4,1,car,1,2,3,nan\n", "h is no number"),
        (SHORT + "a.mp4,1,car,1,2,3,1_0\n", "h is no number"),
        (SHORT + "a.mp4,1,car,1,2,3,1e400\n", "no number|no pixels"),
        (SHORT + "a.mp4,1,car,1,2,3,1e99\n", "no pixels"),
        (SHORT + "a.mp4,1,car,1,2,3,0\n", "no area"),
        (SHORT + "a.mp4,1,car,1,2,3,\n", "h is empty"),
        (SHORT + "a.mp4,-1,car,1,2,3,4\n", "no frame -1"),
        (SHORT + "a.mp4,1.5,car,1,2,3,4\n", "no whole number"),
        (SHORT + "a.mp4,,car,1,2,3,4\n", "names no frame"),
        (SHORT + "a.mp4,1,,1,2,3,4\n", "needs a label"),
        (SHORT + "a.mp4,1, car,1,2,3,4\n", "no tool shows"),
        (SHORT + "a.mp4,1,car,1,2,3,4\na.mp4,1,,,,,\n", "line 3: an empty label"),
        (SHORT + 'a.mp4,1,"car,1,2,3,4\n', "as CSV"),
        (SHORT + "a.mp4,1,\0car,1,2,3,4\n", "no tool shows"),
        ("name,label,x,y,w,h\n../a.jpg,car,1,2,3,4\n", "no name of a picture"),
        ("name,label,x,y,w,h,width,height\na.jpg,car,1,2,3,4,2,2\n", "outside its picture"),
        ("name,label,x,y,w,h,width,height\na.jpg,car,1,2,3,4,2,\n", "no size"),
        ("name,label,x,y,w,h,score\na.jpg,car,1,2,3,4,2\n", "not between 0 and 1"),
        ("name,label,x,y,w,h,source\na.jpg,car,1,2,3,4,me\n", "one of auto"),
        ("name,label,x,y,w,h,split\na.jpg,car,1,2,3,4,me\n", "one of train"),
        ("name,label,x,y,w,h,occluded\na.jpg,car,1,2,3,4,9\n", "neither 0 nor 1"),
        ("name,label,x,y,w,h,seconds\na.jpg,car,1,2,3,4,-1\n", "nobody works"),
        ("name,label,x,y,w,h,at\na.jpg,car,1,2,3,4,1\na.jpg,car,1,2,3,4,2\n", "different things"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(LabelsError, match=said):
        read(tmp_path, text)


def test_classes_that_were_not_declared_are_refused(sheet: MakeSheet, tmp_path: Path) -> None:
    csv_boxes.write(sheet(purpose="train"), tmp_path / "out")
    (tmp_path / "out" / "classes.csv").write_text("name,color\nperson,#123456\n")
    with pytest.raises(LabelsError, match="'traffic light' does not stand"):
        csv_boxes.read(tmp_path / "out")
    (tmp_path / "out" / "classes.csv").write_text("name\ncar\ncar\n")
    with pytest.raises(LabelsError, match="declares a class twice"):
        csv_boxes.read(tmp_path / "out")


def test_only_tables_of_boxes_are_taken_for_such(sheet: MakeSheet, tmp_path: Path) -> None:
    csv_boxes.write(sheet(), tmp_path / "out")
    assert csv_boxes.sniff(tmp_path / "out")
    assert csv_boxes.sniff(tmp_path / "out" / "boxes.csv")
    for other in ("frames.csv", "classes.csv", "images", "none.csv"):
        assert not csv_boxes.sniff(tmp_path / "out" / other)
