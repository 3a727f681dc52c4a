"""The net that the tests run above: it must hold, or other tests prove nothing."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable

import pytest


def test_another_machine_cannot_be_reached(network_attempts: list[str]) -> None:
    before = len(network_attempts)
    with pytest.raises(RuntimeError, match="must not reach"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    with pytest.raises(RuntimeError, match="must not reach"):
        socket.getaddrinfo("example.org", 443)
    assert len(network_attempts) == before + 2


def test_processes_that_tests_start_are_cut_off_too() -> None:
    script = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode != 0
    assert "NetworkBlockedError" in done.stderr


def test_loopback_stays_open() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(("localhost", server.getsockname()[1]), timeout=5) as client,
    ):
        client.sendall(b"x")
        with server.accept()[0] as peer:
            assert peer.recv(1) == b"x"


@pytest.mark.parametrize(
    ("asked", "outcome"),
    [("", "skipped"), ("browser", "skipped"), ("data", "failed"), ("all", "failed")],
)
def test_what_is_missing_skips_or_fails_as_asked(
    asked: str,
    outcome: str,
    require: Callable[[str, bool, str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(os.environ, "FRAMESEL_REQUIRE", asked)
    require("data", True, "it is there")
    expected = pytest.skip.Exception if outcome == "skipped" else pytest.fail.Exception
    with pytest.raises(expected, match="nothing here"):
        require("data", False, "nothing here")
