"""Labelled footage from disk."""

from pathlib import Path

import numpy as np
import pytest

from framesel.errors import LabelsError, UsageError
from framesel.simulation.detector.bccd import read_bccd, split
from framesel.simulation.detector.drone_clips import read_drone_clips

BOX = (
    "<object><name>{}</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>9</xmax><ymax>8</ymax>"
    "</bndbox></object>"
)


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """Two clips, of which a table tells."""
    for name in ("videos", "labels"):
        (tmp_path / name).mkdir()
    for clip in ("a", "b"):
        (tmp_path / "videos" / f"{clip}.mp4").write_bytes(b"")
    (tmp_path / "labels" / "a.csv").write_text(
        "frame,class,x,y,w,h\n2,KITE,1,2,3,4\n0,BIRD,5,6,7,8\n2,BIRD,0,0,1,1\n"
    )
    (tmp_path / "labels" / "b.csv").write_text("frame,class,x,y,w,h\n")
    (tmp_path / "splits.csv").write_text("clip,split,frames\nb,dev,4\na,train,3\n")
    return tmp_path


def test_boxes_stand_at_their_frames(clips: Path) -> None:
    material = read_drone_clips(clips, clips / "splits.csv")
    assert material.classes == ("BIRD", "KITE")
    a, b = material.clips
    assert (a.name, a.part, b.name, b.part) == ("a", "pool", "b", "dev")
    assert a.truth.offsets.tolist() == [0, 1, 1, 3]
    assert a.truth.class_no.tolist() == [0, 1, 0]
    assert a.truth.xyxy[:2].tolist() == [[5, 6, 12, 14], [1, 2, 4, 6]]
    assert b.truth.offsets.tolist() == [0] * 5
    assert material.of("dev").tolist() == [1]


@pytest.mark.parametrize(
    ("file", "content", "error", "message"),
    [
        ("splits.csv", "clip,split\na,train\n", UsageError, "no column frames"),
        ("splits.csv", "clip,split,frames\na,val,3\n", UsageError, "no sense"),
        ("splits.csv", "clip,split,frames\nc,train,3\n", UsageError, "c.csv"),
        ("splits.csv", "clip,split,frames\n", UsageError, "0 clips"),
        ("labels/a.csv", "frame,class,x,y,w,h\n3,BIRD,1,1,1,1\n", LabelsError, "3 to 3 of 3"),
        ("labels/a.csv", "frame,class,x,y,w,h\n1,BIRD,1,nan,1,1\n", LabelsError, "not finite"),
        ("labels/a.csv", "frame,class,x,y,w,h\n1,BIRD,1,big,1,1\n", LabelsError, "no number"),
        ("labels/a.csv", "frame,class,x,y,w,h\n1,BIRD,1\n", LabelsError, "no number"),
    ],
)
def test_nonsense_is_named(
    clips: Path, file: str, content: str, error: type[Exception], message: str
) -> None:
    (clips / file).write_text(content)
    with pytest.raises(error, match=message):
        read_drone_clips(clips, clips / "splits.csv")


def test_still_pictures_are_clips_of_one_frame(tmp_path: Path) -> None:
    import cv2

    for name in ("Annotations", "JPEGImages"):
        (tmp_path / name).mkdir()
    for number, label in enumerate(("WBC", "RBC", "RBC", "WBC", "RBC")):
        cv2.imwrite(str(tmp_path / "JPEGImages" / f"{number}.jpg"), np.zeros((20, 30, 3), np.uint8))
        (tmp_path / "Annotations" / f"{number}.xml").write_text(
            f"<annotation><filename>{number}.jpg</filename><size><width>30</width>"
            f"<height>20</height><depth>3</depth></size>{BOX.format(label)}</annotation>"
        )
    material = read_bccd(tmp_path)
    assert material.classes == ("RBC", "WBC")
    assert [clip.truth.class_no.tolist() for clip in material.clips] == [[1], [0], [0], [1], [0]]
    assert sorted(clip.part for clip in material.clips) == ["dev", "pool", "pool", "pool", "test"]
    (tmp_path / "JPEGImages" / "0.jpg").unlink()
    with pytest.raises(UsageError, match="not there"):
        read_bccd(tmp_path)


def test_the_split_of_stills_is_fixed() -> None:
    parts = split(364)
    assert parts == split(364)
    assert [parts.count(part) for part in ("pool", "dev", "test")] == [219, 73, 72]
