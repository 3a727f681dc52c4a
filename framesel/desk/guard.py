"""Who may talk to the desk: this machine's browser that was given the token, and no page but ours.

A web server on loopback can be reached by every page that the person has open. Against pages of
other origins stand the cookie, which no other site's requests carry, and the origin of a POST;
against names that were made to point here (DNS rebinding) stands the Host header; against other
people on the machine stands the token.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, unquote_to_bytes

from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_JSON = 1_000_000
"""Bytes of a decision."""

MOST_PICTURE = 20_000_000
"""Bytes of a picture to search by."""

SEARCH = "/api/similar"
"""The one address that takes a picture."""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' blob: data:",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cache-control": "no-store",
}
"""On every answer, unless the route set its own."""


class Refusal(NamedTuple):
    """An answer that is given in place of the app's."""

    status: int
    text: str
    headers: tuple[tuple[str, str], ...] = ()


class Guard:
    """Middleware in front of everything.

    Args:
        app: What it guards.
        token: What a browser must show once; it gets a cookie for it.
        port: The desk's own.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self.app = app
        self.token = token.encode("ascii")
        self.cookie = f"framesel_desk_{port}"
        self.hosts = frozenset({f"127.0.0.1:{port}", f"localhost:{port}"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Lets a request through or answers it."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        headers = _headers(scope)
        refusal = self._refusal(scope, headers)
        if refusal is None and scope["method"] == "POST":
            body = await _body(receive, _most(headers))
            if body is None:
                refusal = Refusal(413, "that is too large")
            else:
                receive = _replayed(body, receive)
        if refusal is not None:
            await _answer(refusal, send)
            return
        await self.app(scope, receive, _dressed(send))

    def _refusal(self, scope: Scope, headers: Mapping[str, list[str]]) -> Refusal | None:
        if not _plain(scope):
            return Refusal(404, "there is nothing here")
        if headers.get("host", []) not in ([host] for host in self.hosts):
            return Refusal(403, "this desk is opened by the address that `framesel review` printed")
        if scope["method"] not in ("GET", "POST"):
            return Refusal(405, "GET or POST", (("allow", "GET, POST"),))
        if scope["path"] == "/" and scope["method"] == "GET":
            given = parse_qs(scope["query_string"].decode("latin-1")).get("token")
            if given is not None:
                return self._welcome(given)
        elif headers.get("sec-fetch-site", ["same-origin"]) not in (["same-origin"], ["none"]):
            return Refusal(403, "another page asked for this")
        if not self._known(headers):
            return Refusal(
                403, "open the desk by the address that `framesel review` printed: it holds a token"
            )
        return self._posted(scope["path"], headers) if scope["method"] == "POST" else None

    def _welcome(self, given: list[str]) -> Refusal:
        """A cookie for the right token, and the address without it."""
        if len(given) != 1 or not self._same(given[0]):
            return Refusal(
                403,
                "this address is of an earlier desk: use the one that `framesel review` printed",
            )
        cookie = f"{self.cookie}={self.token.decode()}; HttpOnly; SameSite=Strict; Path=/"
        return Refusal(303, "", (("location", "/"), ("set-cookie", cookie)))

    def _known(self, headers: Mapping[str, list[str]]) -> bool:
        """Whether the browser was here before, by its cookie."""
        pairs = [
            p.strip().partition("=") for line in headers.get("cookie", []) for p in line.split(";")
        ]
        return any(name == self.cookie and self._same(value) for name, _, value in pairs)

    def _same(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token)

    def _posted(self, path: str, headers: Mapping[str, list[str]]) -> Refusal | None:
        """What stands against a POST: another page, or a form."""
        if headers.get("origin", []) != [f"http://{headers['host'][0]}"]:
            return Refusal(403, "another page asked for this")
        kind = _kind(headers)
        if kind != "application/json" and not (path == SEARCH and kind.startswith("image/")):
            return Refusal(415, "send JSON")
        return None


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _plain(scope: Scope) -> bool:
    """Whether a path means what it says: no way up, no slash in disguise, nothing invisible."""
    raw = scope.get("raw_path") or scope["path"].encode("utf-8", "replace")
    raw = raw.partition(b"?")[0]
    once = unquote_to_bytes(raw)
    disguised = raw.count(b"/") != once.count(b"/") or b"\\" in once or b"%" in once
    invisible = any(byte < 32 or byte == 127 for byte in once)
    parts = once.split(b"/")
    empty = b"" in parts[1:-1] or (len(parts) > 2 and parts[-1] == b"")
    upward = any(part in (b".", b"..") for part in parts)
    return once.startswith(b"/") and not (disguised or invisible or empty or upward)


def _kind(headers: Mapping[str, list[str]]) -> str:
    return headers.get("content-type", [""])[0].partition(";")[0].strip().lower()


def _most(headers: Mapping[str, list[str]]) -> int:
    return MOST_PICTURE if _kind(headers).startswith("image/") else MOST_JSON


async def _body(receive: Receive, most: int) -> bytes | None:
    """The whole body; None if it is longer than allowed."""
    found = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        found += message.get("body", b"")
        if len(found) > most:
            return None
        more = message.get("more_body", False)
    return bytes(found)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Gives a body that was read already, then whatever comes."""
    left = [body]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again


def _dressed(send: Send) -> Send:
    """Adds the headers that every answer carries."""

    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            have = {name.lower() for name, _ in message["headers"]}
            added = [(k.encode(), v.encode()) for k, v in HEADERS.items() if k.encode() not in have]
            message = {**message, "headers": [*message["headers"], *added]}
        await send(message)

    return wrapped


async def _answer(refusal: Refusal, send: Send) -> None:
    body = refusal.text.encode()
    headers = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
    start = {
        "type": "http.response.start",
        "status": refusal.status,
        "headers": [(k.encode(), v.encode()) for k, v in (*headers.items(), *refusal.headers)],
    }
    await _dressed(send)(start)
    await send({"type": "http.response.body", "body": body})
