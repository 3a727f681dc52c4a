"""CVAT for video: tracks over a list of pictures, or over a whole video."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from framesel.annotation.cvat import images as cvat
from framesel.annotation.cvat import video as cvat_video
from framesel.annotation.opening import open_labels
from framesel.annotation.returned import Returned
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError
from tests.annotation.conftest import CLASSES, MakeSheet, some_pictures

LABELS = "<labels><label><name>car</name></label></labels>"
SIZE = "<original_size><width>20</width><height>10</height></original_size>"
OF_VIDEO = f"<task><id>1</id>{LABELS}{SIZE}<source>clip.mp4</source></task>"


def manifest(folder: Path) -> list[dict[str, Any]]:
    lines = (folder / "images" / "manifest.jsonl").read_text("utf-8").split("\n")
    return [json.loads(line) for line in lines if line]


def keyframe(frame: int, outside: int = 0, more: str = "") -> str:
    place = f'frame="{frame}" outside="{outside}" occluded="1" keyframe="1"'
    return f'<box {place} xtl="1" ytl="2" xbr="9.5" ybr="8" z_order="0" {more}/>'


def track(inside: str, source: str = "manual", number: int = 0, more: str = "") -> str:
    return f'<track id="{number}" label="car" source="{source}" {more}>{inside}</track>'


def read(folder: Path, tracks: str, meta: str = OF_VIDEO) -> Returned:
    """What an export of CVAT with these tracks says."""
    text = f"<annotations><version>1.1</version><meta>{meta}</meta>{tracks}</annotations>"
    (folder / "annotations.xml").write_text(text, "utf-8")
    return open_labels(folder, "cvat-video")


def test_guesses_come_back_as_they_left(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet()
    cvat_video.write(handed, tmp_path / "out")
    found = open_labels(tmp_path / "out")
    assert found.format == "cvat-video"
    assert found.classes == CLASSES
    assert [p.name for p in found.pictures] == [p.name for p in handed.pictures]
    for back, out in zip(found.pictures, handed.pictures, strict=True):
        assert (back.width, back.height, back.key) == (out.width, out.height, out.key)
        assert back.reviewed is None
        assert [(b.label, b.score, b.source, b.track) for b in back.boxes] == [
            (b.label, b.score, "auto", None) for b in out.boxes
        ]
        for a, b in zip(back.boxes, out.boxes, strict=True):
            assert a.xyxy == pytest.approx(b.xyxy, abs=0.0051)


def test_no_box_stays_on_beyond_its_picture(sheet: MakeSheet, tmp_path: Path) -> None:
    """Every run of frames is closed by a box that is outside, unless the task ends there."""
    cvat_video.write(sheet(), tmp_path)
    root = ElementTree.parse(tmp_path / "annotations.xml").getroot()
    last = int(root.findtext("meta/task/stop_frame") or "")
    assert last == 4
    for found in root.iter("track"):
        boxes = {int(b.get("frame", "")): b.get("outside") for b in found}
        (shown,) = (frame for frame, outside in boxes.items() if outside == "0")
        assert boxes == ({shown: "0"} if shown == last else {shown: "0", shown + 1: "1"})


def test_an_object_that_is_followed_is_one_track(sheet: MakeSheet, tmp_path: Path) -> None:
    pictures = [
        replace(p, boxes=(Box("car", n, 1, n + 9, 9, track=7),) if n != 2 else ())
        for n, p in enumerate(some_pictures())
    ]
    cvat_video.write(sheet(pictures, purpose="train"), tmp_path)
    (line,) = ElementTree.parse(tmp_path / "annotations.xml").getroot().iter("track")
    assert [(b.get("frame"), b.get("outside")) for b in line] == [
        ("0", "0"),
        ("1", "0"),
        ("2", "1"),
        ("3", "0"),
        ("4", "0"),
    ]
    found = cvat_video.read(tmp_path).pictures
    assert [[b.x1 for b in p.boxes] for p in found] == [[0], [1], [], [3], [4]]
    assert {b.track for p in found for b in p.boxes} == {0}
    assert {p.reviewed for p in found} == {True}, "labels for training are reviewed, empty or not"


def test_frames_are_numbered_as_cvat_sorts_names(sheet: MakeSheet, tmp_path: Path) -> None:
    backwards = tuple(reversed(some_pictures()))
    cvat_video.write(sheet(backwards), tmp_path)
    frames = json.loads((tmp_path / "frames.json").read_text())["frames"]
    by_number = [row["name"] for row in sorted(frames, key=lambda row: int(row["frame"]))]
    assert by_number == sorted(p.name for p in backwards)
    rows = manifest(tmp_path)[2:]
    assert [row["name"] + row["extension"] for row in rows] == by_number


def test_frames_are_in_order_of_time_where_names_are_not(sheet: MakeSheet, tmp_path: Path) -> None:
    ranked = [replace(p, name=f"{9 - n}-{p.name}") for n, p in enumerate(some_pictures())]
    cvat_video.write(sheet(ranked), tmp_path)
    frames = json.loads((tmp_path / "frames.json").read_text())["frames"]
    assert [row["name"] for row in frames] == [p.name for p in ranked]
    assert [row["frame"] for row in frames] == [0, 1, 2, 3, 4]


def test_labels_of_a_whole_video_are_told_by_number(tmp_path: Path) -> None:
    tracks = track(keyframe(12) + keyframe(13) + keyframe(14, outside=1), number=4)
    found = read(tmp_path, tracks + track(keyframe(13), "auto", 5))
    assert cvat_video.sniff(tmp_path)
    assert not cvat.sniff(tmp_path)
    assert [(p.video, p.index, p.reviewed) for p in found.pictures] == [
        ("clip.mp4", 12, True),
        ("clip.mp4", 13, True),
    ]
    assert [[b.track for b in p.boxes] for p in found.pictures] == [[4], [4, None]]
    assert [b.occluded for b in found.pictures[0].boxes] == [True]
    assert (found.pictures[0].width, found.pictures[0].height) == (20, 10)


def test_a_project_of_videos_keeps_them_apart(tmp_path: Path) -> None:
    tasks = "".join(
        f"<task><id>{n}</id>{SIZE}<source>{n}.mp4</source>"
        f"<assignee><username>{who}</username></assignee></task>"
        for n, who in ((7, "ann"), (8, "bob"))
    )
    tracks = track(keyframe(3), more='task_id="8"') + track(
        keyframe(3), number=1, more='task_id="7"'
    )
    found = read(tmp_path, tracks, f"<project><tasks>{tasks}</tasks>{LABELS}</project>")
    assert [(p.video, p.index, p.annotator) for p in found.pictures] == [
        ("7.mp4", 3, "ann"),
        ("8.mp4", 3, "bob"),
    ]


def test_numbers_of_pictures_mean_nothing_without_their_list(
    sheet: MakeSheet, tmp_path: Path
) -> None:
    cvat_video.write(sheet(), tmp_path)
    (tmp_path / "frames.json").unlink()
    with pytest.raises(LabelsError, match=r"put the frames\.json .* beside it"):
        cvat_video.read(tmp_path)


def test_what_is_no_box_is_left_and_told(tmp_path: Path) -> None:
    """A skeleton's points are tracks inside its track."""
    polygon = '<polygon frame="3" outside="0" occluded="0" keyframe="1" points="1,1;2,2"/>'
    turned = track(keyframe(3, more='rotation="12"'), number=1)
    pose = '<skeleton frame="3" outside="0" occluded="0" keyframe="1" points="1,1" z_order="0"/>'
    knee = track('<points frame="3" outside="0" occluded="0" keyframe="1" points="1,1"/>')
    found = read(tmp_path, track(polygon) + turned + track(pose + knee, number=2))
    assert found.pictures == ()
    assert [line.partition(":")[0] for line in found.left] == [
        "1 x box",
        "1 x polygon",
        "1 x skeleton",
        "1 x track",
    ]


