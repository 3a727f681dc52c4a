"""Pulling labels from CVAT, against a stand-in for its HTTP interface."""

import pytest

from framesel.errors import LabelsError, UsageError
from tests.annotation.conftest import CLASSES, MakeSheet, sheet
from tests.handover.cvat_bench import NAMES, fake, pulled, pushed
from tests.handover.fake_cvat_state import FakeCvat

__all__ = ["fake", "sheet"]


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
    with pytest.raises(UsageError, match="has nothing of that number"):
        pulled(fake, 12)
