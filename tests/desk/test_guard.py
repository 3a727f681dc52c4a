"""Whoever is not the page that this machine's browser was given the token for is refused."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from framesel.desk.guard import MOST_JSON, MOST_PICTURE, Guard
from tests.desk.conftest import ORIGIN, PORT, TOKEN, Tab

COOKIE = f"framesel_desk_{PORT}"


def stranger(app: FastAPI) -> TestClient:
    return TestClient(app, base_url=ORIGIN, follow_redirects=False)


def run(answer: Coroutine[Any, Any, None]) -> None:
    """In a thread of its own: in this one a browser's event loop may be at work."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, answer).result()


def asked(app: Any, path: str, *, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    """Sends exactly this path: clients tidy paths up before they send them."""
    sent: list[Any] = []
    fields = {"host": f"127.0.0.1:{PORT}", "cookie": f"{COOKIE}={TOKEN}", **headers}
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(k.replace("_", "-").encode(), v.encode()) for k, v in fields.items()],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", PORT),
        "state": {},
    }

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    run(app(scope, receive, send))
    body = b"".join(m.get("body", b"") for m in sent[1:])
    return sent[0]["status"], body


def test_without_the_token_nothing_is_told(app: FastAPI) -> None:
    for path in ("/", "/api/story", "/assets/desk.js", "/thumb/0.jpg", "/frame/0.jpg", "/nothing"):
        answer = stranger(app).get(path)
        assert answer.status_code == 403
        assert "token" in answer.text
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_wrong_token_is_refused_and_gives_no_cookie(app: FastAPI) -> None:
    for query in ("token=", "token=wrong", f"token={TOKEN}x", f"token={TOKEN}&token=x", "token=ä"):
        answer = stranger(app).get(f"/?{query}")
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_a_wrong_cookie_is_refused(app: FastAPI) -> None:
    for cookie in (f"{COOKIE}=wrong", f"{COOKIE}=", f"other={TOKEN}", TOKEN, f"{COOKIE}={TOKEN}ü"):
        answer = stranger(app).get("/api/story", headers={"cookie": cookie.encode()})
        assert answer.status_code == 403


def test_the_token_gives_a_cookie_that_only_this_page_has(app: FastAPI) -> None:
    client = stranger(app)
    answer = client.get(f"/?token={TOKEN}")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    parts = {part.strip() for part in answer.headers["set-cookie"].split(";")}
    assert {"HttpOnly", "SameSite=Strict", "Path=/", f"{COOKIE}={TOKEN}"} == parts
    assert client.get("/").status_code == 200
    assert client.get("/api/story").status_code == 200


def test_the_token_opens_the_first_page_only(app: FastAPI) -> None:
    for path in ("/api/story", "/assets/desk.js", "/thumb/0.jpg"):
        assert stranger(app).get(f"{path}?token={TOKEN}").status_code == 403


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8123", "127.0.0.1", "127.0.0.1:80", "localhost.evil:8123",
     "[::1]:8123", "127.0.0.1:8123.evil", "0.0.0.0:8123", ""],
)  # fmt: skip
def test_another_host_name_is_refused(app: FastAPI, host: str) -> None:
    assert asked(app, "/api/story", host=host)[0] == 403
    assert asked(app, "/", host=host)[0] == 403


def test_both_names_of_this_machine_are_known(app: FastAPI) -> None:
    assert asked(app, "/api/story", host=f"localhost:{PORT}")[0] == 200
    assert asked(app, "/api/story", host=f"127.0.0.1:{PORT}")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../etc/passwd", "/assets/../app.py", "/assets/%2e%2e/app.py", "/assets/..%2fapp.py",
        "/assets/..%5capp.py", "/assets/..\\app.py", "/assets/%252e%252e%252fapp.py",
        "//etc/passwd",
        "/assets//etc/passwd", "/assets/./desk.js", "/assets/%00", "/assets/desk.js%00.css",
        "/thumb/../thumb/0.jpg", "/assets/", "http://evil.example/api/story", "/frame/%2e%2e/0.jpg",
    ],
)  # fmt: skip
def test_no_path_leads_out(app: FastAPI, path: str) -> None:
    status, body = asked(app, path)
    assert status == 404
    assert b"root:" not in body
    assert b"import" not in body


