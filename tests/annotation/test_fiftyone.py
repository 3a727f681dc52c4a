"""FiftyOne's JSON: shares of the picture, class numbers, null for what nobody has looked at."""

import json
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from framesel.annotation import fiftyone
from framesel.annotation.sheet import Picture
from framesel.errors import LabelsError, UsageError
from tests.annotation.conftest import MakeSheet, some_pictures


def written(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "labels.json").read_text("utf-8"))
    return content


def with_labels(folder: Path, labels: object, classes: object = ("car",)) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / "labels.json"
    path.write_text(json.dumps({"classes": classes, "labels": labels}), "utf-8")
    return path


def one(**changes: object) -> dict[str, object]:
    return {"label": 0, "bounding_box": [0.25, 0.5, 0.25, 0.25]} | changes


def size_of_all(name: str) -> tuple[int, int]:
    return (200, 100)


def as_fiftyone_reads(folder: Path) -> dict[str, list[tuple[str, list[float]]] | None]:
    """Its importer in short: keys are paths below data without extension, labels are numbers."""
    files = (folder / "data").rglob("*")
    data = {p.relative_to(folder / "data").with_suffix("").as_posix() for p in files}
    content = written(folder)
    assert set(content["labels"]) <= data
    return {
        key: said and [(content["classes"][box["label"]], box["bounding_box"]) for box in said]
        for key, said in content["labels"].items()
    }


def test_its_importer_finds_pictures_classes_and_shares(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet()
    fiftyone.write(handed, tmp_path / "out")
    found = as_fiftyone_reads(tmp_path / "out")
    for picture in handed.pictures:
        said = found[str(PurePosixPath(picture.name).with_suffix(""))]
        assert (said is None) == (not picture.boxes)
        for box, (label, (x, y, w, h)) in zip(picture.boxes, said or (), strict=True):
            assert label == box.label
            shares = (x, y, x + w, y + h)
            sides = (picture.width, picture.height) * 2
            assert tuple(s * side for s, side in zip(shares, sides, strict=True)) == (
                pytest.approx(box.xyxy)
            )


def test_scores_are_kept_and_rows_tell_the_order(sheet: MakeSheet, tmp_path: Path) -> None:
    told = tuple(replace(p, fields={"tags": "night", "mood": "é"}) for p in some_pictures())
    fiftyone.write(sheet(told), tmp_path / "out")
    boxes = [box for said in written(tmp_path / "out")["labels"].values() for box in said or ()]
    assert {box["confidence"] for box in boxes} == {0.9, 0.8}
    lines = (tmp_path / "out" / "samples.ndjson").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5]
    assert all((tmp_path / "out" / row["filepath"]).is_file() for row in rows)
    assert rows[0]["reason"] == "unlike the others, number 1"
    assert rows[0]["fields"] == {"mood": "é", "tags": "night"}


def test_null_is_not_looked_at_and_a_list_may_be_empty(tmp_path: Path) -> None:
    path = with_labels(tmp_path, {"a": None, "b": [], "c": [one()]})
    back = fiftyone.read(path, size_of_all)
    assert [(p.name, len(p.boxes), p.reviewed) for p in back.pictures] == [
        ("b.jpg", 0, None),
        ("c.jpg", 1, None),
    ]
    assert back.pictures[1].boxes[0].xyxy == (50, 50, 100, 75)


def test_labels_may_be_names_where_no_classes_are_declared(tmp_path: Path) -> None:
    path = with_labels(tmp_path, {"a": [one(label="bus", confidence=0.5)]}, None)
    back = fiftyone.read(path, size_of_all)
    assert back.classes == ("bus",)
    assert back.pictures[0].boxes[0].score == 0.5


@pytest.mark.parametrize(
    ("labels", "classes", "said"),
    [
        ([], ["car"], "labels must be an object"),
        ({"a": "car"}, ["car"], "must be a list"),
        ({"a": [one()]}, ["car", "car"], "declares a class twice"),
        ({"a": [one()]}, [""], "needs a name"),
        ({"a": [one(label=1)]}, ["car"], "no class number 1"),
        ({"a": [one(label=True)]}, ["car"], "must be a text"),
        ({"a": [one(label="bus")]}, ["car"], "does not stand in classes"),
        ({"a": [one(bounding_box=[0, 0, 1])]}, ["car"], "3 numbers"),
        ({"a": [one(bounding_box=[0, 0, 1, "1"])]}, ["car"], "must be a number"),
        ({"a": [one(bounding_box=[0, 0, 2, 1])]}, ["car"], "outside its picture"),
        ({"a": [one(bounding_box=[0.5, 0.5, 0, 0.1])]}, ["car"], "no area"),
        ({"a": [one(confidence=2)]}, ["car"], "not between 0 and 1"),
        ({"../a": [one()]}, ["car"], "no name of a picture"),
        ({"/a": []}, ["car"], "no name of a picture"),
    ],
)
def test_what_makes_no_sense_is_refused(
    tmp_path: Path, labels: object, classes: object, said: str
) -> None:
    with pytest.raises(LabelsError, match=said):
        fiftyone.read(with_labels(tmp_path, labels, classes), size_of_all)


def test_shares_of_a_picture_of_unknown_size_are_no_boxes(tmp_path: Path) -> None:
    path = with_labels(tmp_path, {"a": [one()]})
    with pytest.raises(LabelsError, match="size is not known"):
        fiftyone.read(path)


def test_a_picture_of_another_size_is_noticed(sheet: MakeSheet, tmp_path: Path) -> None:
    fiftyone.write(sheet(), tmp_path / "out")
    path = tmp_path / "out" / "samples.ndjson"
    path.write_text(path.read_text("utf-8").replace('"width": 80', '"width": 90'), "utf-8")
    with pytest.raises(LabelsError, match=r"80, 48.*90, 48"):
        fiftyone.read(tmp_path / "out")


def test_keys_without_extension_must_differ(sheet: MakeSheet, tmp_path: Path) -> None:
    first, second = some_pictures(2)
    twins = (replace(first, name="a.jpg"), replace(second, name="a.png"))
    with pytest.raises(UsageError, match="would share a file"):
        fiftyone.write(sheet(twins), tmp_path / "out")


def test_other_json_is_not_taken_for_fiftyone(sheet: MakeSheet, tmp_path: Path) -> None:
    fiftyone.write(sheet(pictures=[Picture("a.jpg", 8, 8)]), tmp_path / "out")
    assert fiftyone.sniff(tmp_path / "out")
    assert fiftyone.sniff(tmp_path / "out" / "labels.json")
    (tmp_path / "labels.json").write_text('{"images": [], "annotations": []}')
    for other in (tmp_path, tmp_path / "labels.json", tmp_path / "none.json"):
        assert not fiftyone.sniff(other)
