"""Two tabs, two desks, a late replacement, a kill: nothing is lost and nothing is doubled."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI

from framesel.desk import desk as desks
from framesel.desk.app import create
from framesel.desk.desk import Desk
from framesel.report.view import FATES
from framesel.rounds import decisions, state
from framesel.workspace import Workspace
from tests.desk.conftest import PORT, TOKEN, InLine, Tab


def exported(workspace: Workspace) -> list[tuple[int, int]]:
    """What would be exported: the round's picks as they lie on disk."""
    picks = state.rounds(workspace)[0].picks(workspace)
    return list(zip(picks["video_no"].to_pylist(), picks["pts"].to_pylist(), strict=True))


def test_a_tab_that_has_not_heard_is_told_before_it_overrules(app: FastAPI, tab: Tab) -> None:
    other = Tab(app)
    row = tab.picks()[0]
    other.say("keep", row)
    answer = tab.say("reject", row, status=409)
    assert "elsewhere" in answer["message"]
    assert row in answer["pick_rows"]
    assert [card["verdict"] for card in answer["cards"]] == ["kept"]
    assert answer["seq"] == other.seq
    assert row not in tab.say("reject", row)["pick_rows"]


def test_tabs_that_speak_of_different_frames_do_not_disturb_one_another(
    app: FastAPI, tab: Tab
) -> None:
    other = Tab(app)
    first, second = tab.picks()[:2]
    other.say("keep", first)
    answer = tab.say("keep", second)
    assert {card["row"] for card in answer["cards"]} == {first, second}
    assert [d["kind"] for d in answer["decisions"]] == ["keep"]


def test_undo_never_takes_back_what_was_not_seen(app: FastAPI, tab: Tab) -> None:
    other = Tab(app)
    first, second = tab.picks()[:2]
    tab.say("keep", first)
    other.say("keep", second)
    assert "elsewhere" in tab.turn("undo", status=409)["message"]
    assert "taken back" in tab.turn("undo")["message"]


def test_a_tab_hears_what_others_do(app: FastAPI, tab: Tab) -> None:
    other = Tab(app)
    row = tab.picks()[0]
    answer = other.say("reject", row)
    news = tab.get(f"/api/changes?after={tab.seq}")
    assert news["seq"] == other.seq
    assert news["pick_rows"] == answer["pick_rows"]
    assert {card["row"] for card in news["cards"]} == {row, answer["replacement"]["row"]}


def test_a_waiting_tab_is_woken(app: FastAPI, tab: Tab) -> None:
    row = tab.picks()[0]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(tab.get, f"/api/changes?after={tab.seq}")
        Tab(app).say("keep", row)
        news = waiting.result(30)
    assert [card["row"] for card in news["cards"]] == [row]


def test_a_waiting_tab_is_let_go_when_the_desk_closes(desk: Desk, tab: Tab) -> None:
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(tab.get, f"/api/changes?after={tab.seq}")
        desk.close()
        assert waiting.result(30)["cards"] == []


