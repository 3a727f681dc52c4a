"""A desk on a finished workspace of one's own, and tabs that look at it."""

import shutil
import threading
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from framesel.desk import desk as desks
from framesel.desk.app import create
from framesel.desk.desk import Desk
from framesel.desk.pins import pinned_row
from framesel.report.view import FATES
from framesel.rounds.decisions import Key
from framesel.workspace import Workspace
from tests.pipeline.conftest import Bench, footage
from tests.report.conftest import looked, weights

__all__ = ["footage", "looked", "weights"]

PORT = 8123
TOKEN = "a-token-of-the-tests"
ORIGIN = f"http://127.0.0.1:{PORT}"


class InLine:
    """Takes the frames that nobody wanted in their order; knows nothing of limits."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk

    def next(self, rejected: Key, stay: Collection[Key], gone: Collection[Key]) -> Any:
        view = self.desk.now
        for row in np.flatnonzero(view.fate == FATES.index("outvoted")).tolist():
            if view.key(row) not in gone:
                return {**pinned_row(view, row), "source": "", "reason": f"instead of {rejected}"}
        return None

    def more(self) -> bool:
        """It sees all there is."""
        return False


class Tab:
    """A browser's tab: keeps the cookie and the number of the last decision that it heard of."""

    def __init__(self, app: FastAPI) -> None:
        self.client = TestClient(app, base_url=ORIGIN, follow_redirects=False)
        assert self.client.get(f"/?token={TOKEN}").status_code == 303
        self.seq = self.get("/api/story")["seq"]

    def get(self, path: str, status: int = 200) -> Any:
        found = self.client.get(path)
        assert found.status_code == status, found.text
        return found.json()

    def post(self, path: str, content: Any, status: int = 200) -> Any:
        found = self.client.post(path, json=content, headers={"origin": ORIGIN})
        assert found.status_code == status, found.text
        return found.json()

    def say(self, kind: str, row: int, status: int = 200, **more: Any) -> Any:
        """A decision; the tab hears what it did."""
        content = {"seq": self.seq, "kind": kind, "row": row, **more}
        return self._heard(self.post("/api/decide", content, status))

    def turn(self, which: str, status: int = 200) -> Any:
        """``undo`` or ``redo``."""
        return self._heard(self.post(f"/api/{which}", {"seq": self.seq}, status))

    def _heard(self, answer: Any) -> Any:
        self.seq = answer.get("seq", self.seq)
        return answer

    def picks(self) -> list[int]:
        rows: list[int] = self.get("/api/story")["pick_rows"]
        return rows

    def other(self, fate: str = "outvoted") -> int:
        """A frame that is no pick."""
        story = self.get("/api/story")
        columns = {name: unpacked(c) for name, c in self.get("/api/columns")["columns"].items()}
        return int(columns["row"][columns["fate"] == story["fates"].index(fate)][0])


def unpacked(column: dict[str, str]) -> Any:
    """A column as the page reads it."""
    import base64

    kinds = {"f32": "<f4", "f64": "<f8", "i32": "<i4", "i16": "<i2", "u8": "u1"}
    return np.frombuffer(base64.b64decode(column["data"]), kinds[column["type"]])


@pytest.fixture
def workspace(tmp_path: Path, looked: Bench) -> Workspace:
    """A copy of the finished run, to be written into; without the map that a test may have made."""
    shutil.copytree(looked.root, tmp_path / "ws", ignore=shutil.ignore_patterns("map"))
    return Workspace.open(tmp_path / "ws")


@pytest.fixture
def replacer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Desk], InLine]:
    """Has desks take replacements in line: what a strategy would take is tested elsewhere."""

    def begin(desk: Desk) -> InLine:
        found = InLine(desk)
        ready = threading.Event()
        monkeypatch.setattr(desks, "make_replacer", lambda view: found)
        monkeypatch.setattr(desk.replacements, "_ready", ready.set)
        desk.replacements.begin()
        assert ready.wait(30)
        return found

    return begin


@pytest.fixture
def desk(workspace: Workspace, replacer: Callable[[Desk], InLine]) -> Desk:
    """A desk that is ready to replace what is rejected."""
    found = Desk(workspace)
    replacer(found)
    return found


@pytest.fixture
def app(desk: Desk) -> Iterator[FastAPI]:
    """Its web app."""
    yield create(desk, TOKEN, PORT)
    desk.close()


@pytest.fixture
def tab(app: FastAPI) -> Tab:
    """A tab that looks at it."""
    return Tab(app)
