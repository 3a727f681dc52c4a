from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.fixtures import leaves

if TYPE_CHECKING:
    from playwright.sync_api import Page


def test_errors_and_requests_are_seen(
    browser_page: "Page", browser_errors: list[str], tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<!doctype html><title>x</title><script>console.error('oh');throw Error('no')</script>"
    )
    browser_page.goto(page.as_uri())
    assert len(browser_errors) == 2
    assert "oh" in browser_errors[0]
    assert "no" in browser_errors[1]
    browser_errors.clear()


def test_only_this_machine_may_be_asked() -> None:
    assert leaves("https://example.org/x.js")
    assert leaves("http://127.0.0.1.example.org/")
    assert not leaves("http://127.0.0.1:8000/x")
    assert not leaves("file:///x.html")
    assert not leaves("data:image/png;base64,AA==")
