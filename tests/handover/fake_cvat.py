"""A stand-in for CVAT's HTTP interface, as cvat-sdk 2.80 uses it: no real server was at hand."""

import io
import json
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.handover.fake_cvat_state import DATE, FakeCvat

TOKEN = "s3cret-token"
USER, PASSWORD = "ann", "s3cret-word"


class Handler(BaseHTTPRequestHandler):
    """Answers as the server does, as far as the SDK asks."""

    fake: FakeCvat

    def do_GET(self) -> None:
        self._route("GET")

    def do_POST(self) -> None:
        self._route("POST")

    def do_PATCH(self) -> None:
        self._route("PATCH")

    def do_DELETE(self) -> None:
        self._route("DELETE")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def _route(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        split = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(split.query).items()}
        path = split.path.rstrip("/")
        self.fake.requests.append(f"{method} {path}")
        if path != "/api/auth/login" and not self._allowed():
            self._answer(401, {"detail": f"bad {self.headers.get('Authorization')}"})
            return
        for pattern, (status, text) in self.fake.fails.items():
            if re.fullmatch(pattern, f"{method} {path}"):
                self._answer(status, {"detail": text})
                return
        parts = path.removeprefix("/api/").split("/")
        self._serve(method, parts, query, body)

    def _allowed(self) -> bool:
        signed = self.headers.get("Authorization") == f"Bearer {TOKEN}"
        return signed or "sessionid=open" in self.headers.get("Cookie", "")

    def _serve(self, method: str, parts: list[str], query: dict[str, str], body: bytes) -> None:
        fake = self.fake
        match method, parts:
            case "POST", ["auth", "login"]:
                said = json.loads(body)
                if (said["username"], said["password"]) != (USER, PASSWORD):
                    self._answer(400, {"non_field_errors": [f"no {said['password']}"]})
                    return
                cookies = ("sessionid=open; Path=/", "csrftoken=csrf; Path=/")
                self._answer(200, {"key": "k"}, [("Set-Cookie", c) for c in cookies])
            case "POST", ["auth", "logout"]:
                fake.logged_out = True
                self._answer(200, {})
            case "GET", [("projects" | "tasks") as kind]:
                known = fake.projects if kind == "projects" else fake.tasks
                # the server looks for a part of the name
                found = [one for one in known.values() if query["name"] in one["name"]]
                self._page([_shown(one) for one in found])
            case "POST", [("projects" | "tasks") as kind]:
                said = json.loads(body)
                number = fake.number()
                known = fake.projects if kind == "projects" else fake.tasks
                labels = fake.labelled(said)
                if said.get("project_id"):
                    labels = fake.projects[said["project_id"]]["labels"]
                known[number] = {**said, "id": number, "labels": labels}
                self._answer(201, _shown(known[number]))
            case "GET", [("projects" | "tasks") as kind, number]:
                known = fake.projects if kind == "projects" else fake.tasks
                if int(number) not in known:
                    self._answer(404, {"detail": "Not found."})
                    return
                self._answer(200, _shown(known[int(number)]))
            case _:
                self._serve_task(method, parts, query, body)

    def _serve_task(
        self, method: str, parts: list[str], query: dict[str, str], body: bytes
    ) -> None:
        fake = self.fake
        match method, parts:
            case "DELETE", ["tasks", number]:
                del fake.tasks[int(number)]
                self._answer(204, None)
            case "POST", ["tasks", number, "data"]:
                self._data(int(number), body)
            case "GET", ["tasks", _, "data", "meta"]:
                frames = [
                    {"name": n, "width": w, "height": h, "related_files": 0}
                    for n in fake.order
                    for w, h in [fake.sizes[n]]
                ]
                more = {"deleted_frames": [], "size": len(frames)}
                self._answer(200, {"chunks_updated_date": DATE, "frames": frames, **more})
            case "GET", ["labels"]:
                known = fake.tasks if "task_id" in query else fake.projects
                owner = int(query.get("task_id") or query["project_id"])
                self._page(known[owner]["labels"])
            case "PATCH", ["tasks", _, "annotations"]:
                assert query["action"] == "create"
                said = json.loads(body)
                fake.shapes += said["shapes"]
                fake.tags += said["tags"]
                self._answer(200, {**said, "version": 1, "tracks": []})
            case "GET", ["jobs"]:
                self._page([j for j in fake.jobs if j["task_id"] == int(query["task_id"])])
            case "POST", ["jobs", number, "dataset", "export"]:
                assert query["format"] == "CVAT for images 1.1"
                assert query["save_images"] == "False"
                self._answer(202, {"rq_id": f"export-{number}"})
            case "GET", ["requests", number]:
                self._request(number)
            case "GET", ["file", number]:
                job = next(j for j in fake.jobs if j["id"] == int(number))
                packed = io.BytesIO()
                with zipfile.ZipFile(packed, "w") as archive:
                    archive.writestr("annotations.xml", fake.annotations(job))
                self._raw(200, packed.getvalue(), "application/zip")
            case _:
                self._answer(404, {"detail": f"the stand-in knows no {method} {self.path}"})

    def _data(self, task: int, body: bytes) -> None:
        if "Upload-Start" in self.headers:
            self.fake.uploads.clear()
            self._answer(202, {})
        elif "Upload-Multiple" in self.headers:
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            message = BytesParser(policy=HTTP).parsebytes(head + body)
            for part in message.iter_parts():
                if part.get_filename():
                    self.fake.uploads.append((part.get_filename(), part.get_payload(decode=True)))
            self._answer(200, {})
        else:
            assert "Upload-Finish" in self.headers
            self.fake.finish_upload(task, json.loads(body))
            self._answer(202, {"rq_id": f"create-{task}"})

    def _request(self, number: str) -> None:
        kind, _, which = number.partition("-")
        said = {
            "id": number,
            "status": "finished",
            "message": "",
            "operation": {"type": kind, "target": "task"},
            "created_date": DATE,
            "result_url": f"{self.fake.url}/api/file/{which}",
        }
        self._answer(200, said)

    def _page(self, rows: list[dict[str, Any]]) -> None:
        self._answer(200, {"count": len(rows), "next": None, "previous": None, "results": rows})

    def _answer(
        self, status: int, content: Any, headers: list[tuple[str, str]] | None = None
    ) -> None:
        packed = b"" if content is None else json.dumps(content).encode()
        self._raw(status, packed, "application/json", headers)

    def _raw(
        self, status: int, body: bytes, kind: str, headers: list[tuple[str, str]] | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers or ():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def _shown(one: dict[str, Any]) -> dict[str, Any]:
    summaries = {"labels": {"url": ""}, "jobs": {"completed": 0, "validation": 0}, "tasks": {}}
    return {**one, **summaries, "organization": None}


@contextmanager
def running() -> Iterator[FakeCvat]:
    """A server on the loopback."""
    fake = FakeCvat()
    handler = type("Handler", (Handler,), {"fake": fake})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    fake.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
