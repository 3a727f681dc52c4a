"""Requests to Label Studio: where the token goes, and what is made of strange answers."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from framesel.errors import FrameselError, ServerError, UsageError
from framesel.handover.servers.label_studio_client import (
    MOST_MB,
    Client,
    checked_token,
    checked_url,
)
from framesel.handover.servers.label_studio_server import pull

TOKEN = "f" * 40
PERSONAL = "eyJa.eyJb.c"

Answer = tuple[int, dict[str, str], bytes]
Asked = list[tuple[str, str, str]]
"""Method, path and authorization of each request."""


@contextmanager
def serving(answer: Callable[[str, str], Answer]) -> Iterator[tuple[str, Asked]]:
    """A server that gives an answer to a path and an authorization."""
    asked: Asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length", 0)))
            allowed = self.headers.get("authorization", "")
            asked.append((self.command, self.path, allowed))
            status, headers, body = answer(self.path, allowed)
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *said: object) -> None:
            del said

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_legacy_token_goes_along_as_it_is() -> None:
    with serving(lambda path, allowed: (200, {}, b"[1]")) as (url, asked):
        with Client(f"{url}/sub/", TOKEN) as client:
            assert client.get("/api/a", x=1) == [1]
            assert client.path == "/sub"
        assert asked == [("GET", "/sub/api/a?x=1", f"Token {TOKEN}")]


def test_a_personal_token_buys_access_and_buys_it_again() -> None:
    bought: list[str] = []

    def answer(path: str, allowed: str) -> Answer:
        if path == "/api/token/refresh/":
            bought.append(f"access{len(bought)}")
            return (200, {}, json.dumps({"access": bought[-1]}).encode())
        stale = allowed != f"Bearer {bought[-1]}" or (path == "/late" and len(bought) == 1)
        return (401, {}, b"{}") if stale else (200, {}, b"{}")

    with serving(answer) as (url, asked), Client(url, PERSONAL) as client:
        assert client.get("/a") == client.get("/b") == client.get("/late") == {}
    assert [path for _, path, _ in asked] == [
        "/api/token/refresh/", "/a", "/b", "/late", "/api/token/refresh/", "/late",
    ]  # fmt: skip
    assert not [allowed for _, _, allowed in asked if PERSONAL in allowed]


def test_redirects_are_told_and_not_followed() -> None:
    with serving(lambda path, allowed: (200, {}, b"{}")) as (elsewhere, reached):
        moved = (301, {"location": f"{elsewhere}/api/a"}, b"")
        with serving(lambda path, allowed: moved) as (url, _), Client(url, TOKEN) as client:
            with pytest.raises(UsageError, match=elsewhere):
                client.get("/api/a")
            assert reached == []


@pytest.mark.parametrize(
    ("answer", "kind", "message"),
    [
        ((401, {}, b"{}"), UsageError, "does not accept the token"),
        ((403, {}, b"{}"), UsageError, "does not accept the token"),
        ((404, {}, b"no\x1b[31m project"), UsageError, r"is not there: no\[31m project"),
        ((500, {"content-type": "text/html"}, b"<p>"), ServerError, "a page for people"),
        ((200, {}, b"<html>"), ServerError, "is no JSON.*the address of a Label Studio"),
        ((200, {}, b'{"results": NaN}'), ServerError, "NaN"),
        ((200, {}, b"[" * 9999), ServerError, "nests deeper|is no JSON"),
        ((200, {}, b'{"results": 1}'), ServerError, "must be a list"),
        ((200, {}, b"[]"), ServerError, "must be an object"),
        ((200, {}, b" " * (MOST_MB * 2**20 + 1)), ServerError, "more than 64 MB"),
        ((200, {"content-length": "9"}, b"{}"), ServerError, "cannot be reached"),
    ],
)
def test_strange_answers_are_told(answer: Answer, kind: type[FrameselError], message: str) -> None:
    with serving(lambda path, allowed: answer) as (url, _):
        with pytest.raises(kind, match=message) as caught:
            pull(url, "A project", TOKEN)
        assert TOKEN not in str(caught.value)


def test_nobody_at_the_address() -> None:
    with pytest.raises(ServerError, match="cannot be reached"):
        pull("http://127.0.0.1:9", "A project", TOKEN)


@pytest.mark.parametrize(
    "url",
    ["", "ls.example", "ftp://ls.example", "https://", "https://user:secret@ls.example",
     "https://ls.example/?a=1", "https://ls.example\n", "http://[::1", "http://a:99999"],
)  # fmt: skip
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked_url(url)
    assert "secret" not in str(caught.value)


def test_tokens_that_are_none_are_not_repeated() -> None:
    assert checked_token(f" {TOKEN}\n") == TOKEN
    for wrong in ("", "two words-and-more", "zwölf-secret", "line\nbreak-secret"):
        with pytest.raises(UsageError) as caught:
            checked_token(wrong)
        assert "secret" not in str(caught.value)
