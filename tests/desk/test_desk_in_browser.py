from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from tests.desk.in_a_tab import current, hears, opens, page, rows
from tests.desk.open_desk import Opened, open_desk, settled

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Page, Route

__all__ = ["open_desk", "page"]


def test_the_first_pick_is_shown_with_its_reason(page: "Page", open_desk: Opened) -> None:
    first = rows(page)[0]
    assert current(page) == first
    page.get_by_role("heading", name="Why it was chosen").wait_for()
    page.locator("#picture").and_(page.locator("img[src^='/frame/']")).wait_for()
    assert page.evaluate("document.getElementById('picture').naturalWidth") > 0
    assert page.get_by_role("option", selected=True).get_attribute("data-row") == str(first)
    assert page.get_by_role("option").count() == len(rows(page)) == len(open_desk.desk.now.picks)


def test_a_rejected_pick_is_replaced_at_once(page: "Page", open_desk: Opened) -> None:
    before = rows(page)
    page.keyboard.press("j")
    assert current(page) == before[1]
    page.keyboard.press("x")
    hears(page, "takes its place: instead of")
    after = rows(page)
    assert after[0] == before[0]
    assert after[2:] == before[2:]
    assert after[1] not in before
    assert current(page) == after[1]
    page.locator("#panel").get_by_text("took the place of a rejected frame").wait_for()  # visible
    assert open_desk.said() == [("reject", before[1])]
    page.get_by_role("button", name="Rejected 1").click()
    assert page.get_by_role("option").get_attribute("data-row") == str(before[1])
    assert current(page) == before[1]
    page.get_by_role("button", name="Take back").click()
    hears(page, "kept")
    assert rows(page) == before


def test_a_rejection_may_have_a_reason(page: "Page", open_desk: Opened) -> None:
    page.keyboard.press("Shift+X")
    page.get_by_label("Why it should not be labelled").fill("a thumb on the lens")
    page.keyboard.press("Enter")
    hears(page, "rejected")
    assert open_desk.desk.now.history.decisions[0].text == "a thumb on the lens"


def test_keeping_goes_on_to_the_next(page: "Page", open_desk: Opened) -> None:
    first, second, third = rows(page)[:3]
    page.keyboard.press("a")
    page.keyboard.press("a")
    page.locator("#progress", has_text="2 of").wait_for()
    assert current(page) == third
    assert open_desk.said() == [("keep", first), ("keep", second)]
    page.get_by_role("button", name="Open").click()
    assert page.get_by_role("option").count() == len(rows(page)) - 2


def test_any_frame_can_be_pinned(page: "Page", open_desk: Opened) -> None:
    before = rows(page)
    row = opens(page)
    assert page.locator("[data-command=reject]").is_disabled()
    page.keyboard.press("p")
    hears(page, "pinned")
    assert rows(page) == [row, *before]
    page.locator("#panel").get_by_text("pinned by you").wait_for()  # visible
    assert open_desk.said() == [("pin", row)]


def test_what_was_done_is_undone_and_done_again(page: "Page", open_desk: Opened) -> None:
    before = rows(page)
    page.keyboard.press("x")
    hears(page, "takes its place")
    after = rows(page)
    page.keyboard.press("z")
    hears(page, "taken back")
    assert rows(page) == before
    assert current(page) == before[0]
    page.keyboard.press("Shift+Z")
    hears(page, "again")
    assert rows(page) == after
    page.get_by_role("button", name="Undo").click()
    hears(page, "taken back")
    assert rows(page) == before
    assert [kind for kind, _ in open_desk.said()] == ["reject", "undo", "undo", "undo"]


def test_a_tag_is_added_and_taken_off(page: "Page", open_desk: Opened) -> None:
    page.keyboard.press("t")
    page.get_by_label("Tag", exact=True).fill("<b>dusk</b>")
    page.keyboard.press("Enter")
    page.locator(".tags").get_by_text("<b>dusk</b>").wait_for()
    page.keyboard.press("j")
    page.keyboard.press("t")
    assert page.locator("datalist option").get_attribute("value") == "<b>dusk</b>"
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.keyboard.press("k")
    page.get_by_role("button", name="Remove the tag <b>dusk</b>").click()
    hears(page, "tag taken off")
    assert page.locator(".tags .tag-chip").count() == 0
    assert [kind for kind, _ in open_desk.said()] == ["tag", "untag"]


def test_an_answer_from_before_a_decision_does_not_hide_it(page: "Page") -> None:
    with page.expect_response("**/api/frame/*"):
        page.keyboard.press("j")
    held: list[tuple[Route, APIResponse]] = []
    page.route("**/api/frame/*", lambda route: held.append((route, route.fetch())))
    with page.expect_request("**/api/frame/*"):
        page.keyboard.press("d")
    page.keyboard.press("t")
    page.get_by_label("Tag", exact=True).fill("dusk")
    with page.expect_request("**/api/changes?after=1"):  # all that is told of decision 1 is heard
        page.keyboard.press("Enter")
    hears(page, "tagged")
    route, answer = held[0]
    assert answer.json()["card"]["tags"] == []
    route.fulfill(response=answer)
    page.get_by_role("dialog").or_(page.get_by_text("has no near-duplicates")).wait_for()
    assert page.evaluate("framesel.card(framesel.store.selected).tags") == ["dusk"]


def test_a_reload_comes_back_to_the_frame_and_to_what_was_decided(
    page: "Page", open_desk: Opened
) -> None:
    page.keyboard.press("x")
    hears(page, "takes its place")
    row = opens(page)
    page.keyboard.press("p")
    hears(page, "pinned")
    before = rows(page)
    page.reload()
    settled(page)
    assert rows(page) == before
    page.locator(f"#film [data-row='{row}'][aria-current]").wait_for()
    assert current(page) == row


def test_decisions_are_found_in_the_export(page: "Page", open_desk: Opened) -> None:
    first, second = rows(page)[:2]
    page.keyboard.press("x")
    hears(page, "takes its place")
    entered = current(page)
    page.keyboard.press("j")
    page.keyboard.press("t")
    page.get_by_label("Tag", exact=True).fill("dusk")
    page.keyboard.press("Enter")
    hears(page, "tagged")
    pin = opens(page)
    page.keyboard.press("p")
    hears(page, "pinned")
    page.keyboard.press("e")
    page.get_by_role("button", name="Export", exact=False).last.click()
    page.get_by_text("The pictures and lists lie in").wait_for(timeout=120_000)
    folder = Path(page.locator("dialog code").inner_text())
    table = pq.read_table(folder / "picks.parquet", partitioning=None).to_pylist()
    frames = open_desk.desk.now.frames
    exported = {frames.row_of(pick["video_no"], pick["pts"]): pick for pick in table}
    assert first not in exported
    assert exported[entered]["verdict"] == "replacement"
    assert exported[pin]["verdict"] == "pinned"
    assert list(exported[second]["tags"]) == ["dusk"]
    assert len(exported) == len(rows(page))
