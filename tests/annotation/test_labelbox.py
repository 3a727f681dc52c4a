"""Labelbox: what its SDK uploads, and its export v2 on the way back."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from framesel.annotation import labelbox
from framesel.annotation.returned import LabelledPicture
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError
from tests.annotation.conftest import CLASSES, MakeSheet, some_pictures


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def drawn(**changes: object) -> dict[str, object]:
    """A box as its documentation shows it."""
    box = {"top": 10.0, "left": 20.0, "height": 30.0, "width": 40.0}
    kind = {"annotation_kind": "ImageBoundingBox", "name": "car", "value": "car"}
    return {"feature_id": "f1", **kind, "classifications": [], "bounding_box": box} | changes


def label(*objects: object, by: str = "mia@a.org", **work: object) -> dict[str, object]:
    details = {"created_at": "2026-01-02T03:04:05.000+00:00", "created_by": by, "reviews": []}
    return {
        "label_kind": "Default",
        "version": "1.0.0",
        "id": "l1",
        "label_details": details,
        "performance_details": {"seconds_to_create": 12.5, "skipped": False} | work,
        "annotations": {"objects": list(objects), "classifications": [], "relationships": []},
    }


def row(*labels: object, status: str = "DONE", name: str = "a.jpg") -> dict[str, object]:
    """A row of an export as its documentation shows it."""
    project = {"name": "p", "labels": list(labels), "project_details": {"workflow_status": status}}
    return {
        "data_row": {"id": "d1", "global_key": "key", "external_id": name, "row_data": "https://x"},
        "media_attributes": {"height": 100, "width": 200, "mime_type": "image/jpeg"},
        "projects": {"cl1": project},
    }


def read(tmp_path: Path, *rows: object) -> tuple[tuple[LabelledPicture, ...], tuple[str, ...]]:
    path = tmp_path / "export.ndjson"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in rows), "utf-8")
    back = labelbox.read(path)
    return back.pictures, back.left


def test_rows_guesses_and_tools_are_what_the_sdk_uploads(sheet: MakeSheet, tmp_path: Path) -> None:
    first, second, third = some_pictures(3)
    beside = replace(third, name="near.jpg", context_of=second.name, rank=0, boxes=())
    handed = sheet((first, second, beside, third))
    labelbox.write(handed, tmp_path / "out")
    rows = json.loads((tmp_path / "out" / "data_rows.json").read_text("utf-8"))
    assert [r["external_id"] for r in rows] == [first.name, second.name, third.name]
    assert all((tmp_path / "out" / r["row_data"]).is_file() for r in rows)
    assert rows[0]["attachments"][0]["value"] == "1. unlike the others, number 1 (score 0.7500)"
    context = rows[1]["attachments"][1]
    assert context["type"] == "IMAGE"
    assert (tmp_path / "out" / context["value"]).is_file()
    guesses = lines(tmp_path / "out" / "annotations.ndjson")
    assert [g["dataRow"]["globalKey"] for g in guesses] == [first.name, second.name, second.name]
    assert len({g["uuid"] for g in guesses}) == 3
    assert guesses[0]["bbox"] == {"top": 2.5, "left": 1.25, "height": 14.625, "width": 20.5}
    assert guesses[0]["confidence"] == 0.9
    tools = json.loads((tmp_path / "out" / "ontology.json").read_text("utf-8"))["tools"]
    assert [(t["tool"], t["name"]) for t in tools] == [("rectangle", name) for name in CLASSES]


def test_labels_are_read_by_labelformat(sheet: MakeSheet, tmp_path: Path) -> None:
    from labelformat.formats.labelbox import LabelboxObjectDetectionInput

    handed = sheet(purpose="train")
    labelbox.write(handed, tmp_path / "out")
    theirs = LabelboxObjectDetectionInput(tmp_path / "out" / "export.ndjson", ",".join(CLASSES))
    found = {
        said.image.filename: [(o.category.name, o.box.xmin, o.box.ymax) for o in said.objects]
        for said in theirs.get_labels()
    }
    assert found == {p.name: [(b.label, b.x1, b.y2) for b in p.boxes] for p in handed.pictures}


def test_an_export_says_who_drew_what_when(tmp_path: Path) -> None:
    pictures, _ = read(tmp_path, row(label(drawn()), label(by="bo@a.org")), row(name="b.jpg"))
    mine = LabelledPicture(
        "a.jpg",
        (Box("car", 20.0, 10.0, 60.0, 40.0),),
        width=200,
        height=100,
        reviewed=True,
        annotator="mia@a.org",
        seconds=12.5,
        at="2026-01-02T03:04:05.000+00:00",
    )
    assert pictures == (mine, replace(mine, annotator="bo@a.org", boxes=()))


def test_what_is_not_done_is_not_reviewed(tmp_path: Path) -> None:
    pictures, left = read(
        tmp_path,
        row(label(drawn()), status="IN_REWORK"),
        row(label(skipped=True), name="b.jpg"),
        row(label(drawn()), status="IN_REVIEW", name="c.jpg"),
    )
    assert [(p.name, p.reviewed) for p in pictures] == [("a.jpg", False), ("c.jpg", True)]
    assert len(left) == 1
    assert "1 x a data row that was skipped" in left[0]


def test_what_is_no_box_is_counted(tmp_path: Path) -> None:
    outline = {"annotation_kind": "ImagePolygon", "name": "car", "polygon": []}
    pictures, left = read(tmp_path, row(label(outline, drawn(), outline)))
    assert len(pictures[0].boxes) == 1
    assert left[0].startswith("2 x an annotation of the kind 'ImagePolygon'")


def test_a_list_is_read_like_lines(tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_text(json.dumps([row(label(drawn()))], indent=1))
    assert labelbox.read(path).pictures[0].boxes


@pytest.mark.parametrize(
    ("said", "about"),
    [
        ({"data_row": {}, "projects": {}}, "external_id"),
        (row(label(drawn(bounding_box={"top": 1}))), "left must be a number"),
        (row(label(drawn(bounding_box=None))), "the box of 'car' must be an object"),
        (row(label(drawn(name="x" * 101))), "1 to 100 characters"),
        (row(label(drawn()), label(drawn())), "labelled 'a.jpg' twice"),
        (row(label(), name="../../a.jpg"), "no name of a picture"),
        (row({"annotations": {"frames": {}}}), "is a video"),
        (row(label(drawn())) | {"media_attributes": {"width": 30, "height": 30}}, "outside"),
        (row(label(drawn())) | {"media_attributes": {"width": 30}}, "no size"),
        ([1], "must be an object"),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, said: object, about: str) -> None:
    with pytest.raises(LabelsError, match=about):
        read(tmp_path, said)


def test_long_names_get_a_key_that_labelbox_takes(sheet: MakeSheet, tmp_path: Path) -> None:
    long = tuple(replace(p, name=f"{'ü' * 100}/{'x' * 100}{p.rank}.jpg") for p in some_pictures(2))
    handed = sheet(long)
    labelbox.write(handed, tmp_path / "out")
    rows = json.loads((tmp_path / "out" / "data_rows.json").read_text("utf-8"))
    keys = [r["global_key"] for r in rows]
    assert len(set(keys)) == 2
    assert max(map(len, keys)) == labelbox.LONGEST_KEY
    assert [p.name for p in labelbox.read(tmp_path / "out").pictures] == [p.name for p in long]
