"""What Label Studio exports is read word by word, or refused with its place."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from framesel.annotation import label_studio
from framesel.annotation.returned import LabelledPicture
from framesel.annotation.sheet import Box
from framesel.errors import LabelsError
from tests.annotation.conftest import MakeSheet

BOX = {"x": 10.0, "y": 20.0, "width": 30.0, "height": 40.0, "rotation": 0}


def region(**changes: Any) -> dict[str, Any]:
    """A box in a picture of 200 x 100: 20, 20, 80, 60."""
    value = BOX | {"rectanglelabels": ["car"]} | changes.pop("value", {})
    whole = {"type": "rectanglelabels", "original_width": 200, "original_height": 100}
    return whole | {"value": value} | changes


def annotation(*regions: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Of annotator 1, who took 12.5 s."""
    found = {"completed_by": 1, "result": list(regions), "was_cancelled": False}
    return found | {"lead_time": 12.5, "updated_at": "2026-01-02T03:04:05Z"} | changes


def export(*annotations: dict[str, Any], name: str = "a.jpg") -> dict[str, Any]:
    """A task."""
    data = {"image": f"/data/upload/1/0a1b2c3d-{name}", "framesel_name": name}
    return {"id": 7, "data": data, "annotations": list(annotations), "predictions": []}


@pytest.fixture
def said(tmp_path: Path) -> Callable[..., Any]:
    """Reads tasks."""

    def read(*tasks: Any) -> Any:
        path = tmp_path / "export.json"
        path.write_text(json.dumps(tasks))
        return label_studio.read(path)

    return read


def test_drafts_are_not_labels_either_and_told(said: Callable[..., Any]) -> None:
    back = said(export() | {"drafts": [{"id": 1, "result": [region()]}]})
    assert back.pictures == ()
    assert [line.split(";")[0] for line in back.left] == ["1 x a draft that was not submitted"]


def test_every_annotators_word_is_kept(said: Callable[..., Any]) -> None:
    back = said(
        export(
            annotation(region(origin="prediction", score=0.7), region(origin="manual")),
            annotation(completed_by={"id": 3, "email": "ann@example.org"}),
            annotation(completed_by=4, was_cancelled=True, result=[region()]),
            annotation(region(origin="prediction-changed"), completed_by=5, ground_truth=True),
        )
    )
    boxes = [
        Box("car", 20, 20, 80, 60, score=0.7, source="auto"),
        Box("car", 20, 20, 80, 60, source="manual"),
    ]
    one, two, skipped, sure = back.pictures
    assert one == LabelledPicture(
        "a.jpg", tuple(boxes), 200, 100, True, "label-studio-1",
        seconds=12.5, at="2026-01-02T03:04:05Z",
    )  # fmt: skip
    assert (two.annotator, two.boxes, two.reviewed) == ("ann@example.org", (), True)
    assert (skipped.annotator, skipped.boxes, skipped.reviewed) == ("label-studio-4", (), False)
    assert sure.boxes[0].source == "semi-auto"
    assert len(back.left) == 1
    assert "ground truth" in back.left[0]


def test_of_one_annotators_words_the_newest_counts(said: Callable[..., Any]) -> None:
    newer = annotation(region(), updated_at="2026-01-03T00:00:00+01:00")
    older = annotation(updated_at="2026-01-02T22:00:00Z")
    for order in ([newer, older], [older, newer]):
        back = said(export(*order))
        assert [len(p.boxes) for p in back.pictures] == [1]
        assert "older annotation" in back.left[0]


def test_what_is_no_upright_box_is_left_out(said: Callable[..., Any]) -> None:
    points = {"points": [[1, 2], [3, 4], [5, 6]], "polygonlabels": ["car"]}
    polygon = {"type": "polygonlabels", "value": points, "original_width": 200}
    turned = region(value={"rotation": 12.0})
    quality = {"type": "choices", "value": {"choices": ["blurred"]}}
    back = said(
        export(annotation(polygon, region(value={"rotation": 359.9999})), name="a.jpg"),
        export(annotation(polygon, turned), name="b.jpg"),
        export(annotation(quality), name="c.jpg"),
    )
    assert [(p.name, len(p.boxes)) for p in back.pictures] == [("a.jpg", 1), ("c.jpg", 0)]
    assert [line.split(";")[0] for line in back.left] == [
        "2 x polygonlabels: not a box",
        "1 x a rotated box",
        "1 x choices: not a box",
    ]


