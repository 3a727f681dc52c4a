"""The shell of the desk, and the files that it loads."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from fastapi import APIRouter, HTTPException, Response

TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


def router() -> APIRouter:
    """What needs no workspace."""
    api = APIRouter()

    @api.get("/")
    def shell() -> Response:
        return Response(page(), media_type="text/html; charset=utf-8")

    @api.get("/assets/{name}")
    def asset(name: str) -> Response:
        found = assets().get(name)
        if found is None:
            raise HTTPException(404, "there is no such file")
        return Response(found.read_bytes(), media_type=TYPES[name[name.rindex(".") :]])

    return api


@cache
def assets() -> dict[str, Traversable]:
    """Every file that may be asked for: the desk's own, and those that it shares with the page."""
    return {
        item.name: item
        for package in ("framesel.report", "framesel.desk")
        for item in (files(package) / "assets").iterdir()
        if item.name.endswith(tuple(TYPES))
    }


@cache
def page() -> str:
    """The HTML of the shell."""
    folder = files("framesel.desk") / "templates"
    return (folder / "desk.html").read_text("utf-8")
