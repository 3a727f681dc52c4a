"""A desk that really listens, for a browser to look at."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI

from framesel.desk import serve
from framesel.desk.app import create
from framesel.desk.desk import Desk
from framesel.rounds import decisions

if TYPE_CHECKING:
    from playwright.sync_api import Page


@dataclass
class Opened:
    """A desk that listens in a thread of its own."""

    desk: Desk
    address: str
    token: str
    apps: list[FastAPI] = field(default_factory=list)
    thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return urlsplit(self.address).port or 0

    def close(self) -> None:
        """Ends the server as its page can; waits until it is gone."""
        for app in self.apps:
            app.state.quit()
        if self.thread is not None:
            self.thread.join(60)
            assert not self.thread.is_alive()

    def said(self) -> list[tuple[str, int]]:
        """What stands in the workspace: kind and row of every decision."""
        view = self.desk.now
        return [
            (d.kind, -1 if d.video_no is None else view.frames.row_of(*d.key))
            for d in decisions.read(self.desk.workspace)
        ]

    def show(self, page: "Page", part: str = "") -> "Page":
        """Opens it in a tab and waits until everything is there; ``part`` is a place in it."""
        page.goto(f"{self.address}#{part}" if part else self.address)
        settled(page)
        return page


def settled(page: "Page") -> None:
    """Waits until a tab knows all frames and has loaded all of its parts."""
    page.locator("main:not([aria-busy])").wait_for()


@contextmanager
def opened(desk: Desk, port: int = 0, token: str = "") -> Iterator[Opened]:
    """Lets a desk listen, at a port and for a token of its own or for given ones."""
    with serve.listen(port) as listening:
        token = token or serve.new_token()
        found = Opened(desk, serve.address(listening, token), token)

        def make(desk: Desk, token: str, port: int) -> FastAPI:
            found.apps.append(create(desk, token, port))
            return found.apps[-1]

        found.thread = threading.Thread(target=serve.serve, args=(desk, make, token, listening))
        found.thread.start()
        try:
            yield found
        finally:
            found.close()


@pytest.fixture
def open_desk(desk: Desk) -> Iterator[Opened]:
    """A desk of one's own that listens."""
    with opened(desk) as found:
        yield found
