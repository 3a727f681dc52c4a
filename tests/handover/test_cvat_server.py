"""Pushing to CVAT and pulling from it, against a stand-in for its HTTP interface."""

import io
import logging
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from framesel.annotation.returned import Returned
from framesel.annotation.sheet import Picture, Sheet
from framesel.errors import LabelsError, MissingExtraError, ServerError, UsageError
from framesel.handover import cvat_guesses
from framesel.handover.cvat_client import Login, checked_address
from framesel.handover.cvat_guesses import spread
from framesel.handover.cvat_server import Pushed, pull, push
from framesel.handover.cvat_task import Check
from tests.annotation.conftest import CLASSES, MakeSheet, sheet, some_pictures
from tests.handover.fake_cvat import PASSWORD, TOKEN, USER, FakeCvat, running

__all__ = ["sheet"]

NAMES = [picture.name for picture in some_pictures()]


@pytest.fixture
def fake() -> Iterator[FakeCvat]:
    with running() as found:
        yield found


def pushed(fake: FakeCvat, sheet: Sheet, **more: Any) -> Pushed:
    return push(sheet, fake.url, Login(TOKEN), poll_s=0, **more)


def pulled(fake: FakeCvat, *tasks: int) -> Returned:
    return pull(fake.url, Login(user=USER, password=PASSWORD), tasks, poll_s=0)


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


def test_what_is_pulled_is_what_was_pushed(fake: FakeCvat, sheet: MakeSheet) -> None:
    handed = sheet()
    found = pulled(fake, pushed(fake, handed).task)
    assert found.format == "cvat"
    assert found.classes == CLASSES
    for back, out in zip(found.pictures, handed.pictures, strict=True):
        assert (back.name, back.key) == (out.name, out.key)
        assert [(b.label, b.score) for b in back.boxes] == [(b.label, b.score) for b in out.boxes]
        for a, b in zip(back.boxes, out.boxes, strict=True):
            assert a.xyxy == pytest.approx(b.xyxy, abs=0.0051)
    assert fake.logged_out


def test_a_completed_job_is_reviewed_by_its_assignee(fake: FakeCvat, sheet: MakeSheet) -> None:
    task = pushed(fake, sheet()).task
    (job,) = fake.jobs
    job |= {"stop_frame": 1, "state": "completed", "assignee": {"username": "ann", "id": 1}}
    fake.make_job(task, start_frame=2, stop_frame=4, assignee={"username": "bob", "id": 2})
    background = next(x["id"] for x in fake.tasks[task]["labels"] if x["name"] == "background")
    # the third picture has no guesses; bob says that nothing is in it
    fake.tags.append({"frame": 2, "label_id": background, "attributes": []})
    found = pulled(fake, task).pictures
    assert [(p.annotator, p.reviewed) for p in found] == [
        ("ann", True),
        ("ann", True),
        ("bob", True),
        ("bob", False),
        ("bob", False),
    ]
    assert found[0].at == "2026-01-02T03:04:05+00:00"


def test_nobodys_words_over_one_frame_are_kept_apart(fake: FakeCvat, sheet: MakeSheet) -> None:
    task = pushed(fake, sheet()).task
    trusted = fake.make_job(task, type="ground_truth", stop_frame=0)
    found = [p for p in pulled(fake, task).pictures if p.name == NAMES[0]]
    assert [p.annotator for p in found] == [f"job {fake.jobs[0]['id']}", f"job {trusted['id']}"]


def test_labels_that_make_no_sense_name_the_job(fake: FakeCvat, sheet: MakeSheet) -> None:
    task = pushed(fake, sheet()).task
    fake.shapes[0]["points"] = [0, 0, 900, 900]
    with pytest.raises(LabelsError, match=rf"^job {fake.jobs[0]['id']}/annotations\.xml: image"):
        pulled(fake, task)


def test_a_task_that_is_not_there_is_said(fake: FakeCvat) -> None:
    with pytest.raises(ServerError, match="404"):
        pulled(fake, 12)


@pytest.mark.parametrize("login", [Login("wrong-" + TOKEN), Login(user=USER, password="wrong")])
def test_secrets_are_in_no_error_and_no_log(
    fake: FakeCvat, sheet: MakeSheet, login: Login, caplog: pytest.LogCaptureFixture
) -> None:
    """The stand-in repeats what it was sent, as some servers do."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises((UsageError, ServerError)) as caught:
        push(sheet(), fake.url, login, poll_s=0)
    said = f"{caught.value!r} {login!r} {caplog.text}"
    assert "401" in said or "400" in said
    for secret in (login.token, login.password):
        assert not secret or secret not in said


def test_a_server_that_is_none_is_said(fake: FakeCvat, sheet: MakeSheet) -> None:
    fake.fails = {"GET /api/tasks": (200, "I am no CVAT")}
    with pytest.raises(ServerError, match="does not answer as CVAT does"):
        pushed(fake, sheet())


def test_the_sdk_is_an_extra(sheet: MakeSheet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cvat_sdk.core.client", None)
    with pytest.raises(MissingExtraError, match=r"framesel\[cvat\]"):
        push(sheet(), "http://127.0.0.1:1", Login(TOKEN))


def test_only_the_users_server_is_asked(fake: FakeCvat, sheet: MakeSheet, tmp_path: Path) -> None:
    before = set(tmp_path.rglob("*"))
    pulled(fake, pushed(fake, sheet()).task)
    new = {path.name for path in set(tmp_path.rglob("*")) - before}
    assert new == {"pictures", *NAMES}, "nothing is left behind"
