"""A real Label Studio on this machine, for as long as a test needs it."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import IO, Any

import httpx
import pytest

from tests.interop import python_of
from tests.interop.label_studio_settings import TOKEN, environment
from tests.requirements import demand

TIMEOUT_S = 300
READY = re.compile(r"Starting development server at (http://127\.0\.0\.1:\d+)/")


@dataclass(frozen=True)
class Host:
    """A running server.

    Attributes:
        url: Where.
        http: With the token of its only user.
        files: Folder that it may serve local files from.
    """

    url: str
    http: httpx.Client
    files: Path

    def get(self, path: str, **parameters: Any) -> Any:
        """An answer to a question."""
        return self._answer(self.http.get(path, params=parameters))

    def post(self, path: str, content: Any) -> Any:
        """An answer to what was sent."""
        return self._answer(self.http.post(path, json=content))

    def tasks(self, project: int) -> list[dict[str, Any]]:
        """The tasks of a project in their order, with predictions and annotations."""
        asked = {"project": project, "page_size": 1000, "fields": "all"}
        found: list[dict[str, Any]] = self.get("/api/tasks", **asked)["tasks"]
        return found

    def _answer(self, answer: httpx.Response) -> Any:
        assert answer.is_success, answer.text[:2000]
        return answer.json()


@pytest.fixture(scope="session")
def label_studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """One server for all tests of a process."""
    with running(tmp_path_factory.mktemp("server")) as started:
        yield started


@contextmanager
def running(folder: Path) -> Iterator[Host]:
    """Starts a server over a copy of the migrated database, and stops it."""
    python = python_of("label-studio")
    template = python.parent.parent / "template"
    demand("label-studio", template.is_dir(), "no migrated database: `make test` makes it")
    data = folder / "label-studio"
    shutil.copytree(template, data)
    command = [str(python.parent / "label-studio"), "start", "-b", "--internal-host", "127.0.0.1"]
    local = {
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(folder / "served"),
    }
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment(data), **local, "PORT": "0"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        url = _address(process)
        with httpx.Client(
            base_url=url, headers={"Authorization": f"Token {TOKEN}"}, timeout=TIMEOUT_S
        ) as http:
            yield Host(url, http, folder / "served")
    finally:
        process.terminate()
        process.wait(timeout=TIMEOUT_S)


def _address(process: "subprocess.Popen[str]") -> str:
    """What it says that it listens on. All that it says is read on, so that it never waits."""
    said: Queue[str] = Queue()
    assert process.stdout is not None
    Thread(target=_listen, args=(process.stdout, said), daemon=True).start()
    lines = []
    while True:
        try:
            line = said.get(timeout=TIMEOUT_S)
        except Empty:
            raise AssertionError("Label Studio said nothing for too long") from None
        lines.append(line)
        if found := READY.search(line):
            return found.group(1)
        assert line, f"Label Studio ended:\n{''.join(lines)}"


def _listen(stream: IO[str], said: "Queue[str]") -> None:
    with stream:
        for line in stream:
            said.put(line)
    said.put("")
