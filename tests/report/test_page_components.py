"""The sheet of picks, the frame dialog and the filters, in a browser on the real page."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.report import whole_page

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

RARE = [10, 30, 50, 70, 90, 110]  # every second pick of three videos with 40 frames


def opened(page: "Page", folder: Path, told: dict[str, Any] | None = None, hash_: str = "") -> str:
    address = whole_page.write(folder, told or whole_page.story())
    page.goto(address + hash_)
    page.wait_for_selector("fs-sheet li")
    return address


def shown(page: "Page") -> list[int]:
    """Rows of the tiles, in their order."""
    rows: list[int] = page.eval_on_selector_all(
        "fs-sheet li[data-row]", "nodes => nodes.map(node => Number(node.dataset.row))"
    )
    return rows


def facet(page: "Page", name: str) -> "Locator":
    """Opens a facet."""
    node = page.locator("fs-filters details", has=page.locator("summary", has_text=name))
    node.locator("summary").click()
    return node


def test_picks_stand_in_rank_order_and_say_why(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    assert shown(browser_page) == list(range(0, 120, 10))
    assert browser_page.locator("fs-sheet .said").inner_text() == "12 picks"
    second = browser_page.locator("fs-sheet li").nth(1)
    text = second.inner_text()
    for part in (
        "2", whole_page.HOSTILE, "0:10.0", "rare: far from all chosen before", "coverage 3",
        "classes 0.5", "stands for 4", "0.43 away from pick 1",
    ):  # fmt: skip
        assert part in text
    second.locator("img").wait_for()
    assert second.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)")
    outline = second.locator(".box-line").get_attribute("d")
    assert outline == "M100 200H500V600H100Z"


def test_markup_in_names_stays_text(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    facet(browser_page, "Class")
    browser_page.locator("fs-sheet a").first.click()
    assert browser_page.locator("dialog.frame").inner_text().count(whole_page.HOSTILE)
    assert browser_page.locator("img[src='x'], main b, main u, main i").count() == 0
    assert (
        "poor quality: <u>blurred</u>" in browser_page.locator("fs-left-out").inner_text().lower()
    )


def test_a_class_filters_is_in_the_address_and_can_be_cleared(
    browser_page: "Page", tmp_path: Path
) -> None:
    opened(browser_page, tmp_path)
    facet(browser_page, "Class").get_by_label("car").check()
    assert shown(browser_page) == RARE
    assert browser_page.locator("fs-sheet .said").inner_text() == "6 of 12 picks"
    assert browser_page.evaluate("location.hash") == "#class=car"
    browser_page.reload()
    browser_page.wait_for_selector("fs-sheet li")
    assert shown(browser_page) == RARE
    browser_page.get_by_role("button", name="Remove filter Class: car").click()
    assert len(shown(browser_page)) == 12
    assert browser_page.evaluate("location.hash") == ""


def test_filters_of_several_kinds_hold_together(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    facet(browser_page, "Reason").get_by_label("coverage").check()
    facet(browser_page, "Video").get_by_label("video 1.mp4").check()
    assert shown(browser_page) == [40, 60]
    assert browser_page.locator("fs-filters details[open]").count() == 1
    browser_page.keyboard.press("Escape")
    assert browser_page.locator("fs-filters details[open]").count() == 0
    browser_page.get_by_role("button", name="Clear all").click()
    assert len(shown(browser_page)) == 12
    browser_page.get_by_role("searchbox", name="Find by video").fill("FAR IMG")
    assert shown(browser_page) == [10, 30]
    browser_page.get_by_role("searchbox", name="Find by video").fill("nowhere")
    assert "No frame passes all filters" in browser_page.locator("fs-sheet").inner_text()
    browser_page.get_by_role("button", name="Clear filters").click()
    assert len(shown(browser_page)) == 12


def test_a_range_of_scores(browser_page: "Page", tmp_path: Path) -> None:
    told = whole_page.story()
    for place, card in enumerate(told["cards"]):
        card["score"] = None if place == 0 else place / 20
    opened(browser_page, tmp_path, told)
    panel = facet(browser_page, "Score")
    panel.get_by_label("Score, at least").fill("0.428")
    wanted = [row for place, row in enumerate(told["pick_rows"]) if place / 20 >= 0.43]
    assert shown(browser_page) == wanted
    panel.get_by_label("Score, at least").fill("0.1")
    assert len(shown(browser_page)) == 12  # nothing is left of the filter, not even for no score


def test_what_became_of_frames_shows_others_than_picks(
    browser_page: "Page", tmp_path: Path
) -> None:
    opened(browser_page, tmp_path)
    browser_page.get_by_role("button", name="Show frames left out: poor quality").click()
    browser_page.get_by_text("0 of 12 picks, 3 other frames", exact=True).wait_for()
    assert shown(browser_page) == [39, 79, 119]
    assert "poor quality" in browser_page.locator("fs-sheet li").first.inner_text()


def test_a_pick_opens_whole_and_closes(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    browser_page.locator("fs-sheet a").nth(1).click()
    dialog = browser_page.locator("dialog.frame")
    text = dialog.inner_text()
    for part in ("Pick 2", "0:10.0", "rare: far from all chosen before", "2 × car", "0.43 away"):
        assert part in text
    for title in ("Before and after in the video", "Near-duplicates that it stands for: 2 of 3"):
        assert dialog.get_by_role("heading", name=title).count() == 1
    assert browser_page.evaluate("location.hash") == "#frame=1:1000"
    browser_page.keyboard.press("ArrowRight")
    assert "Pick 3" in dialog.inner_text()
    dialog.get_by_role("button", name="Previous pick").click()
    dialog.get_by_role("button", name="Previous pick").click()
    assert dialog.get_by_role("button", name="Previous pick").is_disabled()
    browser_page.keyboard.press("Escape")
    dialog.wait_for(state="hidden")
    assert browser_page.evaluate("[location.hash, framesel.store.selected]") == ["", None]


def test_a_link_opens_any_frame(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, hash_="#frame=2:200")
    dialog = browser_page.locator("dialog.frame")
    assert "Not among the picks: near-duplicate" in dialog.inner_text()
    dialog.get_by_role("link", name="Pick 5: video 1.mp4 at 0:00.0").first.click()
    assert "Pick 5" in dialog.locator("h2").inner_text()
    browser_page.evaluate("location.hash = '#frame=3:100'")
    dialog.locator("h2", has_text="video 2.mp4 0:01.0").wait_for()
    browser_page.evaluate("location.hash = '#frame=99:1'")
    dialog.wait_for(state="hidden")


def test_keys(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    focused = "document.activeElement.closest('li')?.dataset.row"
    browser_page.keyboard.press("j")
    assert browser_page.evaluate(focused) == "0"
    browser_page.keyboard.press("j")
    browser_page.keyboard.press("ArrowRight")
    assert browser_page.evaluate(focused) == "20"
    browser_page.keyboard.press("k")
    browser_page.keyboard.press("Enter")
    assert browser_page.evaluate("framesel.store.selected") == 10
    browser_page.keyboard.press("Escape")
    browser_page.locator("dialog.frame").wait_for(state="hidden")
    assert browser_page.evaluate(focused) == "10"
    browser_page.keyboard.press("/")
    browser_page.keyboard.type("j?")
    assert browser_page.evaluate("framesel.store.filters.text") == "j?"
    browser_page.keyboard.press("Tab")
    browser_page.keyboard.press("?")
    assert browser_page.get_by_role("heading", name="Keys").is_visible()


def test_a_changed_card_is_drawn_anew(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    browser_page.evaluate("""() => {
      const card = {...framesel.card(10), verdict: "kept", tags: ["<b>night"]};
      const gone = {...framesel.card(0), fate: "declined", rank: null};
      const pick_rows = framesel.store.story.pick_rows.slice(1);
      framesel.store.change({cards: [card, gone], pick_rows});
    }""")
    assert shown(browser_page)[0] == 10
    first = browser_page.locator("fs-sheet li").first
    assert first.locator(".mark").all_inner_texts() == ["kept", "<b>night"]
    assert browser_page.locator("fs-sheet .said").inner_text() == "11 picks"
    assert browser_page.evaluate("framesel.columns('fate')[0]") == 6


def test_many_picks_are_drawn_as_they_come_near(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path, whole_page.story(videos=20, frames=1000))
    filled = "document.querySelectorAll('fs-sheet li:not(:empty)').length"
    assert len(shown(browser_page)) == 2000
    assert 4 < browser_page.evaluate(filled) < 200
    last = browser_page.locator("fs-sheet li").last
    last.scroll_into_view_if_needed()
    last.locator("img").wait_for()
    first = browser_page.locator("fs-sheet li >> nth=0 >> .tile-text")
    first.wait_for(state="detached")  # what is far again is empty again
    assert browser_page.evaluate(filled) < 200
    browser_page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert browser_page.evaluate(filled) == 2000
    browser_page.evaluate("dispatchEvent(new Event('afterprint'))")
    first.wait_for(state="detached")


@pytest.mark.parametrize("media", ["desk", "folder"])
def test_where_pictures_come_from(browser_page: "Page", tmp_path: Path, media: str) -> None:
    opened(browser_page, tmp_path)
    found = browser_page.evaluate(
        """async media => {
      framesel.store.story.media = media;
      const card = {...framesel.card(10), blurs: [[0, 0, 1, 1]], image: "../a b/#1?.jpg"};
      const before = await framesel.thumb(10, 160);
      framesel.store.add([card]);
      return [before, await framesel.thumb(10, 160), framesel.picture(10)];
    }""",
        media,
    )
    if media == "folder":
        assert found == ["thumbs/10.jpg", "thumbs/10.jpg", "../a%20b/%231%3F.jpg"]
    else:
        assert found[0] == "/thumb/10.jpg?s=160"
        assert found[1].startswith("/thumb/10.jpg?s=160&v=")
        assert found[2].startswith("/frame/10.jpg?v=")
