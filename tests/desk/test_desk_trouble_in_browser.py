from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

from framesel.desk.desk import Desk
from tests.desk.in_a_tab import current, hears, page, rows
from tests.desk.open_desk import Opened, open_desk, opened, settled

if TYPE_CHECKING:
    from playwright.sync_api import Page

__all__ = ["open_desk", "page"]

SERIOUS = ("serious", "critical")


@pytest.fixture
def other(page: "Page") -> Iterator["Page"]:
    """A second tab of the same browser."""
    found = page.context.new_page()
    found.goto(page.url.partition("#")[0])
    settled(found)
    yield found
    found.close()


def test_two_tabs_show_the_same_and_do_not_fight(
    page: "Page", other: "Page", open_desk: Opened, browser_errors: list[str]
) -> None:
    first, second = rows(page)[:2]
    # The other tab hears nothing for a while, as a laptop that slept.
    other.route("**/api/changes*", lambda route: route.abort())
    other.reload()
    settled(other)
    page.keyboard.press("x")
    hears(page, "takes its place")
    other.keyboard.press("a")
    hears(other, "was changed elsewhere meanwhile")
    assert rows(other) == rows(page)
    assert open_desk.said() == [("reject", first)]
    other.keyboard.press("a")
    browser_errors.clear()
    other.unroute("**/api/changes*")
    hears(page, "Another tab decided something")
    page.locator("#progress", has_text="1 of").wait_for()
    assert [kind for kind, _ in open_desk.said()] == ["reject", "keep"]
    assert second in rows(page)
    browser_errors.clear()


def test_a_desk_that_is_gone_is_said_to_be_and_nothing_is_lost(
    browser_page: "Page", desk: Desk, browser_errors: list[str]
) -> None:
    with opened(desk) as first:
        page = first.show(browser_page)
        row = current(page)
        page.keyboard.press("t")
        page.get_by_label("Tag", exact=True).fill("before")
        page.keyboard.press("Enter")
        hears(page, "tagged")
    banner = page.get_by_role("alert")
    banner.get_by_text("The desk does not answer").wait_for()
    page.keyboard.press("a")
    hears(page, "This is sent when it does")
    assert [d.kind for d in desk.now.history.decisions] == ["tag"]
    with opened(Desk(desk.workspace), first.port, first.token) as again:
        banner.wait_for(state="hidden")
        page.locator("#progress", has_text="1 of").wait_for()
        assert again.said() == [("tag", row), ("keep", row)]
        browser_page.goto("about:blank")
    browser_errors.clear()


def test_a_desk_that_was_started_anew_asks_for_its_address(
    browser_page: "Page", desk: Desk, browser_errors: list[str]
) -> None:
    with opened(desk) as first:
        page = first.show(browser_page)
    with opened(Desk(desk.workspace), first.port):
        page.get_by_role("alert").get_by_text("open the address that its terminal shows").wait_for()
        browser_page.goto("about:blank")
    browser_errors.clear()


def test_the_desk_can_be_closed_from_its_page(page: "Page", open_desk: Opened) -> None:
    page.get_by_role("button", name="Keys").click()
    page.get_by_role("button", name="Close the desk").click()
    page.get_by_role("alert").get_by_text("The desk is closed").wait_for()
    assert open_desk.thread is not None
    open_desk.thread.join(60)
    assert not open_desk.thread.is_alive()


def test_everything_is_done_by_keys_alone(page: "Page", open_desk: Opened) -> None:
    first, second, third = rows(page)[:3]
    for key in ("j", "k", "ArrowDown", "ArrowRight", "ArrowUp", "a", "b"):
        page.keyboard.press(key)
    for key in ("ArrowLeft", "ArrowUp", "Shift+ArrowRight", "Enter"):
        page.keyboard.press(key)
    hears(page, "blurred")
    box = open_desk.desk.now.history.decisions[-1].box
    assert box == (0.38, 0.38, 0.6, 0.58)
    page.keyboard.press("End")
    assert current(page) == rows(page)[-1]
    page.keyboard.press("Home")
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="Keys")
    keys.get_by_text("Reject: the next best frame takes its place").wait_for()
    page.keyboard.press("x")
    page.keyboard.press("Escape")
    keys.wait_for(state="detached")
    assert current(page) == first
    assert open_desk.said() == [("keep", second), ("blur", third)]
    page.locator("#tab-picks").focus()
    page.keyboard.press("ArrowRight")
    assert page.locator("#tab-map").get_attribute("aria-selected") == "true"
    page.keyboard.press("Escape")
    assert page.locator("#view-picks").is_visible()


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (1280, "light"),
        (360, "dark"),
        pytest.param(1280, "dark", marks=pytest.mark.slow),
        pytest.param(360, "light", marks=pytest.mark.slow),
    ],
)
def test_nothing_serious_stands_in_the_way_of_anybody(
    page: "Page", scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 780})
    page.locator("#panel h3").first.wait_for()
    found = faults(page)
    for name in ("Map", "Videos", "Search", "Compare"):
        page.get_by_role("tab", name=name).click()
        found += faults(page)
    page.get_by_role("tab", name="Picks").click()
    page.keyboard.press("?")
    found += faults(page)
    assert not found
    assert page.evaluate("document.documentElement.scrollWidth") == width


def faults(page: "Page") -> list[str]:
    """Serious faults of what is on the screen."""
    response = Axe().run(page).response
    return [
        f"{fault['id']}: {node['html']}"
        for fault in response["violations"]
        if fault["impact"] in SERIOUS
        for node in fault["nodes"]
    ]
