"""Label Studio: tasks and an interface that its own validator takes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import pytest

from framesel.annotation import label_studio
from framesel.annotation.sheet import Box, Picture
from framesel.errors import UsageError
from tests.annotation.conftest import MakeSheet, some_pictures
from tests.interop import answer


def test_label_studio_finds_nothing_wrong(sheet: MakeSheet, tmp_path: Path) -> None:
    names = ("car", "a <b> & \"c\" 'd'", "Fußgänger 歩行者")
    purposes: tuple[Literal["label", "train"], ...] = ("label", "train")
    for purpose in purposes:
        pictures = [
            replace(p, boxes=(*(replace(b, label=names[1]) for b in p.boxes), whole(p)))
            for p in some_pictures(4, purpose)
        ]
        label_studio.write(sheet(pictures, names, purpose), tmp_path / purpose)
    folders = [str(tmp_path / purpose) for purpose in purposes]
    found = answer("label-studio", "validate_label_studio.py", *folders)
    wanted = {"errors": [], "labels": list(names)}
    assert found == [
        wanted | {"predictions": 4, "annotations": 0},
        wanted | {"predictions": 0, "annotations": 4},
    ]


def whole(picture: Picture) -> Box:
    """A box as large as the picture: its percentages must not pass 100."""
    return Box("car", 0, 0, picture.width, picture.height)


def tasks_of(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "tasks.json").read_text("utf-8"))
    return found


def test_tasks_stand_by_rank_with_one_prediction_each(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet(some_pictures(5))
    label_studio.write(handed, tmp_path / "out")
    tasks = tasks_of(tmp_path / "out")
    assert [t["data"]["framesel_rank"] for t in tasks] == [1, 2, 3, 4, 5]
    assert [len(t["predictions"]) for t in tasks] == [1, 1, 0, 1, 1]
    scores = [t["predictions"][0]["score"] for t in tasks if t["predictions"]]
    assert scores == sorted(scores)  # uncertainty sampling takes the lowest first
    assert scores[0] == pytest.approx(1 - tasks[0]["data"]["framesel_score"])
    first, picture = tasks[0], next(iter(handed.pictures))
    assert first["data"]["framesel_key"] == "0:512"
    assert first["data"]["framesel_sha256"] == picture.sha256
    assert first["data"]["framesel_reason"] == picture.reason
    linked = tmp_path / "out" / "images" / picture.name
    assert linked.samefile(handed.images / picture.name)
    result = first["predictions"][0]["result"][0]
    assert result["value"]["x"] == pytest.approx(100 * 1.25 / 80)
    assert result["value"]["height"] == pytest.approx(100 * (17.125 - 2.5) / 48)
    assert result["score"] == 0.9


def test_without_guesses_there_are_no_predictions(sheet: MakeSheet, tmp_path: Path) -> None:
    label_studio.write(sheet(guesses=False), tmp_path / "out")
    assert all(t["predictions"] == [] for t in tasks_of(tmp_path / "out"))


def test_addresses_of_local_files_are_quoted(sheet: MakeSheet, tmp_path: Path) -> None:
    name = "a b/ü & \"x\" 'y' #1?.jpg"
    label_studio.write(sheet([replace(some_pictures(1)[0], name=name)]), tmp_path / "label-studio")
    (task,) = tasks_of(tmp_path / "label-studio")
    address = task["data"]["image"]
    assert address.startswith("/data/local-files/?d=label-studio/images/a%20b/")
    assert not set("\"' #&") & set(address.partition("?")[2])
    assert task["data"]["framesel_name"] == name


def test_context_is_shown_and_no_task(sheet: MakeSheet, tmp_path: Path) -> None:
    one, two, three, four = some_pictures(4)
    before = replace(two, name="b'\"<.jpg", context_of=one.name, boxes=(), rank=0, t_s=0.5)
    after = replace(three, context_of=one.name, boxes=(), rank=0)
    label_studio.write(sheet([one, before, after, four]), tmp_path / "out")
    first, second = (task["data"] for task in tasks_of(tmp_path / "out"))
    assert [task["framesel_name"] for task in (first, second)] == [one.name, four.name]
    shown = [address.rpartition("/")[2] for address in first["framesel_context"]]
    assert shown == ["b%27%22%3C.jpg", one.name, after.name]
    assert second["framesel_context"] == [second["image"]]
    assert "framesel_context" in (tmp_path / "out" / "config.xml").read_text()
    assert sorted(p.name for p in (tmp_path / "out" / "images").iterdir()) == [one.name, four.name]


def test_classes_that_it_cannot_show_are_refused(sheet: MakeSheet, tmp_path: Path) -> None:
    for names, message in (((), "list the classes"), (("car", "$image"), "rename it")):
        with pytest.raises(UsageError, match=message):
            label_studio.write(sheet([], classes=names), tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_labels_for_training_come_back_as_they_left(sheet: MakeSheet, tmp_path: Path) -> None:
    handed = sheet(some_pictures(6, "train"), purpose="train")
    label_studio.write(handed, tmp_path / "out")
    assert label_studio.sniff(tmp_path / "out")
    back = label_studio.read(tmp_path / "out")
    assert back.classes == handed.names
    assert len(back.pictures) == 6
    for picture, found in zip(handed.pictures, back.pictures, strict=True):
        assert (found.name, found.key, found.sha256) == (picture.name, picture.key, picture.sha256)
        assert found.reviewed is True
        assert found.split == picture.split
        assert [b.label for b in found.boxes] == [b.label for b in picture.boxes]
        for box, sent in zip(found.boxes, picture.boxes, strict=True):
            assert box.xyxy == pytest.approx(sent.xyxy, abs=1e-6)
            assert box.source == "manual"


def test_predictions_are_never_labels(sheet: MakeSheet, tmp_path: Path) -> None:
    label_studio.write(sheet(), tmp_path / "out")
    assert label_studio.sniff(tmp_path / "out" / "tasks.json")
    assert label_studio.read(tmp_path / "out").pictures == ()
