"""Pushing to CVAT and pulling from it, against a stand-in for its HTTP interface."""

import io
import logging
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from framesel.annotation.sheet import Picture
from framesel.errors import MissingExtraError, ServerError, UsageError
from framesel.handover.servers import cvat_guesses
from framesel.handover.servers.cvat_client import Login, checked_address
from framesel.handover.servers.cvat_guesses import spread
from framesel.handover.servers.cvat_server import Pushed, push
from framesel.handover.servers.cvat_task import Check
from tests.annotation.conftest import CLASSES, MakeSheet, sheet, some_pictures
from tests.handover.cvat_bench import NAMES, fake, pulled, pushed
from tests.handover.fake_cvat import TOKEN, USER, running
from tests.handover.fake_cvat_state import FakeCvat

__all__ = ["fake", "sheet"]


def test_a_task_has_the_pictures_in_their_order(fake: FakeCvat, sheet: MakeSheet) -> None:
    backwards = tuple(reversed(some_pictures()))
    handed = sheet(backwards)
    done = pushed(fake, handed)
    assert fake.order == [picture.name for picture in backwards]
    assert fake.data["image_quality"] == 100
    assert fake.data["sorting_method"] == "predefined"
    assert [content for _, content in fake.uploads] == [
        (handed.images / picture.name).read_bytes() for picture in backwards
    ]
    task = fake.tasks[done.task]
    assert task["overlap"] == 0
    assert "segment_size" not in task
    assert done == Pushed(done.task, f"{fake.url}/tasks/{done.task}", 5, 6)


def test_guesses_scores_and_reasons_are_on_the_right_frames(
    fake: FakeCvat, sheet: MakeSheet
) -> None:
    """CVAT numbers frames as it likes; boxes go where the name is."""
    handed = sheet()
    task = fake.tasks[pushed(fake, handed, check=Check("gt_pool", 2)).task]
    assert fake.order != NAMES, "honeypots put the frames into another order"
    labels = {label["id"]: label["name"] for label in task["labels"]}
    attributes = {a["id"]: a["name"] for label in task["labels"] for a in label["attributes"]}
    for picture in handed.pictures:
        frame = fake.order.index(picture.name)
        shapes = [shape for shape in fake.shapes if shape["frame"] == frame]
        assert [
            (labels[s["label_id"]], s["type"], s["points"], s["source"], s["score"]) for s in shapes
        ] == [(b.label, "rectangle", list(b.xyxy), "auto", b.score) for b in picture.boxes]
        for shape, box in zip(shapes, picture.boxes, strict=True):
            (score,) = shape["attributes"]
            assert attributes[score["spec_id"]] == "score"
            assert float(score["value"]) == box.score
        (tag,) = (tag for tag in fake.tags if tag["frame"] == frame)
        said = {attributes[a["spec_id"]]: a["value"] for a in tag["attributes"]}
        assert said["reason"] == picture.reason
        assert said["key"] == picture.key


def test_long_tasks_are_annotated_in_several_requests(
    fake: FakeCvat, sheet: MakeSheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cvat_guesses, "AT_ONCE", 3)
    done = pushed(fake, sheet())
    assert sum("PATCH" in request for request in fake.requests) > 2
    assert (len(fake.shapes), len(fake.tags)) == (6, 5)
    assert done.boxes == 6


def test_without_guesses_there_are_only_reasons(fake: FakeCvat, sheet: MakeSheet) -> None:
    assert pushed(fake, sheet(guesses=False)).boxes == 0
    assert (len(fake.shapes), len(fake.tags)) == (0, 5)


def test_labels_are_declared_with_their_colours(fake: FakeCvat, sheet: MakeSheet) -> None:
    handed = sheet()
    task = fake.tasks[pushed(fake, handed, segment_size=2).task]
    assert task["segment_size"] == 2
    found = {label["name"]: (label["color"], label["type"]) for label in task["labels"]}
    for one in handed.classes:
        assert found[one.name] == (one.color, "rectangle")
    assert {name for name, (_, kind) in found.items() if kind == "tag"} == {
        "background",
        "framesel",
    }


