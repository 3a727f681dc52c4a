"""The web app of the desk."""

from __future__ import annotations

from fastapi import FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException as StarletteError

from framesel.desk import compare, decide, exporting, map, media, pages, read, similar
from framesel.desk.desk import Desk
from framesel.desk.guard import HEADERS, Guard
from framesel.desk.replies import told
from framesel.errors import FrameselError, UsageError


def create(desk: Desk, token: str, port: int) -> FastAPI:
    """Puts routes and guard around a desk.

    Args:
        desk: What is reviewed.
        token: What a browser must show once.
        port: That the app will be reached at.
    """
    app = FastAPI(
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        telemetry={"auto_configure": False, "tracing": False, "metrics": False, "logs": False},
    )
    app.state.quit = desk.close
    app.include_router(pages.router())
    for routes in (read, decide, map, media, similar, compare, exporting):
        app.include_router(routes.router(desk))
    app.add_exception_handler(FrameselError, _failed)
    app.add_exception_handler(StarletteError, _refused)
    app.add_exception_handler(RequestValidationError, _misunderstood)
    app.add_exception_handler(ValidationError, _misunderstood)
    app.add_exception_handler(Exception, _broken)
    app.add_middleware(Guard, token=token, port=port)
    return app


def _failed(request: Request, error: Exception) -> Response:
    """What was asked makes no sense, or the workspace is not as it should be."""
    del request
    return told({"message": str(error)}, 422 if isinstance(error, UsageError) else 500)


def _refused(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, HTTPException | StarletteError)
    return told({"message": str(error.detail)}, error.status_code)


def _broken(request: Request, error: Exception) -> Response:
    """A fault of our own: its words may help, its traceback goes to the terminal."""
    del request
    found = told({"message": f"the desk broke: {type(error).__name__}: {error}"}, 500)
    found.headers.update(HEADERS)  # this answer does not pass the guard
    return found


def _misunderstood(request: Request, error: Exception) -> Response:
    """The first complaint in words; what was sent is not repeated."""
    del request
    assert isinstance(error, RequestValidationError | ValidationError)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    message = str(first["msg"]).removeprefix("Value error, ")
    return told({"message": f"{place}: {message}" if place else message}, 422)
