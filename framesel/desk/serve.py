"""Serves the desk on loopback, and ends without leaving anything behind."""

from __future__ import annotations

import multiprocessing
import os
import secrets
import socket
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from framesel.desk.background import start
from framesel.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from framesel.desk.desk import Desk

HOST = "127.0.0.1"


def check_installed() -> None:
    """Says what to install.

    Raises:
        MissingExtraError: The packages of a web server are not there.
    """
    for package in ("fastapi", "uvicorn"):
        try:
            __import__(package)
        except ModuleNotFoundError:
            raise MissingExtraError(package, "desk", "the desk") from None


def listen(port: int) -> socket.socket:
    """A socket that only this machine reaches.

    Args:
        port: 0 for any that is free.

    Raises:
        UsageError: The port is taken, or not ours to take.
    """
    # Named TCP outright: asyncio switches Nagle's delay off for such sockets alone, and with it
    # each answer would come 40 ms late.
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if sys.platform != "win32":  # there it would share the port with others
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
    except (OSError, OverflowError) as error:
        found.close()
        raise UsageError(
            f"port {port} of {HOST} cannot be used ({error}). Give another --port, or none"
        ) from None
    found.listen(128)
    return found


def new_token() -> str:
    """What a browser must show: nobody guesses it."""
    return secrets.token_urlsafe(32)


def address(listening: socket.socket, token: str) -> str:
    """Where a browser finds the desk."""
    return f"http://{HOST}:{listening.getsockname()[1]}/?token={token}"


def serve(
    desk: Desk,
    make: Callable[[Desk, str, int], FastAPI],
    token: str,
    listening: socket.socket,
) -> None:
    """Answers until a signal or the page itself ends it.

    Args:
        desk: What is served.
        make: Makes the app from desk, token and port.
        token: What a browser must show.
        listening: Bound to loopback.
    """
    import uvicorn

    port = listening.getsockname()[1]
    app = make(desk, token, port)
    config = uvicorn.Config(
        app,
        access_log=False,
        log_level="error",
        ws="none",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
        limit_concurrency=200,
    )
    server = _server(desk, config)
    app.state.quit = server.leave
    start("warm", desk.warm, Future())
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        return  # the usual way to end it


def leave() -> None:
    """Ends the process though something is still computed: nobody will look at it.

    A decision is on disk before it is answered. A map or an export that is broken off is made, or
    gone on with, the next time.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    busy = [t for t in threading.enumerate() if t is not threading.main_thread()]
    for child in multiprocessing.active_children():
        child.kill()
    if busy:
        os._exit(0)


def _server(desk: Desk, config: Any) -> Any:
    import uvicorn

    class Server(uvicorn.Server):
        """Ends open long-polls before it waits for connections to close."""

        def leave(self) -> None:
            self.should_exit = True

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            desk.close()
            await super().shutdown(sockets)

    return Server(config)