def test_only_listed_files_are_given_out(tab: Tab) -> None:
    for name in ("app.py", "guard.py", "desk.html", "__init__.py", "nothing.js"):
        assert tab.client.get(f"/assets/{name}").status_code == 404
    script = tab.client.get("/assets/base.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert tab.client.get("/assets/style.css").headers["content-type"].startswith("text/css")


def test_a_post_from_another_origin_is_refused(tab: Tab) -> None:
    row = tab.picks()[0]
    content = {"seq": tab.seq, "kind": "keep", "row": row}
    others = ["http://evil.example", f"https://127.0.0.1:{PORT}", "http://127.0.0.1:8124", "null"]
    for origin in [*others, f"http://localhost:{PORT}"]:
        answer = tab.client.post("/api/decide", json=content, headers={"origin": origin})
        assert answer.status_code == 403
    assert tab.client.post("/api/decide", json=content).status_code == 403
    assert tab.get("/api/decisions")["decisions"] == []


def test_what_another_site_asks_for_is_refused(tab: Tab) -> None:
    for site in ("cross-site", "same-site"):
        for path in ("/api/story", "/thumb/0.jpg", "/assets/base.js"):
            answer = tab.client.get(path, headers={"sec-fetch-site": site})
            assert answer.status_code == 403
        content = {"seq": 0, "kind": "keep", "row": 0}
        headers = {"origin": ORIGIN, "sec-fetch-site": site}
        assert tab.client.post("/api/decide", json=content, headers=headers).status_code == 403
    assert tab.client.get("/api/story", headers={"sec-fetch-site": "none"}).status_code == 200


def test_a_form_cannot_decide(tab: Tab) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = tab.client.post(
            "/api/decide", content=b"{}", headers={"origin": ORIGIN, "content-type": kind}
        )
        assert answer.status_code == 415
    for path in ("/api/decide", "/api/quit"):
        headers = {"origin": ORIGIN, "content-type": "image/png"}
        assert tab.client.post(path, content=b"{}", headers=headers).status_code == 415


def test_bodies_are_limited(tab: Tab) -> None:
    headers = {"origin": ORIGIN, "content-type": "application/json"}
    large = b'{"text": "' + b"x" * MOST_JSON + b'"}'
    assert tab.client.post("/api/decide", content=large, headers=headers).status_code == 413
    pieces = (b"x" * 100_000 for _ in range(20))  # no length is told
    assert tab.client.post("/api/decide", content=pieces, headers=headers).status_code == 413
    headers["content-type"] = "image/png"
    large = b"x" * (MOST_PICTURE + 1)
    assert tab.client.post("/api/similar", content=large, headers=headers).status_code == 413


def test_json_that_is_deep_or_broken_breaks_nothing(tab: Tab) -> None:
    headers = {"origin": ORIGIN, "content-type": "application/json"}
    for body in (b"[" * 200_000, b"{", b"", b"\xff\xfe", b"null", b"[1]", b'{"seq": NaN}'):
        answer = tab.client.post("/api/decide", content=body, headers=headers)
        assert answer.status_code in (400, 422)
        assert answer.json()["message"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "HEAD"])
def test_no_other_method_is_known(app: FastAPI, method: str) -> None:
    assert asked(app, "/api/story", method=method, origin="http://evil.example")[0] == 405


def test_every_answer_carries_the_policy(tab: Tab) -> None:
    row = tab.picks()[0]
    for path in ("/", "/api/story", "/assets/base.js", f"/thumb/{row}.jpg", "/nothing", "/api/x"):
        headers = tab.client.get(path).headers
        policy = headers["content-security-policy"]
        for rule in ("default-src 'none'", "script-src 'self';", "frame-ancestors 'none'",
                     "connect-src 'self'", "form-action 'none'", "base-uri 'none'"):  # fmt: skip
            assert rule in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert "access-control-allow-origin" not in headers
        assert "server" not in headers
    assert tab.client.get("/api/story").headers["cache-control"] == "no-store"


def test_a_refusal_carries_the_policy_too(app: FastAPI) -> None:
    headers = stranger(app).get("/api/story").headers
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["cache-control"] == "no-store"


def test_websockets_are_closed() -> None:
    sent: list[Any] = []

    async def app(*_: Any) -> None:
        raise AssertionError("the guard let it through")

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    run(Guard(app, TOKEN, PORT)({"type": "websocket"}, receive, send))
    assert sent == [{"type": "websocket.close", "code": 1008}]


def test_nothing_describes_the_app(tab: Tab) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert tab.client.get(path).status_code == 404