def test_context_goes_in_an_archive_that_keeps_the_order(fake: FakeCvat, sheet: MakeSheet) -> None:
    last, first = some_pictures()[1], some_pictures()[0]
    context = Picture("before.jpg", 64, 48, context_of=last.name)
    pushed(fake, sheet([last, context, first]))
    assert fake.order == [last.name, first.name]
    with zipfile.ZipFile(io.BytesIO(fake.uploads[0][1])) as packed:
        stem = last.name.removesuffix(".jpg")
        assert set(packed.namelist()) == {
            last.name,
            first.name,
            f"related_images/{stem}_jpg/before.jpg",
            "manifest.jsonl",
        }
    assert {tag["frame"] for tag in fake.tags} == {0, 1}


@pytest.mark.parametrize(
    ("check", "sorting", "more"),
    [
        (Check("gt", 3), "predefined", {}),
        (Check("gt_pool", 3, 2), "random", {"frames_per_job_count": 2}),
    ],
)
def test_we_choose_the_frames_that_check_the_annotators(
    fake: FakeCvat, sheet: MakeSheet, check: Check, sorting: str, more: dict[str, int]
) -> None:
    pushed(fake, sheet(), check=check)
    assert fake.data["sorting_method"] == sorting
    assert fake.data["validation_params"] == {
        "mode": check.mode,
        "frame_selection_method": "manual",
        "frames": [NAMES[0], NAMES[2], NAMES[4]],
        **more,
    }


def test_checks_are_spread_over_the_ranking(sheet: MakeSheet) -> None:
    assert spread(sheet(), 0) == ()
    assert spread(sheet(), 1) == (NAMES[0],)
    assert spread(sheet(), 2) == (NAMES[0], NAMES[4])
    assert spread(sheet(), 9) == tuple(NAMES)


def test_a_project_is_made_and_found_again(fake: FakeCvat, sheet: MakeSheet) -> None:
    first = pushed(fake, sheet(), project="Cars")
    second = pushed(fake, sheet(), project="Cars", again=True)
    (number,) = fake.projects
    third = pushed(fake, sheet(), project=str(number), again=True)
    assert {fake.tasks[one.task]["project_id"] for one in (first, second, third)} == {number}
    assert len(fake.shapes) == 18


def test_a_project_without_our_labels_is_refused_before_anything_is_made(
    fake: FakeCvat, sheet: MakeSheet
) -> None:
    pushed(fake, sheet(), project="Cars")
    other = sheet(classes=(*CLASSES, "bicycle"))
    with pytest.raises(UsageError, match=r"'Cars' has no label for boxes called 'bicycle'"):
        pushed(fake, other, project="Cars", again=True)
    assert len(fake.tasks) == 1


def test_a_project_of_others_needs_our_classes_only(fake: FakeCvat, sheet: MakeSheet) -> None:
    """What it does not declare is left away, as CVAT would refuse all."""
    labels = [
        {"id": n, "name": name, "type": "any", "attributes": []}
        for n, name in enumerate(CLASSES, start=900)
    ]
    fake.projects[700] = {"id": 700, "name": "Theirs", "labels": labels}
    assert pushed(fake, sheet(), project="700").boxes == 6
    assert {len(shape["attributes"]) for shape in fake.shapes} == {0}
    assert {shape["score"] for shape in fake.shapes} == {0.9, 0.8}, "CVAT's own place for scores"
    assert not fake.tags


def test_the_same_task_is_not_made_twice_by_accident(fake: FakeCvat, sheet: MakeSheet) -> None:
    first = pushed(fake, sheet())
    with pytest.raises(UsageError, match=rf"'A round' already \(number {first.task}\).*--again"):
        pushed(fake, sheet())
    longer = replace(sheet(), title="A round and more")
    pushed(fake, longer)
    assert len(fake.tasks) == 2


