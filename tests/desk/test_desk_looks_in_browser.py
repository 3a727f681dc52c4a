import base64
import re
import shutil
from typing import TYPE_CHECKING

import pyarrow.parquet as pq
from playwright.sync_api import expect

from framesel.desk.words import named
from tests.desk.in_a_tab import current, hears, opens, page, rows
from tests.desk.open_desk import Opened, open_desk

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["open_desk", "page"]

DROP = """([name, type, text]) => {
    const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
    const carried = new DataTransfer();
    carried.items.add(new File([bytes], name, { type }));
    const event = { dataTransfer: carried, bubbles: true, cancelable: true };
    document.body.dispatchEvent(new DragEvent("dragover", event));
    document.body.dispatchEvent(new DragEvent("drop", event));
}"""


def drop(page: "Page", name: str, kind: str, content: bytes) -> None:
    """Drops a file on the page, as a person would from a folder."""
    page.evaluate(DROP, [name, kind, base64.b64encode(content).decode()])


def hits(page: "Page") -> list[int]:
    """The rows that a search found, the most similar first."""
    page.locator("#view-search .hits .tile").first.wait_for()
    found = page.locator("#view-search .hits .tile").all()
    return [int(tile.get_attribute("data-row") or -1) for tile in found]


def test_frames_like_a_frame_are_found_and_pinned(page: "Page", open_desk: Opened) -> None:
    row = current(page)
    page.keyboard.press("s")
    page.get_by_role("heading", name="Similar to").wait_for()
    found = hits(page)
    assert row not in found
    vectors = open_desk.desk.now.vectors[:]
    assert found[0] in (-(vectors @ vectors[row])).argsort()[:3]
    wanted = next(hit for hit in found if hit not in rows(page))
    page.locator(f".hits .tile[data-row='{wanted}']").focus()
    page.keyboard.press("p")
    hears(page, "pinned")
    assert wanted in rows(page)
    page.keyboard.press("Enter")
    assert current(page) == wanted
    assert page.locator("#view-picks").is_visible()


def test_frames_like_a_dropped_picture_are_found(page: "Page", open_desk: Opened) -> None:
    row = rows(page)[3]
    picture = open_desk.desk.now.jpeg(row)
    assert picture is not None
    drop(page, "<img src=x>.jpg", "image/jpeg", picture)
    page.get_by_role("heading", name="Similar to <img src=x>.jpg").wait_for()
    hears(page, "the most similar first")
    assert row in hits(page)[:3]


def test_a_file_that_is_no_picture_is_refused_in_words(
    page: "Page", browser_errors: list[str]
) -> None:
    drop(page, "notes.txt", "text/plain", b"hello")
    hears(page, "notes.txt is not a picture")
    drop(page, "broken.png", "image/png", b"hello")
    page.locator("#view-search .hits .trouble").wait_for()
    # Chromium writes every refused request to its console.
    assert all("status of 4" in error for error in browser_errors)
    browser_errors.clear()


def test_duplicates_lie_side_by_side_and_can_be_called_none(
    page: "Page", open_desk: Opened
) -> None:
    row = opens(page, "duplicate")
    page.keyboard.press("d")
    dialog = page.get_by_role("dialog", name="Near-duplicates side by side")
    dialog.wait_for()
    view = open_desk.desk.now
    shown = [text.inner_text() for text in dialog.locator(".pair p").all()]
    assert shown == [named(view, int(view.keeper[row])), named(view, row)]
    assert dialog.locator(".pair img").count() == 2
    assert dialog.locator(".strip [aria-current]").get_attribute("data-row") == str(row)
    page.keyboard.press("n")
    dialog.get_by_text("You said that this is not a duplicate").wait_for()
    assert dialog.get_by_role("button", name="Not a duplicate").is_disabled()
    page.keyboard.press("Escape")
    hears(page, "no duplicate")
    assert open_desk.said() == [("not_duplicate", row)]


def test_what_is_blurred_is_blurred_in_every_picture(page: "Page", open_desk: Opened) -> None:
    row = current(page)
    page.keyboard.press("b")
    area = page.locator(".cover").bounding_box()
    assert area is not None
    page.mouse.move(area["x"] + 0.25 * area["width"], area["y"] + 0.5 * area["height"])
    page.mouse.down()
    page.mouse.move(area["x"] + 0.75 * area["width"], area["y"] + 0.9 * area["height"])
    page.mouse.up()
    page.keyboard.press("Enter")
    hears(page, "blurred")
    decision = open_desk.desk.now.history.decisions[0]
    assert decision.box is not None
    for share, wanted in zip(decision.box, (0.25, 0.5, 0.75, 0.9), strict=True):
        assert abs(share - wanted) < 0.02
    expect(page.locator("#picture")).to_have_attribute("src", re.compile("v="))
    page.get_by_role("button", name="Show again what blur 1 hides").click()
    hears(page, "blur taken off")
    assert page.locator(".blurred").count() == 0
    assert open_desk.said() == [("blur", row), ("unblur", row)]


def test_one_selection_alone_is_not_compared(page: "Page") -> None:
    page.get_by_role("tab", name="Compare").click()
    page.get_by_text("There is one selection in this workspace").wait_for()


def test_two_selections_are_compared(page: "Page", open_desk: Opened) -> None:
    own = open_desk.desk.now.chosen.folder
    other = own.with_name("00000000-00000000")
    shutil.copytree(own, other)
    table = pq.read_table(other / "all.parquet", partitioning=None)
    pq.write_table(table.slice(0, 5), other / "all.parquet")
    page.get_by_role("tab", name="Compare").click()
    page.get_by_text("In both: 5 frames.").wait_for()
    first, second = page.locator("#view-compare section").all()
    missing = [int(tile.get_attribute("data-row") or -1) for tile in first.locator(".tile").all()]
    assert missing == rows(page)[5:]
    second.get_by_text("None.").wait_for()
    first.locator(".tile").first.click()
    assert current(page) == missing[0]


def test_a_video_is_browsed_frame_by_frame(page: "Page", open_desk: Opened) -> None:
    number = int(open_desk.desk.now.frames.video_no[current(page)])
    page.get_by_role("tab", name="Videos").click()
    tiles = page.locator(".frames .tile")
    tiles.first.wait_for()
    low, high = open_desk.desk.now.frames.span(number)
    found = [int(tile.get_attribute("data-row") or -1) for tile in tiles.all()]
    assert found == list(range(low, high))
    other = page.locator(".video-list button:not([aria-current])").first
    other.click()
    page.locator(f".frames .tile:not([data-row='{low}'])").first.wait_for()
    tiles.last.click()
    assert current(page) not in found
    assert page.locator("#view-picks").is_visible()
    page.keyboard.press("Escape")
    assert current(page) == rows(page)[0]
    # What a list of frames tells of a frame does not replace what was known of it.
    assert page.evaluate("framesel.card(framesel.store.selected).size") is not None


def test_the_map_opens_frames(page: "Page") -> None:
    page.get_by_role("tab", name="Map").click()
    canvas = page.locator("#view-map canvas").first
    canvas.wait_for(timeout=60_000)
    assert page.evaluate("framesel.columns('x').length === framesel.columns('row').length")
