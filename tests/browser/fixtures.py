"""A real browser for tests of pages: Debian's Chromium, driven by Playwright."""

import os
import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.requirements import demand

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NAMES = ("chromium", "chromium-browser", "google-chrome")
HERE = {"127.0.0.1", "localhost", "[::1]", None}


@pytest.fixture(scope="session")
def browser() -> "Iterator[Browser]":
    """Chromium without a window; one for all tests of a process."""
    path = next((found for name in NAMES if (found := shutil.which(name))), None)
    demand("browser", path is not None, "Chromium is not installed (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # root, as in containers, has no sandbox
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"] if os.geteuid() == 0 else []
        )
        yield chromium
        chromium.close()


@pytest.fixture
def browser_errors() -> list[str]:
    """What went wrong in the page so far; a test that expects it clears the list."""
    return []


@pytest.fixture
def browser_page(browser: "Browser", browser_errors: list[str]) -> "Iterator[Page]":
    """An empty page of a fresh profile.

    The test fails if the page writes errors to its console or asks another machine for anything.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    context.set_default_timeout(20_000)
    context.on("page", lambda page: watch(page, browser_errors))
    page = context.new_page()
    yield page
    context.close()
    assert not browser_errors, "\n".join(browser_errors)


def watch(page: "Page", errors: list[str]) -> None:
    """Writes down errors of a page, and requests that leave this machine."""
    page.on(
        "console",
        lambda said: errors.append(f"console: {said.text}") if said.type == "error" else None,
    )
    page.on("pageerror", lambda error: errors.append(f"script: {error}"))
    page.on("request", lambda asked: errors.extend(leaves(asked.url)))


def leaves(url: str) -> list[str]:
    """A complaint if an address is not of this machine."""
    parts = urlsplit(url)
    if parts.scheme in ("file", "data", "blob", "about", "chrome-error"):
        return []
    return [] if parts.hostname in HERE else [f"request to {url[:200]}"]
