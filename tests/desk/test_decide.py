"""What a decision does, is told, and is found again after a reload."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI

from framesel.desk.app import create
from framesel.desk.desk import Desk
from framesel.rounds import decisions, state
from framesel.workspace import Workspace
from tests.desk.conftest import PORT, TOKEN, InLine, Tab


def said(workspace: Workspace) -> list[tuple[str, str]]:
    return [(d.kind, d.text) for d in decisions.read(workspace)]


def card_of(answer: Any, row: int) -> Any:
    (found,) = [card for card in answer["cards"] if card["row"] == row]
    return found


def test_rejecting_lets_the_next_best_in_at_once(tab: Tab, workspace: Workspace) -> None:
    before = tab.picks()
    answer = tab.say("reject", before[2])
    entered = answer["replacement"]
    assert entered["row"] not in before
    assert answer["pick_rows"] == [*before[:2], entered["row"], *before[3:]]
    assert answer["pending"] is False
    assert entered["fate"] == "pick"
    assert entered["rank"] == 3
    assert entered["verdict"] == "replacement"
    assert "takes its place: instead of" in answer["message"]
    assert entered["video"] in answer["message"]
    gone = card_of(answer, before[2])
    assert (gone["fate"], gone["rank"], gone["verdict"]) == ("declined", None, "rejected")
    assert {card["row"] for card in answer["cards"]} == {before[2], entered["row"]}
    (written,) = decisions.read(workspace)
    assert written.row is not None
    assert [d["no"] for d in answer["decisions"]] == [written.no] == [answer["seq"]]


def test_a_decision_outlives_the_desk(tab: Tab, workspace: Workspace) -> None:
    rejected = tab.picks()[0]
    tab.say("reject", rejected)
    tab.say("tag", tab.picks()[1], text="night")
    pinned = tab.other()
    tab.say("pin", pinned)
    again = Tab(create(Desk(workspace), TOKEN, PORT))
    assert again.picks() == tab.picks()
    assert again.picks()[0] == pinned
    assert rejected not in again.picks()
    cards = {card["row"]: card for card in again.get("/api/story")["cards"]}
    assert cards[pinned]["verdict"] == "pinned"
    assert sum(card["tags"] == ["night"] for card in cards.values()) == 1
    keys = list(zip(*state.rounds(workspace)[0].picks(workspace).to_pydict().values(), strict=True))
    assert len(keys) == len(again.picks())


def test_who_took_a_place_can_be_rejected_too(tab: Tab) -> None:
    before = tab.picks()
    first = tab.say("reject", before[0])["replacement"]["row"]
    second = tab.say("reject", first)
    assert second["replacement"]["row"] not in {first, *before}
    assert second["pick_rows"] == [second["replacement"]["row"], *before[1:]]


def test_keeping_a_rejected_frame_brings_it_back(tab: Tab) -> None:
    before = tab.picks()
    entered = tab.say("reject", before[1])["replacement"]["row"]
    assert any("rejected it" in line for line in tab.get(f"/api/frame/{before[1]}")["why"])
    answer = tab.say("keep", before[1])
    assert answer["pick_rows"] == before
    assert card_of(answer, before[1])["verdict"] == "kept"
    assert card_of(answer, entered)["fate"] == "outvoted"


def test_pinning_is_on_top_of_the_budget(tab: Tab) -> None:
    before, row = tab.picks(), tab.other()
    answer = tab.say("pin", row)
    assert answer["pick_rows"] == [row, *before]
    card = card_of(answer, row)
    assert (card["rank"], card["verdict"], card["reason"]) == (1, "pinned", "pinned by a reviewer")
    assert card["mass"] >= 1
    assert card["nearest"]["row"] in before
    gone = tab.say("reject", row)
    assert gone["replacement"] is None
    assert gone["pick_rows"] == before
    assert gone["pending"] is False


def test_pinning_a_pick_keeps_what_the_strategy_said(tab: Tab) -> None:
    before = tab.picks()
    story = {card["row"]: card for card in tab.get("/api/story")["cards"]}
    answer = tab.say("pin", before[3])
    assert answer["pick_rows"] == [before[3], *before[:3], *before[4:]]
    card = card_of(answer, before[3])
    for name in ("reason", "gain", "terms", "mass", "nearest"):
        assert card[name] == story[before[3]][name]


def test_a_frame_that_was_never_picked_can_be_declined(tab: Tab) -> None:
    before, row = tab.picks(), tab.other()
    answer = tab.say("reject", row)
    assert answer["pick_rows"] == before
    assert answer["replacement"] is None
    assert card_of(answer, row)["verdict"] == "rejected"


def test_where_nothing_fits_a_place_stays_free(tab: Tab, desk: Desk) -> None:
    desk.replacements.next = lambda *_: None  # type: ignore[method-assign]
    before = tab.picks()
    answer = tab.say("reject", before[0])
    assert answer["pick_rows"] == before[1:]
    assert answer["pending"] is False
    assert "no other frame fits" in answer["message"]


def test_undo_and_redo(tab: Tab) -> None:
    before, row = tab.picks(), tab.other()
    rejected = tab.say("reject", before[0])["pick_rows"]
    pinned = tab.say("pin", row)["pick_rows"]
    assert tab.turn("undo")["pick_rows"] == rejected
    answer = tab.turn("undo")
    assert answer["pick_rows"] == before
    assert {card["row"] for card in answer["cards"]} >= {before[0]}
    assert "taken back" in answer["message"]
    assert tab.turn("undo")["decisions"] == []
    assert tab.turn("redo")["pick_rows"] == rejected
    assert tab.turn("redo")["pick_rows"] == pinned
    nothing = tab.turn("redo")
    assert (nothing["decisions"], nothing["pick_rows"]) == ([], pinned)
    tab.turn("undo")
    tab.say("tag", row, text="x")
    assert tab.turn("redo")["decisions"] == []


def test_tags_and_blurs(tab: Tab, workspace: Workspace) -> None:
    row = tab.picks()[0]
    assert card_of(tab.say("tag", row, text=" night "), row)["tags"] == ["night"]
    assert card_of(tab.say("tag", row, text="<b>"), row)["tags"] == ["night", "<b>"]
    assert card_of(tab.say("untag", row, text="night"), row)["tags"] == ["<b>"]
    box = [0, 0.25, 0.5, 1]
    assert card_of(tab.say("blur", row, box=box), row)["blurs"] == [[0, 0.25, 0.5, 1]]
    assert card_of(tab.say("unblur", row, box=box), row)["blurs"] == []
    kinds = [kind for kind, _ in said(workspace)]
    assert kinds == ["tag", "tag", "untag", "blur", "unblur"]


def test_saying_the_same_again_writes_nothing(tab: Tab, workspace: Workspace) -> None:
    row = tab.picks()[0]
    box = [0.1, 0.1, 0.2, 0.2]
    for kind, more in (("keep", {}), ("tag", {"text": "a"}), ("blur", {"box": box}), ("pin", {})):
        tab.say(kind, row, **more)
        answer = tab.say(kind, row, **more)
        assert answer["decisions"] == []
        assert answer["message"] == "that is so already"
    assert len(said(workspace)) == 4


def test_no_duplicate_is_for_the_next_run(tab: Tab) -> None:
    row = tab.other("duplicate")
    answer = tab.say("not_duplicate", row)
    assert card_of(answer, row)["not_duplicate"] is True
    assert "next" in answer["message"]
    assert tab.get("/api/story")["unheard"] == ["you said that a frame is no duplicate"]
    tab.say("not_duplicate", tab.picks()[0], status=422)


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "fly"}, {"kind": "undo"}, {"kind": "keep", "row": -1}, {"kind": "keep", "seq": -1},
        {"kind": "keep", "row": 10**9},
        {"kind": "keep", "row": "0"}, {"kind": "keep", "row": True}, {"kind": "tag"},
        {"kind": "tag", "text": "x" * 61}, {"kind": "tag", "text": "a\nb"}, {"kind": "blur"},
        {"kind": "blur", "box": [0.5, 0, 0.4, 1]}, {"kind": "blur", "box": [0, 0, 1.5, 1]},
        {"kind": "blur", "box": [0, 0, 1]}, {"kind": "keep", "box": [0, 0, 1, 1]},
        {"kind": "reject", "text": "x" * 501}, {"kind": "keep", "more": 1},
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(
    tab: Tab, workspace: Workspace, content: dict[str, Any]
) -> None:
    answer = tab.post("/api/decide", {"seq": tab.seq, "row": 0, **content}, 422)
    assert answer["message"]
    assert said(workspace) == []


def test_a_closed_round_is_only_looked_at(tab: Tab, workspace: Workspace) -> None:
    tab.say("keep", tab.picks()[0])
    state.close(workspace, state.current(workspace), decisions.last(workspace))
    assert "closed" in tab.say("keep", tab.picks()[1], status=422)["message"]
    assert "closed" in tab.turn("undo", status=422)["message"]
    assert "closed" in tab.post("/api/export", {}, 422)["message"]
    assert "closed" in tab.get("/api/story")["readonly"]
    assert len(said(workspace)) == 1


def test_a_selection_of_no_round_is_only_looked_at(
    workspace: Workspace, replacer: Callable[[Desk], InLine]
) -> None:
    this = state.rounds(workspace)[0]
    (this.folder(workspace) / "round.json").unlink()
    tab = Tab(create(Desk(workspace), TOKEN, PORT))
    assert "of no round" in tab.get("/api/story")["readonly"]
    tab.say("keep", tab.picks()[0], status=422)


def test_the_desk_notices_that_a_run_chose_anew(tab: Tab, workspace: Workspace) -> None:
    from dataclasses import replace

    state.save(workspace, replace(state.current(workspace), selection="selection/other"))
    assert "framesel review" in tab.say("keep", tab.picks()[0], status=422)["message"]


def test_decisions_are_listed(tab: Tab) -> None:
    row = tab.picks()[0]
    tab.say("keep", row)
    tab.say("tag", row, text="dark")
    listed = tab.get("/api/decisions?after=1")
    assert listed["seq"] == 2
    assert [(d["no"], d["kind"], d["text"]) for d in listed["decisions"]] == [(2, "tag", "dark")]


def test_a_damaged_decision_is_named(app: FastAPI, tab: Tab, workspace: Workspace) -> None:
    del app
    tab.say("keep", tab.picks()[0])
    (workspace.root / "decisions" / "00000002.json").write_text("{")
    answer = tab.get("/api/story", 500)
    assert "00000002.json is damaged" in answer["message"]
    (workspace.root / "decisions" / "00000002.json").unlink()
    assert len(tab.picks()) > 0


def test_a_decision_whose_file_was_removed_is_forgotten(tab: Tab, workspace: Workspace) -> None:
    before = tab.picks()
    tab.say("reject", before[0])
    (workspace.root / "decisions" / "00000001.json").unlink()
    assert tab.picks() == before
    assert tab.get("/api/decisions") == {"seq": 0, "decisions": []}
