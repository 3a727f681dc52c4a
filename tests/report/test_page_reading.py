"""The page can be read by everybody: contrast, names, narrow screens, themes, print."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from tests.report import whole_page

if TYPE_CHECKING:
    from playwright.sync_api import Page

SEEN = {
    "page": "",
    "frame": "framesel.store.open(10)",
    "keys": "document.querySelector('fs-keys button').click()",
    "filters": """
        framesel.store.setFilters({classes: new Set(["car"]), text: "video", score: [0.1, 0.9]});
        for (const facet of document.querySelectorAll("fs-filters details")) facet.open = true;
    """,
    "nothing": "framesel.store.setFilters({text: 'nowhere'})",
}


def faults(page: "Page") -> list[str]:
    """What axe finds serious or critical."""
    from axe_playwright_python.sync_playwright import Axe

    return [
        f"{fault['id']}: {fault['nodes'][0]['html'][:200]}"
        for fault in Axe().run(page).response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


def opened(page: "Page", folder: Path) -> None:
    page.goto(whole_page.write(folder, whole_page.story()))
    page.wait_for_selector("fs-sheet img")


@pytest.mark.parametrize(
    ("width", "theme"),
    [
        (1280, "dark"),
        (360, "light"),
        pytest.param(1280, "light", marks=pytest.mark.slow),
        pytest.param(360, "dark", marks=pytest.mark.slow),
    ],
)
def test_nothing_serious_stands_in_the_way(
    browser_page: "Page", tmp_path: Path, width: int, theme: Literal["light", "dark"]
) -> None:
    browser_page.set_viewport_size({"width": width, "height": 800})
    browser_page.emulate_media(color_scheme=theme)
    opened(browser_page, tmp_path)
    found = {}
    for name, action in SEEN.items():
        browser_page.evaluate(f"() => {{ {action} }}")
        found[name] = faults(browser_page)
        browser_page.evaluate("""() => {
          document.querySelectorAll("dialog[open]").forEach(dialog => dialog.close());
          framesel.store.clearFilters();
        }""")
    assert found == {name: [] for name in SEEN}


@pytest.mark.parametrize("name", SEEN)
def test_a_narrow_screen_scrolls_one_way_only(
    browser_page: "Page", tmp_path: Path, name: str
) -> None:
    browser_page.set_viewport_size({"width": 360, "height": 700})
    opened(browser_page, tmp_path)
    browser_page.evaluate(f"() => {{ {SEEN[name]} }}")
    assert browser_page.evaluate("document.documentElement.scrollWidth") == 360
    for box in browser_page.locator("button:visible, input:visible, summary:visible").all():
        place = box.bounding_box()
        assert place is not None
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= 360


def test_the_theme_is_chosen_and_remembered(browser_page: "Page", tmp_path: Path) -> None:
    browser_page.emulate_media(color_scheme="light")
    opened(browser_page, tmp_path)
    ground = "getComputedStyle(document.body).backgroundColor"
    light = browser_page.evaluate(ground)
    button = browser_page.locator("fs-theme button")
    assert button.inner_text() == "Theme: system"
    button.click()
    assert (button.inner_text(), browser_page.evaluate(ground)) == ("Theme: light", light)
    button.click()
    dark = browser_page.evaluate(ground)
    assert dark != light
    browser_page.reload()
    browser_page.wait_for_selector("fs-sheet img")
    assert browser_page.evaluate(ground) == dark
    assert button.inner_text() == "Theme: dark"
    button.click()
    assert browser_page.evaluate(ground) == light
    browser_page.emulate_media(color_scheme="dark")
    assert browser_page.evaluate(ground) == dark


def test_printed_controls_are_gone_and_every_pick_is_there(
    browser_page: "Page", tmp_path: Path
) -> None:
    opened(browser_page, tmp_path)
    browser_page.emulate_media(media="print")
    browser_page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert (
        browser_page.locator("nav:visible, fs-filters input:visible, button:visible").count() == 0
    )
    assert browser_page.locator("fs-sheet li img").count() == 12


def test_boxes_can_be_hidden_and_tiles_made_larger(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    box = browser_page.locator("fs-sheet .boxes").first
    assert box.is_visible()
    browser_page.get_by_label("Boxes").uncheck()
    assert box.is_hidden()
    tile = browser_page.locator("fs-sheet li").first
    before = tile.bounding_box()
    browser_page.get_by_label("Size").fill("30")
    after = tile.bounding_box()
    assert before is not None
    assert after is not None
    assert after["width"] > 1.5 * before["width"]


def test_what_happened_is_told(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    text = browser_page.locator("fs-happened").inner_text()
    for part in (
        "30 min of video", "120 frames looked at", "12 picks", "6 problems",
        "0<b>.mp4 in catalog: no video", "1 more", "2 min 5 s", "frames.fps", "default 1",
        "framesel next ws", "choose frames that add to it",
    ):  # fmt: skip
        assert part in text
    left = browser_page.locator("fs-left-out").inner_text()
    assert "36 frames, 92%" in left
    assert "3 frames, 7.7%" in left


def test_the_part_that_is_read_is_marked(browser_page: "Page", tmp_path: Path) -> None:
    opened(browser_page, tmp_path)
    for part in ("picks", "left-out", "happened"):
        browser_page.evaluate("part => document.getElementById(part).scrollIntoView()", part)
        browser_page.evaluate("scrollBy(0, -60)")
        browser_page.locator(f"nav a[href='#{part}'][aria-current]").wait_for()
        assert browser_page.locator("nav [aria-current]").count() == 1
