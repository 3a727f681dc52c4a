"""What tests do in a tab of the desk."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.desk.open_desk import Opened

if TYPE_CHECKING:
    from playwright.sync_api import Page


@pytest.fixture
def page(browser_page: "Page", open_desk: Opened) -> Iterator["Page"]:
    """A tab that shows the desk, and leaves before it closes."""
    yield open_desk.show(browser_page)
    browser_page.goto("about:blank")


def rows(page: "Page") -> list[int]:
    """The picks as the tab has them."""
    found: list[int] = page.evaluate("[...framesel.store.story.pick_rows]")
    return found


def current(page: "Page") -> int:
    """The row of the frame in view."""
    found: int = page.evaluate("framesel.store.selected")
    return found


def hears(page: "Page", words: str) -> None:
    """Waits until the line that tells what happened says something."""
    page.locator("#said[role=status]").filter(has_text=words).wait_for()


def opens(page: "Page", fate: str = "outvoted") -> int:
    """Brings a frame into view that is no pick."""
    row: int = page.evaluate(
        """(fate) => {
            const code = framesel.store.story.fates.indexOf(fate);
            const row = framesel.columns("row")[framesel.columns("fate").indexOf(code)];
            framesel.store.open(row);
            return row;
        }""",
        fate,
    )
    assert current(page) == row
    return row