@pytest.mark.parametrize(
    "fails",
    [
        {"POST /api/tasks/.*/data": (500, "disk full")},
        {"PATCH /api/tasks/.*/annotations": (400, "bad label")},
        {"GET /api/requests/.*": (500, "gone")},
    ],
)
def test_a_task_that_cannot_be_finished_is_removed(
    fake: FakeCvat, sheet: MakeSheet, fails: dict[str, tuple[int, str]]
) -> None:
    fake.fails = fails
    with pytest.raises(ServerError, match=next(iter(fails.values()))[1]):
        pushed(fake, sheet())
    assert not fake.tasks


def test_a_picture_that_the_server_does_not_know_stops_the_push(
    fake: FakeCvat, sheet: MakeSheet
) -> None:
    fake.forgets = {NAMES[2]}
    with pytest.raises(ServerError, match=rf"does not know 1 of the pictures, first '{NAMES[2]}'"):
        pushed(fake, sheet())
    assert not fake.tasks
    fake.fails = {"DELETE .*": (403, "no")}
    with pytest.raises(ServerError, match=r"Remove the unfinished task \d+ in CVAT"):
        pushed(fake, sheet())


def test_requests_that_make_no_sense_reach_no_server(sheet: MakeSheet) -> None:
    with pytest.raises(UsageError, match="nothing to hand over"):
        push(sheet([]), "http://127.0.0.1:1", Login(TOKEN))
    for check in (Check("gt", 5), Check("gt", 0), Check("gt_pool", 2, 3)):
        with pytest.raises(UsageError, match="1 to 4 can check"):
            push(sheet(), "http://127.0.0.1:1", Login(TOKEN), check=check)


@pytest.mark.parametrize("url", ["cvat.example", "ftp://x", "", "http://", "https://a:b@x.example"])
def test_an_address_is_one_and_holds_no_password(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_address(url)
    assert "a:b" not in str(caught.value)
    assert checked_address("https://x.example/cvat/") == "https://x.example/cvat"


@pytest.mark.parametrize("login", [Login("wrong-" + TOKEN), Login(user=USER, password="wrong")])
def test_secrets_are_in_no_error_and_no_log(
    fake: FakeCvat, sheet: MakeSheet, login: Login, caplog: pytest.LogCaptureFixture
) -> None:
    """The stand-in repeats what it was sent, as some servers do."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(UsageError) as caught:
        push(sheet(), fake.url, login, poll_s=0)
    said = f"{caught.value!r} {login!r} {caplog.text}"
    assert "does not accept the login" in said
    for secret in (login.token, login.password):
        assert not secret or secret not in said


def test_a_server_that_is_none_is_said(fake: FakeCvat, sheet: MakeSheet) -> None:
    fake.fails = {"GET /api/tasks": (200, "I am no CVAT")}
    with pytest.raises(ServerError, match="does not answer as CVAT does"):
        pushed(fake, sheet())


def test_a_server_that_is_away_is_said(sheet: MakeSheet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("urllib3.util.retry.Retry.sleep", lambda *_: None)
    with running() as gone:
        url = gone.url
    with pytest.raises(ServerError, match=r"cannot be reached: .*refused"):
        push(sheet(), url, Login(TOKEN), poll_s=0)


def test_the_sdk_is_an_extra(sheet: MakeSheet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cvat_sdk.core.client", None)
    with pytest.raises(MissingExtraError, match=r"framesel\[cvat\]"):
        push(sheet(), "http://127.0.0.1:1", Login(TOKEN))


def test_only_the_users_server_is_asked(fake: FakeCvat, sheet: MakeSheet, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    pulled(fake, pushed(fake, sheet()).task)
    new = {path.name for path in set(tmp_path.rglob("*")) - before}
    assert new == {"pictures", *NAMES}, "nothing is left behind"
