"""The desk as the command starts it: one real server on loopback, killed and started again."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from framesel.desk import serve
from framesel.desk.background import Background
from framesel.errors import MissingExtraError, StageError, UsageError
from framesel.rounds import decisions
from framesel.workspace import Workspace


class Server:
    """`framesel review` in a process of its own."""

    def __init__(self, root: Path, *options: str) -> None:
        command = [sys.executable, "-m", "framesel", "review", str(root), "--no-open", *options]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]{40,})", line)
        assert found is not None, line
        self.port, self.token = int(found[1]), found[2]
        self.cookie = f"framesel_desk_{self.port}={self.token}"

    def ask(self, method: str, path: str, content: Any = None, **headers: str) -> tuple[int, Any]:
        line = HTTPConnection("127.0.0.1", self.port, timeout=60)
        fields = {"cookie": self.cookie, "content-type": "application/json", **headers}
        fields.setdefault("origin", f"http://127.0.0.1:{self.port}")
        line.request(method, path, None if content is None else json.dumps(content), fields)
        answer = line.getresponse()
        body = answer.read()
        line.close()
        return answer.status, json.loads(body) if body.startswith((b"{", b"[")) else body

    def end(self, number: int = signal.SIGKILL) -> int:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        with self.process:
            return self.process.wait(60)


@pytest.fixture
def start(workspace: Workspace) -> Iterator[Callable[..., Server]]:
    """Starts servers that end with the test."""
    started: list[Server] = []

    def begin(*options: str) -> Server:
        started.append(Server(workspace.root, *options))
        return started[-1]

    yield begin
    for server in started:
        if server.process.poll() is None:
            server.end()


def test_a_kill_loses_nothing_and_a_second_desk_agrees(
    start: Callable[..., Server], workspace: Workspace
) -> None:
    first, second = start(), start()
    assert first.port != second.port
    assert first.token != second.token
    _, story = first.ask("GET", "/api/story")
    rows = story["pick_rows"]
    for number, row in enumerate(rows[:3]):
        content = {"seq": number, "kind": "reject", "row": row}
        status, answer = (first, second)[number % 2].ask("POST", "/api/decide", content)
        assert status == 200, answer
    first.end(signal.SIGKILL)
    _, heard = second.ask("GET", "/api/changes?after=0")
    assert [d.kind for d in decisions.read(workspace)][:3] == ["reject"] * 3
    assert not set(rows[:3]) & set(heard["pick_rows"])
    again = start()
    _, story = again.ask("GET", "/api/story")
    assert story["seq"] >= 3
    assert not set(rows[:3]) & set(story["pick_rows"])
    assert len(set(story["pick_rows"])) == len(story["pick_rows"])


def test_the_page_ends_the_desk_though_tabs_wait_for_news(start: Callable[..., Server]) -> None:
    server = start()
    waiting = HTTPConnection("127.0.0.1", server.port, timeout=60)
    waiting.request("GET", "/api/changes?after=0", headers={"cookie": server.cookie})
    assert server.ask("POST", "/api/quit", {})[0] == 200
    assert json.loads(waiting.getresponse().read())["cards"] == []
    waiting.close()
    assert server.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_at_once(start: Callable[..., Server], number: int) -> None:
    server = start()
    assert server.ask("GET", "/api/story")[0] == 200
    assert server.end(number) in (0, -number)


def test_only_this_machine_reaches_it(start: Callable[..., Server]) -> None:
    server = start()
    with serve.listen(0) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"
        assert listening.proto == socket.IPPROTO_TCP  # else asyncio lets small answers wait
    other = ("127.0.0.2", server.port)  # also this machine, but not where the desk listens
    with pytest.raises(ConnectionRefusedError), socket.create_connection(other, 5):
        pass


def raw(server: Server, request: bytes) -> bytes:
    """Sends exactly these bytes."""
    with socket.create_connection(("127.0.0.1", server.port), 60) as line:
        line.sendall(request)
        found = b""
        while piece := line.recv(65536):
            found += piece
    return found


def test_what_no_browser_sends_is_refused_on_the_wire_too(start: Callable[..., Server]) -> None:
    server = start()
    host = f"127.0.0.1:{server.port}"

    def status(first: str, *fields: str) -> int:
        lines = [first, *fields, f"Cookie: {server.cookie}", "Connection: close", "", ""]
        answer = raw(server, "\r\n".join(lines).encode())
        return int(answer.split(b" ", 2)[1])

    assert status("GET /api/selections HTTP/1.1", f"Host: {host}") == 200
    assert status("GET /assets/../app.py HTTP/1.1", f"Host: {host}") == 404
    assert status("GET /assets/%2e%2e/app.py HTTP/1.1", f"Host: {host}") == 404
    assert status("GET /api/selections HTTP/1.1", "Host: evil.example") == 403
    assert status("GET http://evil.example/ HTTP/1.1", "Host: evil.example") in (400, 403, 404)
    assert status("GET /api/selections HTTP/1.1", f"Host: {host}", "Host: evil.example") in (
        400,
        403,
    )
    assert status("GET /api/selections HTTP/1.0") in (400, 403)
    assert server.ask("GET", "/api/selections", cookie="")[0] == 403
    assert server.ask("POST", "/api/undo", {"seq": 0}, origin="http://evil.example")[0] == 403
    upgrade = ("Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Key: eA==")
    assert status("GET /api/selections HTTP/1.1", f"Host: {host}", *upgrade) < 500


def test_a_port_that_is_taken_is_named() -> None:
    with serve.listen(0) as taken, pytest.raises(UsageError, match="cannot be used"):
        serve.listen(taken.getsockname()[1])


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'framesel\[desk\]'"):
        serve.check_installed()


def test_a_workspace_that_is_none_is_named(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "framesel", "review", str(tmp_path), "--no-open"]
    found = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert found.returncode == 1
    assert "is not a framesel workspace" in found.stderr
    assert "Traceback" not in found.stderr


def test_what_is_wanted_is_made_once() -> None:
    background = Background()
    made: list[int] = []
    futures = [background.get("map", lambda: made.append(1) or "map") for _ in range(5)]
    assert {future.result(30) for future in futures} == {"map"}
    assert made == [1]
    assert background.get("map", lambda: "new", state=2).result(30) == "new"


def test_what_breaks_is_told_to_whoever_asked() -> None:
    def broken() -> None:
        raise StageError("no vectors")

    with pytest.raises(StageError, match="no vectors"):
        Background().get("map", broken).result(30)


def test_nobody_waits_for_what_is_still_computed() -> None:
    code = (
        "import threading\n"
        "from framesel.desk import serve\n"
        "from framesel.desk.background import Background\n"
        "Background().get('map', threading.Event().wait)\n"
        "threading.Thread(target=threading.Event().wait).start()\n"
        "print('bye')\n"
        "serve.leave()\n"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120,
        env={**os.environ},
    )  # fmt: skip
    assert found.stdout == "bye\n"
