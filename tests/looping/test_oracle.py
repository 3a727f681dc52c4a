"""Labels that are stored say of a frame what a person would."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from framesel.catalog import Catalog
from framesel.errors import LabelsError, UsageError
from framesel.labels import store
from framesel.looping.clip_tables import sniff
from framesel.looping.oracle import Oracle
from framesel.looping.stored_labels import Names
from framesel.rounds import state
from tests.pipeline.conftest import Bench, Recorder
from tests.resume.faults import Silent

HEAD = "frame,class,x,y,w,h\n"
VOC = """<annotation><filename>{name}.jpg</filename>
<size><width>40</width><height>30</height><depth>3</depth></size>
<object><name>cat</name><bndbox><xmin>5</xmin><ymin>5</ymin><xmax>14</xmax><ymax>12</ymax></bndbox>
</object></annotation>"""


def still(path: Path) -> Path:
    """A picture of 40 x 30 pixels."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), np.zeros((30, 40, 3), np.uint8))
    return path


def coco(path: Path, names: list[str]) -> Path:
    """Pictures of 40 x 30 pixels with a bird each, the first one pixel from the left, and so on."""
    numbered = list(enumerate(names, 1))
    pictures = [{"id": at, "file_name": n, "width": 40, "height": 30} for at, n in numbered]
    boxes = [
        {"id": at, "image_id": at, "category_id": 1, "bbox": [at, 1, 2, 3], "area": 6}
        for at, _ in numbered
    ]
    kinds = [{"id": 1, "name": "bird"}]
    path.write_text(json.dumps({"images": pictures, "categories": kinds, "annotations": boxes}))
    return path


def said(oracle: Oracle, path: Path, index: int = 0) -> list[tuple[str, tuple[float, ...]]]:
    found = oracle.stored.by_file[path].get(index, [])
    return [(box.label, box.xyxy) for one in found for box in one.boxes]


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """Names of videos, with nothing in them: matching opens none."""
    folder = tmp_path / "videos"
    folder.mkdir()
    paths = [folder / "V_DRONE_001.mp4", folder / "V_DRONE_002.mp4"]
    for path in paths:
        path.touch()
    return paths


def test_a_table_for_each_clip(tmp_path: Path, clips: list[Path]) -> None:
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / "V_DRONE_001.csv").write_text(f"{HEAD}0,DRONE,1,2,3,4\n7,BIRD,5,5,2,2\n7,,,,,\n")
    (labels / "V_DRONE_002.csv").write_text(HEAD)
    oracle = Oracle.open(labels, [str(tmp_path / "videos")])
    assert said(oracle, clips[0]) == [("DRONE", (1, 2, 4, 6))]
    assert said(oracle, clips[0], 7) == [("BIRD", (5, 5, 7, 7))]
    assert clips[1] in oracle.stored.by_file  # labelled throughout, and nothing is in it
    assert oracle.stored.returned.classes == ("BIRD", "DRONE")


def test_one_table_is_for_one_clip(tmp_path: Path, clips: list[Path]) -> None:
    table = tmp_path / "V_DRONE_001.csv"
    table.write_text(f"{HEAD}0,DRONE,1,2,3,4\n")
    assert sniff(table)
    assert said(Oracle.open(table, [str(clips[0])]), clips[0]) == [("DRONE", (1, 2, 4, 6))]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("x,DRONE,1,2,3,4", "line 2: 'x' is no number of a frame"),
        ("-1,DRONE,1,2,3,4", "no number of a frame"),
        ("0,DRONE,1,nan,3,4", "'nan' is no number"),
        ("0,DRONE,1,2,0,4", "line 2: .* has no area"),
        ("0,a\tb,1,2,3,4", "line 2"),
        ("0,DRONE,1,2,3", "5 fields for 6 columns"),
    ],
)
def test_a_bad_row_is_named(tmp_path: Path, clips: list[Path], row: str, complaint: str) -> None:
    table = tmp_path / "V_DRONE_001.csv"
    table.write_text(f"{HEAD}{row}\n")
    with pytest.raises(LabelsError, match=complaint):
        Oracle.open(table, [str(clips[0])])


def test_everything_without_labels_is_named_at_once(tmp_path: Path, clips: list[Path]) -> None:
    labels = tmp_path / "labels"
    labels.mkdir()
    (labels / "other.csv").write_text(HEAD)
    with pytest.raises(LabelsError, match=r"(?s)2 of 2 .*V_DRONE_001\.mp4.*V_DRONE_002\.mp4"):
        Oracle.open(labels, list(map(str, clips)))
    with pytest.raises(UsageError, match="does not exist"):
        Oracle.open(tmp_path / "absent", list(map(str, clips)))


