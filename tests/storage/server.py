"""A real S3 server on loopback, with faults that a test asks for."""

import io
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

Environ = dict[str, Any]
Start = Callable[..., Any]


class Quiet(WSGIRequestHandler):
    """Keeps connections, as object stores do, and says nothing."""

    protocol_version = "HTTP/1.1"

    def log(self, *_: object) -> None: ...


@dataclass
class Fault:
    """What is done to the next requests that match, and to no others.

    Attributes:
        method: Of the request.
        part: Found in its path or query.
        kind: ``error`` (500), ``slow`` (503), ``truncated`` (half of the body), ``reset`` (no
            answer: the connection is closed), ``silent`` (no answer until ``Faulty.release``).
        times: How many requests it meets.
    """

    method: str
    part: str
    kind: str
    times: int = 1


@dataclass
class Faulty:
    """Stands before moto: counts what goes by, and breaks what it was told to."""

    inner: Callable[[Environ, Start], Iterable[bytes]]
    faults: list[Fault] = field(default_factory=list)
    requests: Counter[str] = field(default_factory=Counter)
    bytes_read: Counter[str] = field(default_factory=Counter)
    put: dict[str, bytes] = field(default_factory=dict)
    released: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: Environ, start: Start) -> Iterable[bytes]:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        with self.lock:
            self.requests[method] += 1
            fault = self._due(method, f"{path}?{environ['QUERY_STRING']}")
        content = _read_body(environ)
        if fault in ("error", "slow"):
            code, name = {"error": (500, "InternalError"), "slow": (503, "SlowDown")}[fault]
            text = f"<Error><Code>{name}</Code><Message>injected</Message></Error>".encode()
            start(f"{code} {name}", [("Content-Length", str(len(text)))])
            return [text]
        if fault == "silent":
            self.released.wait(60)
        if fault in ("reset", "silent"):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionError("injected")
        if method == "PUT":
            self.put[path] = content
        return self._answer(environ, start, path, truncated=fault == "truncated")

    def _due(self, method: str, what: str) -> str | None:
        for fault in self.faults:
            if fault.times and fault.method == method and fault.part in what:
                fault.times -= 1
                return fault.kind
        return None

    def _answer(self, environ: Environ, start: Start, path: str, *, truncated: bool) -> Any:
        content = b"".join(self.inner(environ, start))
        if environ["REQUEST_METHOD"] == "GET":
            with self.lock:
                self.bytes_read[path] += len(content)
        return _half(content, environ["werkzeug.socket"]) if truncated else [content]

    def reset(self) -> None:
        """Forgets faults and counts."""
        self.released.set()
        self.released = threading.Event()
        self.faults.clear()
        self.requests.clear()
        self.bytes_read.clear()
        self.put.clear()


def _half(content: bytes, connection: socket.socket) -> Iterator[bytes]:
    """Less than the header promised."""
    yield content[: len(content) // 2]
    connection.shutdown(socket.SHUT_RDWR)


def _read_body(environ: Environ) -> bytes:
    """First, so that an early answer does not break the connection."""
    if environ.get("wsgi.input_terminated"):
        content = environ["wsgi.input"].read()
    else:
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(content)
    return content


class Server:
    """moto's S3 behind ``Faulty``, in threads of this process."""

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

        self.faulty = Faulty(DomainDispatcherApplication(create_backend_app))
        self._server: BaseWSGIServer = make_server(
            "127.0.0.1", 0, self.faulty, threaded=True, request_handler=Quiet
        )
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.faulty.released.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