def test_many_waiting_tabs_leave_lines_to_the_others(
    app: FastAPI, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    del app
    monkeypatch.setattr("framesel.desk.read.POLL_S", 1e9)
    monkeypatch.setattr("framesel.desk.read.CROWDED_S", 0.0)
    monkeypatch.setattr("framesel.desk.read.CROWD", 0)
    assert tab.get(f"/api/changes?after={tab.seq}")["cards"] == []


def test_many_at_once_lose_and_double_nothing(
    desk: Desk, app: FastAPI, workspace: Workspace, replacer: Callable[[Desk], InLine]
) -> None:
    elsewhere = Desk(workspace)
    replacer(elsewhere)
    tabs = [Tab(app), Tab(app), Tab(create(elsewhere, TOKEN, PORT))]
    for tab in tabs:  # at its first request an app makes routes ready, and mutes warnings: in turn
        tab.post("/api/decide", {}, 422)
    rows = tabs[0].picks()
    spare = int((desk.base.fate == FATES.index("outvoted")).sum())
    start = threading.Barrier(len(tabs))

    def work(tab: Tab) -> int:
        start.wait(30)
        done = 0
        for row in rows:
            content = {"seq": tab.seq, "kind": "reject", "row": row}
            found = tab.client.post(
                "/api/decide", json=content, headers={"origin": f"http://127.0.0.1:{PORT}"}
            )
            assert found.status_code in (200, 409), found.text
            done += found.status_code == 200 and len(found.json()["decisions"])
        return done

    with ThreadPoolExecutor(len(tabs)) as pool:
        done = sum(pool.map(work, tabs))
    written = decisions.read(workspace)
    assert [d.no for d in written] == list(range(1, len(rows) + 1))
    assert done == len(rows) == len({d.key for d in written})
    entered = [(d.row["video_no"], d.row["pts"]) for d in written if d.row is not None]
    assert len(set(entered)) == len(entered) == min(spare, len(rows))
    assert sorted(exported(workspace)) == sorted(entered)
    assert desk.now.pick_keys == elsewhere.now.pick_keys == exported(workspace)


@pytest.fixture
def late(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> tuple[Desk, Callable[[], None]]:
    """A desk that is still getting ready, and what makes it ready."""
    go, done = threading.Event(), threading.Event()

    def make(view: Any) -> InLine:
        del view
        assert go.wait(60)
        return InLine(found)

    monkeypatch.setattr(desks, "make_replacer", make)
    found = Desk(workspace)
    fill = found.fill
    monkeypatch.setattr(found.replacements, "_ready", lambda: (fill(), done.set()))
    found.replacements.begin()

    def ready() -> None:
        go.set()
        assert done.wait(60)

    return found, ready


def test_a_replacement_comes_later_where_nobody_could_tell_yet(
    late: tuple[Desk, Callable[[], None]], workspace: Workspace
) -> None:
    desk, ready = late
    tab = Tab(create(desk, TOKEN, PORT))
    before = tab.picks()
    answer = tab.say("reject", before[0])
    assert (answer["pending"], answer["replacement"]) == (True, None)
    assert answer["pick_rows"] == before[1:]
    tab.say("keep", before[1])
    ready()
    news = tab.get(f"/api/changes?after={tab.seq}")
    tab.seq = news["seq"]
    (entered,) = [card for card in news["cards"] if card["verdict"] == "replacement"]
    assert news["pick_rows"] == [entered["row"], *before[1:]]
    assert len(exported(workspace)) == len(before)
    # To a person the rejection is one thing, and it came before the keeping.
    assert "kept" in tab.turn("undo")["message"]
    answer = tab.turn("undo")
    assert "rejected" in answer["message"]
    assert answer["pick_rows"] == before
    assert tab.turn("undo")["decisions"] == []
    assert tab.turn("redo")["pick_rows"] == [entered["row"], *before[1:]]


def test_a_desk_that_was_killed_before_it_could_tell_fills_the_place_the_next_time(
    late: tuple[Desk, Callable[[], None]], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, _ = late
    tab = Tab(create(desk, TOKEN, PORT))
    before = tab.picks()
    tab.say("reject", before[0])
    row = tab.other()
    tab.say("pin", row)
    tab.say("reject", row)  # took no place: none becomes free
    again = Desk(workspace)
    filled = threading.Event()
    fill = again.fill
    monkeypatch.setattr(desks, "make_replacer", lambda view: InLine(again))
    monkeypatch.setattr(again.replacements, "_ready", lambda: (fill(), filled.set()))
    again.warm()
    assert filled.wait(60)
    assert len(exported(workspace)) == len(before)
    assert len(set(exported(workspace))) == len(before)


def test_nobody_hears_half_of_what_fills_a_place(
    late: tuple[Desk, Callable[[], None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, ready = late
    tab = Tab(create(desk, TOKEN, PORT))
    tab.say("reject", tab.picks()[0])
    written, heard = decisions.append, list[int]()
    listener = threading.Thread(target=lambda: heard.append(desk.now.history.last))

    def looked_at(workspace: Workspace, decision: Any) -> Any:
        if decision.kind == "undo":
            listener.start()
            listener.join(0.2)  # as long as somebody who may hear it would need
        return written(workspace, decision)

    monkeypatch.setattr(desks.decisions, "append", looked_at)
    ready()
    listener.join(60)
    assert heard == [tab.seq + 2]


def test_a_kill_between_the_two_halves_of_filling_loses_no_rejection(
    late: tuple[Desk, Callable[[], None]], workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, ready = late
    tab = Tab(create(desk, TOKEN, PORT))
    before = tab.picks()
    tab.say("reject", before[0])
    key = desk.now.key(before[0])
    written = decisions.append

    def killed(workspace: Workspace, decision: Any) -> Any:
        if decision.kind == "undo":
            raise KeyboardInterrupt
        return written(workspace, decision)

    monkeypatch.setattr(desks.decisions, "append", killed)
    monkeypatch.setattr(desk.replacements, "_ready", lambda: None)
    ready_now = InLine(desk)
    monkeypatch.setattr(desk.replacements, "next", ready_now.next)
    with pytest.raises(KeyboardInterrupt):
        desk.fill()
    monkeypatch.setattr(desks.decisions, "append", written)
    picks = exported(workspace)
    assert key not in picks
    assert len(picks) == len(set(picks)) == len(before)
    again = Desk(workspace)
    assert key not in again.now.pick_keys
    del ready