@pytest.mark.parametrize("flat", [True, False])
def test_mot(tmp_path: Path, clips: list[Path], flat: bool) -> None:
    for path in clips:
        inner = tmp_path / "mot" / (f"{path.stem}.txt" if flat else f"{path.stem}/gt/gt.txt")
        inner.parent.mkdir(parents=True, exist_ok=True)
        inner.write_text("1,1,10,20,5,6,1,1,1\n3,1,11,21,5,6,1,1,1\n")
    oracle = Oracle.open(tmp_path / "mot", list(map(str, clips)))
    assert said(oracle, clips[1], 0) == [("pedestrian", (10, 20, 15, 26))]
    assert said(oracle, clips[1], 1) == []
    assert said(oracle, clips[1], 2) == [("pedestrian", (11, 21, 16, 27))]


@pytest.mark.parametrize("flat", [True, False])
def test_mot_where_nothing_is_in_a_video(tmp_path: Path, clips: list[Path], flat: bool) -> None:
    for path, rows in zip(clips, ("", "1,1,10,20,5,6,1,1,1\n"), strict=True):
        inner = tmp_path / "mot" / (f"{path.stem}.txt" if flat else f"{path.stem}/gt/gt.txt")
        inner.parent.mkdir(parents=True, exist_ok=True)
        inner.write_text(rows)
    oracle = Oracle.open(tmp_path / "mot", list(map(str, clips)))
    assert clips[0] in oracle.stored.by_file
    assert said(oracle, clips[0]) == []
    assert len(said(oracle, clips[1])) == 1


def test_mot_beside_its_own_pictures(tmp_path: Path) -> None:
    for name, left in (("MOT-02", 10), ("MOT-04", 20)):
        for number in (1, 2):
            still(tmp_path / name / "img1" / f"{number:06d}.jpg")
        (tmp_path / name / "gt").mkdir()
        (tmp_path / name / "gt" / "gt.txt").write_text(f"2,1,{left},20,5,6,1,1,1\n")
    folders = [tmp_path / name / "img1" for name in ("MOT-02", "MOT-04")]
    oracle = Oracle.open(tmp_path, list(map(str, folders)), sequence=True)
    for folder, left in zip(folders, (10, 20), strict=True):
        assert said(oracle, folder, 0) == []
        assert said(oracle, folder, 1) == [("pedestrian", (left, 20, left + 5, 26))]


@pytest.mark.parametrize("pattern", ["cam/{}", "cam/cam_{}", "elsewhere/cam/{}"])
def test_pictures_of_a_folder_are_counted_as_they_are_listed(tmp_path: Path, pattern: str) -> None:
    folder, part = tmp_path / "cam", pattern.rpartition("/")[2]
    for number in ("000010", "000020", "000100"):
        still(folder / f"{part.format(number)}.jpg")
    names = [f"{pattern.format(number)}.jpg" for number in ("000010", "000100", "000999")]
    labels = coco(tmp_path / "coco.json", names)
    oracle = Oracle.open(labels, [str(folder)], sequence=True)
    assert sorted(oracle.stored.by_file[folder]) == [0, 2]
    assert said(oracle, folder, 0) == [("bird", (1, 1, 3, 4))]
    assert said(oracle, folder, 2) == [("bird", (2, 1, 4, 4))]


def test_labels_of_a_damaged_picture_hold_up_nobody(tmp_path: Path) -> None:
    good, bad = (still(tmp_path / "stills" / name) for name in ("one.png", "two.png"))
    bad.write_bytes(b"no picture")
    yolo = tmp_path / "yolo"
    (yolo / "labels").mkdir(parents=True)
    (yolo / "classes.txt").write_text("cat\n")
    for stem in ("one", "two"):
        (yolo / "labels" / f"{stem}.txt").write_text("0 0.5 0.5 0.5 0.2\n")
    oracle = Oracle.open(yolo, [str(tmp_path / "stills")])
    assert len(said(oracle, good)) == 1
    assert bad in oracle.stored.by_file


