"""A workspace full of markup, in a real browser: everything is text, nothing runs."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from framesel.desk.desk import Desk
from framesel.workspace import Workspace
from tests.desk.in_a_tab import hears
from tests.desk.open_desk import Opened, opened
from tests.pipeline.conftest import Bench, footage
from tests.report.parsed import Page as Parsed
from tests.report.test_hostile import CLASSES, MARKUP, NAMES, hostile

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["footage", "hostile"]

FOREIGN = "img[src='x'], [onload], [onerror], [onclick], main style, body > b, body > i"


@pytest.fixture
def tab(browser_page: "Page", browser_errors: list[str]) -> "Page":
    """A page in which a script of somebody else's would be heard: it says alert."""

    def heard(dialog: object) -> None:
        browser_errors.append("a script ran")
        dialog.dismiss()  # type: ignore[attr-defined]

    browser_page.on("dialog", heard)
    return browser_page


def test_the_page_runs_nothing_of_what_it_shows(tab: "Page", hostile: tuple[Bench, Parsed]) -> None:
    bench, _ = hostile
    tab.goto((bench.root / "report.html").as_uri())
    tiles = tab.locator("fs-sheet li[data-row]")
    tiles.first.wait_for()
    for tile in tiles.all():
        tile.locator("a").first.click()
        tab.get_by_role("dialog").wait_for()
        tab.keyboard.press("Escape")
    for part in ("map", "timeline", "curves", "left-out"):
        tab.locator(f"#{part}").evaluate("part => part.scrollIntoView()")
    assert any(name in tab.locator("main").inner_text() for name in NAMES)
    assert tab.locator(FOREIGN).count() == 0


def test_the_desk_runs_nothing_of_what_it_shows(
    tab: "Page", hostile: tuple[Bench, Parsed], tmp_path: Path
) -> None:
    bench, _ = hostile
    shutil.copytree(bench.root, tmp_path / "ws")
    with opened(Desk(Workspace.open(tmp_path / "ws"))) as desk:
        walk(tab, desk)


def walk(tab: "Page", desk: Opened) -> None:
    """Looks at every part of a desk and says things that are markup too."""
    desk.show(tab)
    assert tab.locator("#panel h2, #panel h3").first.inner_text() in NAMES
    tab.keyboard.press("t")
    tab.get_by_label("Tag", exact=True).fill("<img src=x onerror=alert(2)>")
    tab.keyboard.press("Enter")
    hears(tab, "tagged")
    tab.keyboard.press("Shift+X")
    tab.get_by_label("Why it should not be labelled").fill(MARKUP)
    tab.keyboard.press("Enter")
    hears(tab, "rejected")
    for name in ("Map", "Videos", "Search", "Compare", "Picks"):
        tab.get_by_role("tab", name=name).click()
        assert tab.locator(FOREIGN).count() == 0
    seen = tab.evaluate("framesel.store.story.classes")
    assert seen == list(CLASSES)
    tab.goto("about:blank")  # before the desk closes
