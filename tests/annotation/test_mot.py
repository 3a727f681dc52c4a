"""MOT: rows of sequences, counted from 1, labelled throughout."""

from pathlib import Path

import pytest

from framesel.annotation import mot
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError

INFO = "[Sequence]\nname=street\nseqLength={}\nimWidth=200\nimHeight=100\nimExt=.jpg\n"


def sequence(
    root: Path, rows: str, length: int = 3, name: str = "street", file: str = "gt"
) -> Path:
    folder = root / name / file
    folder.mkdir(parents=True)
    (folder / f"{file}.txt").write_text(rows)
    if length:
        (root / name / "seqinfo.ini").write_text(INFO.format(length).replace("street", name))
    return root / name


def test_a_sequence_is_labelled_throughout(tmp_path: Path) -> None:
    rows = "2,7,10,20,30,40,1,1,0.5\n2,8,0,0,5,5,1,3,1\n1,7,9,20,30,40,1,1,1\n"
    back = mot.read(sequence(tmp_path, rows))
    assert back.classes == ("pedestrian", "car")
    assert [(p.video, p.index, len(p.boxes)) for p in back.pictures] == [
        ("street", 0, 1),
        ("street", 1, 2),
        ("street", 2, 0),
    ]
    assert {(p.width, p.height, p.reviewed) for p in back.pictures} == {(200, 100, True)}
    assert back.pictures[1].boxes[0] == Box("pedestrian", 10, 20, 40, 60, track=7)


def test_without_a_length_only_frames_with_rows_are_labelled(tmp_path: Path) -> None:
    back = mot.read(sequence(tmp_path, "9,1,10,20,30,40,1,1,1\n", length=0) / "gt" / "gt.txt")
    assert [(p.video, p.index, p.width) for p in back.pictures] == [("street", 8, None)]


def test_boxes_are_cut_off_at_the_edge_and_ignored_ones_left(tmp_path: Path) -> None:
    rows = "1,1,-10,90,30,40,1,1,1\n1,2,180,0,90,9,1,1,1\n1,3,1,1,2,2,0,1,1\n1,4,300,1,2,2,1,1,1\n"
    back = mot.read(sequence(tmp_path, rows))
    assert [(b.xyxy, b.truncated) for b in back.pictures[0].boxes] == [
        ((0, 90, 20, 100), True),
        ((180, 0, 200, 9), True),
    ]
    assert [line.split(";")[0] for line in back.left] == [
        "1 x a box with its flag 0, not to be considered",
        "1 x a box with nothing inside",
    ]


def test_detections_are_guesses(tmp_path: Path) -> None:
    rows = "1,-1,10,20,30,40,0.75,-1,-1,-1\n2,-1,10,20,30,40,31.5,-1,-1,-1\n"
    back = mot.read(sequence(tmp_path, rows, file="det"))
    assert [(p.index, p.reviewed) for p in back.pictures] == [(0, None), (1, None)]
    first, second = (p.boxes[0] for p in back.pictures)
    assert (first.score, first.source, first.track) == (0.75, "auto", None)
    assert second.score is None


def test_names_of_classes_may_lie_beside(tmp_path: Path) -> None:
    folder = sequence(tmp_path, "1,1,10,20,30,40,1,2,1\n")
    (folder / "gt" / "labels.txt").write_text("cat\nold dog\n")
    back = mot.read(folder)
    assert back.classes == ("cat", "old dog")
    assert back.pictures[0].boxes[0].label == "old dog"


def test_several_sequences_are_read_at_once(tmp_path: Path) -> None:
    for name in ("b", "a"):
        sequence(tmp_path, "1,1,10,20,30,40,1,1,1\n", name=name)
        sequence(tmp_path, "1,1,10,20,30,40,1,1,1\n", length=0, name=name, file="det")
    assert mot.sniff(tmp_path)
    back = mot.read(tmp_path)
    assert [p.video for p in back.pictures if p.boxes] == ["a", "b"]
    assert {p.reviewed for p in back.pictures} == {True}


def test_links_out_of_the_folder_are_not_followed(tmp_path: Path) -> None:
    inside = sequence(tmp_path, "1,1,10,20,30,40,1,1,1\n")
    (tmp_path / "hostile" / "gt").mkdir(parents=True)
    (tmp_path / "hostile" / "gt" / "gt.txt").symlink_to(inside / "gt" / "gt.txt")
    assert not mot.sniff(tmp_path / "hostile")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("1,1,10,20,30\n", "5 fields"),
        ("0,1,10,20,30,40,1,1,1\n", "no frame 0"),
        ("4,1,10,20,30,40,1,1,1\n", "no frame 4"),
        ("1.5,1,10,20,30,40,1,1,1\n", r"no frame 1\.5"),
        ("1,1,10,20,30,40,1,99,1\n", "no class number 99"),
        ("1,0.5,10,20,30,40,1,1,1\n", "no number of an object"),
        ("1,1,nan,20,30,40,1,1,1\n", "'nan' is no number"),
        ("1,1,inf,20,30,40,1,1,1\n", "'inf' is no number"),
        ("1,1,1e99,20,30,40,1,1,1\n", "no pixels"),
        ("1,1,10,20,0,40,1,1,1\n", "no area"),
        ("1 1 10 20 0 40 1 1 1\n", "is no number"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, rows: str, said: str) -> None:
    with pytest.raises(LabelsError, match=said):
        mot.read(sequence(tmp_path, rows))


def test_a_hostile_seqinfo_is_refused(tmp_path: Path) -> None:
    folder = sequence(tmp_path, "1,1,10,20,30,40,1,1,1\n")
    for text in ("seqLength=3", INFO.format("9" * 9), INFO.format("x"), "[Sequence]\nimWidth=0\n"):
        (folder / "seqinfo.ini").write_text(text)
        with pytest.raises(LabelsError, match=r"seqinfo\.ini"):
            mot.read(folder)