@pytest.mark.parametrize(
    "tracks",
    [
        track(keyframe(3) * 2),
        track(keyframe(-3)),
        track(keyframe(3, more='rotation="nan"')),
        track(keyframe(3)).replace('xbr="9.5"', 'xbr="95"'),
        track(keyframe(3)).replace("car", "lorry"),
        track("<script/>"),
        track(keyframe(3), more='task_id="2"'),
        track(keyframe(3)).replace('id="0"', 'id="x"'),
        '<image id="0" name="a.jpg" width="20" height="10"/>',
    ],
)
def test_nonsense_is_refused_with_its_place(tmp_path: Path, tracks: str) -> None:
    with pytest.raises(LabelsError, match=r"annotations\.xml"):
        read(tmp_path, tracks)


@pytest.mark.parametrize(
    "frames",
    [
        "[]",
        "{}",
        '{"frames": [{"frame": 0, "name": "../a", "width": 20, "height": 10}]}',
        '{"frames": [{"frame": 0, "name": "a", "width": 0, "height": 10}]}',
        '{"frames": [{"frame": "0", "name": "a", "width": 20, "height": 10}]}',
        '{"frames": [{"frame": 3, "name": "a", "width": 20, "height": 10},'
        ' {"frame": 3, "name": "b", "width": 20, "height": 10}]}',
        '{"frames": [{"frame": 3, "name": "a", "width": 20, "height": 10},'
        ' {"frame": 4, "name": "a", "width": 20, "height": 10}]}',
        '{"frames": [{"frame": 1, "name": "a", "width": 20, "height": 10}]}',
        "NaN",
    ],
)
def test_a_list_that_does_not_fit_is_refused(tmp_path: Path, frames: str) -> None:
    (tmp_path / "frames.json").write_text(frames)
    with pytest.raises(LabelsError, match=r"frames\.json"):
        read(tmp_path, track(keyframe(3)))