def test_boxes_with_their_labels_in_a_row_of_their_own(said: Callable[..., Any]) -> None:
    value = {**BOX, "labels": ["car"]}
    two = [region(id="r", type="rectangle"), region(id="r", type="labels", value=value)]
    del two[1]["value"]["rectanglelabels"]
    assert [b.label for b in said(export(annotation(*two))).pictures[0].boxes] == ["car"]


def test_rows_of_json_min(said: Callable[..., Any]) -> None:
    box = {**BOX, "rectanglelabels": ["car"], "original_width": 200, "original_height": 100}
    row = {"image": "/data/upload/1/x.jpg", "framesel_name": "a.jpg", "framesel_key": "3:40"}
    row |= {"id": 7, "annotator": 2, "annotation_id": 9, "lead_time": 1.5}
    row |= {"updated_at": "2026-01-02T03:04:05Z"}
    back = said(row | {"label": [box]}, row | {"framesel_name": "b.jpg"})
    one, empty = back.pictures
    assert one.boxes == (Box("car", 20, 20, 80, 60),)
    assert (one.key, one.annotator, one.seconds) == ("3:40", "label-studio-2", 1.5)
    assert (empty.name, empty.boxes, empty.reviewed) == ("b.jpg", (), True)


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("/data/local-files/?d=some/folder/a%20b.jpg", "a b.jpg"),
        ("s3://bucket/folder/a.jpg", "a.jpg"),
        ("https://example.org/a%20b.jpg?x=1", "a b.jpg"),
    ],
)
def test_pictures_of_others_are_named_by_their_address(
    said: Callable[..., Any], image: str, name: str
) -> None:
    task = export(annotation(region()))
    task["data"] = {"image": image}
    assert said(task).pictures[0].name == name


def test_sizes_are_asked_for_where_a_box_has_none(tmp_path: Path) -> None:
    lone = region()
    del lone["original_width"]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([export(annotation(lone))]))
    found = label_studio.read(path, lambda name: (400, 200) if name == "a.jpg" else None)
    assert found.pictures[0].boxes[0].xyxy == (40, 40, 160, 120)
    with pytest.raises(LabelsError, match="original_width"):
        label_studio.read(path)


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"id": 7}, "neither data nor annotation_id"),
        ({"data": {}, "annotations": [annotation()]}, "data.image"),
        (export(annotation(region(value={"rectanglelabels": []}))), "0 labels"),
        (export(annotation(region(value={"rectanglelabels": ["a", "b"]}))), "2 labels"),
        (export(annotation(region(value={"x": 90.0}))), "outside its picture"),
        (export(annotation(region(value={"width": "30"}))), "must be a number"),
        (export(annotation(region(), region(original_width=100))), "another region"),
        (export(annotation(region(original_width=-5))), "no size"),
        (export(annotation(updated_at="yesterday")), "no time"),
        (export(annotation(completed_by=[1])), "nobody"),
        (export(annotation(result={})), "must be a list"),
        (export(annotation(), name="../a.jpg"), "no name of a picture"),
    ],
)
def test_nonsense_is_refused_with_its_place(
    said: Callable[..., Any], task: dict[str, Any], message: str
) -> None:
    with pytest.raises(LabelsError, match=message) as caught:
        said(export(annotation(region())), task)
    assert "export.json, task" in str(caught.value)


def test_a_class_that_the_interface_lacks_is_refused(sheet: MakeSheet, tmp_path: Path) -> None:
    label_studio.write(sheet(), tmp_path / "out")
    tasks = [export(annotation(region(value={"rectanglelabels": ["tram"]})))]
    (tmp_path / "out" / "tasks.json").write_text(json.dumps(tasks))
    with pytest.raises(LabelsError, match="'tram' does not stand in config"):
        label_studio.read(tmp_path / "out")


@pytest.mark.parametrize("content", ["", "[]", '{"images": []}', '[{"image_id": 1}]', "[1]"])
def test_other_json_is_not_taken_for_tasks(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content)
    assert not label_studio.sniff(tmp_path / "a.json")
    assert not label_studio.sniff(tmp_path)
    assert not label_studio.sniff(tmp_path / "missing.json")