def test_our_own_csv(tmp_path: Path, clips: list[Path]) -> None:
    table = tmp_path / "boxes.csv"
    rows = [f"{path.name},4,car,1,2,3,4\n" for path in clips]
    table.write_text("".join(["video,index,label,x,y,w,h\n", *rows]))
    oracle = Oracle.open(table, list(map(str, clips)))
    assert said(oracle, clips[0], 4) == [("car", (1, 2, 4, 6))]


def test_coco_of_frames_in_folders_and_of_stills(tmp_path: Path, clips: list[Path]) -> None:
    path = still(tmp_path / "stills" / "lonely.png")
    names = ["V_DRONE_001/frame_000005.jpg", "V_DRONE_002_000006.jpg", "lonely.png"]
    labels = coco(tmp_path / "coco.json", names)
    oracle = Oracle.open(labels, [*map(str, clips), str(path)])
    assert said(oracle, clips[0], 5) == [("bird", (1, 1, 3, 4))]
    assert said(oracle, clips[1], 6) == [("bird", (2, 1, 4, 4))]
    assert said(oracle, path) == [("bird", (3, 1, 5, 4))]


def test_yolo_and_voc_of_stills(tmp_path: Path) -> None:
    paths = [still(tmp_path / "stills" / name) for name in ("one.png", "two.png")]
    yolo = tmp_path / "yolo"
    (yolo / "labels").mkdir(parents=True)
    (yolo / "classes.txt").write_text("cat\ndog\n")
    (yolo / "labels" / "one.txt").write_text("1 0.5 0.5 0.5 0.2\n")
    (yolo / "labels" / "two.txt").write_text("")
    oracle = Oracle.open(yolo, [str(tmp_path / "stills")])
    ((label, xyxy),) = said(oracle, paths[0])
    assert label == "dog"
    assert xyxy == pytest.approx((10, 12, 30, 18))
    assert said(oracle, paths[1]) == []
    voc = tmp_path / "voc"
    voc.mkdir()
    for path in paths:
        (voc / f"{path.stem}.xml").write_text(VOC.format(name=path.stem))
    oracle = Oracle.open(voc, [str(tmp_path / "stills")])
    assert [label for label, _ in said(oracle, paths[1])] == ["cat"]
    (voc / "two.xml").unlink()
    with pytest.raises(LabelsError, match=r"1 of 2 .*\n.*two\.png"):
        Oracle.open(voc, [str(tmp_path / "stills")])


def test_folders_tell_files_of_one_name_apart(tmp_path: Path) -> None:
    files = [tmp_path / "a" / "clip.mp4", tmp_path / "b" / "clip.mp4"]
    names = Names(files)
    assert names.find("b/clip.mp4", still=False) == files[1]
    assert names.find("elsewhere/a/clip", still=False) == files[0]
    assert names.find("a/other.mp4", still=False) is None
    with pytest.raises(LabelsError, match="could belong to any of"):
        names.find("clip.mp4", still=False)


def test_only_what_is_asked_is_labelled_and_closes_the_round(
    tmp_path: Path, finished: Bench
) -> None:
    shutil.copytree(finished.root, tmp_path / "ws")
    own = Bench(tmp_path / "ws", finished.videos)
    videos = Catalog(own.workspace).videos
    labels = tmp_path / "labels"
    labels.mkdir()
    for path in finished.videos.iterdir():
        rows = "".join(f"{index},car,-5,2,30,40\n" for index in range(0, 400, 2))
        (labels / f"{path.stem}.csv").write_text(HEAD + rows)
    oracle = Oracle.open(labels, [str(finished.videos)])
    picks = state.current(own.workspace).picks(own.workspace).to_pylist()
    asked = [(row["video_no"], row["pts"]) for row in picks]
    watch = Recorder()
    taken = oracle.answer(own.workspace, asked, watch)
    assert taken is not None
    assert any("such as frame 398 of " in note for note in watch.notes)
    assert (taken.frames, taken.closed) == (len(asked), 1)
    assert state.current(own.workspace).number == 2
    found = store.current(own.workspace)
    assert set(found.keys) == set(asked)
    assert found.annotators == ("oracle",)
    for row in picks:
        (boxes,) = found.by_frame[row["video_no"], row["pts"]].values()
        size = videos[row["video_no"]]["width"]
        edges = [] if row["index"] % 2 else [(0.0, 2.0, min(25.0, size), 42.0)]
        assert [box.xyxy for box in boxes] == edges
    assert oracle.answer(own.workspace, [], Silent()) is None
    again = oracle.answer(own.workspace, asked, Silent())
    assert again is not None
    assert again.number is None
    assert store.last(own.workspace) == 1
