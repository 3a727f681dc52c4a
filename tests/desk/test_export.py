"""What goes to export from the desk is what the reviewer decided."""

import csv
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from framesel.desk import exporting
from framesel.desk.desk import Desk
from framesel.desk.jobs import Jobs
from framesel.errors import StageError
from framesel.video import jpeg
from framesel.workspace import Workspace
from tests.desk.conftest import Tab
from tests.resume.faults import Inline


@pytest.fixture(autouse=True)
def in_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports without worker processes."""
    monkeypatch.setattr(exporting, "LocalRunner", Inline)


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Callable[[Tab], Any]:
    """Exports from a tab and waits for the end."""
    started: list[Any] = []
    begin = Jobs.begin

    def spied(self: Jobs, work: Any) -> Any:
        started.append(begin(self, work))
        return started[-1]

    monkeypatch.setattr(Jobs, "begin", spied)

    def export(tab: Tab) -> Any:
        number = tab.post("/api/export", {}, 202)["job"]
        started[-1].result.exception(120)
        return tab.get(f"/api/job/{number}")

    return export


def test_decisions_are_in_the_exported_list(
    tab: Tab, desk: Desk, workspace: Workspace, done: Callable[[Tab], Any]
) -> None:
    before = tab.picks()
    entered = tab.say("reject", before[0])["replacement"]
    pinned = tab.other()
    tab.say("pin", pinned)
    tab.say("keep", before[1])
    tab.say("tag", before[1], text="=night; rain")
    tab.say("reject", before[2])
    tab.turn("undo")
    state = done(tab)
    assert state["state"] == "done"
    assert state["done"] == state["of"] > 0
    folder = workspace.round(1) / "export"
    assert state["folder"] == str(folder)
    with (folder / "picks.csv").open(newline="", encoding="utf-8") as file:
        listed = list(csv.DictReader(file))
    keys = [(int(row["video_no"]), int(row["pts"])) for row in listed]
    assert keys == [desk.now.key(row) for row in [pinned, entered["row"], *before[1:]]]
    verdicts = {key: row["verdict"] for key, row in zip(keys, listed, strict=True)}
    assert verdicts[desk.now.key(pinned)] == "pinned"
    assert verdicts[desk.now.key(entered["row"])] == "replacement"
    assert verdicts[desk.now.key(before[1])] == "kept"
    assert [row["tags"] for row in listed if row["tags"]] == ["=night; rain"]
    pictures = {path.name for path in (folder / "images").iterdir()}
    assert {row["image"] for row in listed} == pictures
    assert f"{len(listed)} pictures" in state["message"]


def test_what_is_blurred_is_blurred_in_the_export(
    tab: Tab, workspace: Workspace, done: Callable[[Tab], Any]
) -> None:
    row = tab.picks()[0]
    name = tab.get("/api/story")["cards"][0]["image"].rpartition("/")[2]
    folder = workspace.round(1) / "export" / "images"
    before = jpeg.decode((folder / name).read_bytes())
    tab.say("blur", row, box=[0, 0, 1, 1])
    assert done(tab)["state"] == "done"
    after = jpeg.decode((folder / name).read_bytes())
    assert after.shape == before.shape
    detail = [float(np.abs(np.diff(i.astype(int), axis=1)).mean()) for i in (before, after)]
    assert detail[1] < 0.5 * detail[0]


def test_what_goes_wrong_is_told(
    tab: Tab, done: Callable[[Tab], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise StageError("the disk is full: make room and try again")

    monkeypatch.setattr(exporting.exporting, "export_now", broken)
    state = done(tab)
    assert (state["state"], state["message"]) == (
        "failed",
        "the disk is full: make room and try again",
    )
    monkeypatch.undo()
    monkeypatch.setattr(exporting, "LocalRunner", Inline)


def test_what_is_decided_meanwhile_is_told_of(
    tab: Tab, done: Callable[[Tab], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    row = tab.picks()[0]
    export_now = exporting.exporting.export_now

    def slow(*arguments: Any) -> Any:
        found = export_now(*arguments)
        tab.say("keep", row)
        return found

    monkeypatch.setattr(exporting.exporting, "export_now", slow)
    assert "export once more" in done(tab)["message"]
    monkeypatch.setattr(exporting.exporting, "export_now", export_now)
    assert "export once more" not in done(tab)["message"]


def test_one_export_runs_at_a_time(tab: Tab, monkeypatch: pytest.MonkeyPatch) -> None:
    import threading

    go = threading.Event()
    monkeypatch.setattr(exporting.exporting, "export_now", lambda *_: go.wait(60) and [])
    first = tab.post("/api/export", {}, 202)
    assert tab.post("/api/export", {}, 202) == first
    assert tab.get(f"/api/job/{first['job']}")["state"] == "working"
    go.set()


def test_another_framesel_in_the_workspace_is_named(
    tab: Tab, workspace: Workspace, done: Callable[[Tab], Any]
) -> None:
    with workspace.locked():
        state = done(tab)
    assert state["state"] == "failed"
    assert "another framesel is working" in state["message"]
