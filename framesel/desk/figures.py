"""Figures for the desk: computed in threads, kept as long as nothing is decided."""

from __future__ import annotations

from concurrent.futures import Future
from importlib import import_module
from typing import Any

import numpy.typing as npt
from fastapi import APIRouter, HTTPException, Response

from framesel.desk.desk import Desk
from framesel.desk.replies import told
from framesel.errors import FrameselError
from framesel.report.story import as_json
from framesel.report.view import View

Array = npt.NDArray[Any]

FIGURES = {
    "happened": "happened",
    "gains": "gains",
    "coverage": "coverage",
    "scores": "scores",
    "class_shares": "classes",
    "left_out": "left_out",
    "map": "embedding_map",
}
"""What the browser asks for, and the function and module that draw it."""


def router(desk: Desk) -> APIRouter:
    """The route of all figures."""
    api = APIRouter(prefix="/api")

    @api.get("/figure/{name}")
    def figure(name: str) -> Response:
        if name not in FIGURES:
            raise HTTPException(404, f"no figure is called so; there are {', '.join(FIGURES)}")
        future = _begun(desk, name)
        if not future.done():
            return told({"working": True}, 202)
        try:
            found = future.result()
            text = as_json(None if found is None else found.json())
            return Response(text, media_type="application/json")
        except FrameselError as error:
            raise HTTPException(404, str(error)) from None

    return api


def places(desk: Desk) -> dict[str, Array] | None:
    """Where the frames lie on the map, if there is one; it is not computed for this."""
    from framesel.report.figures.embedding_map import is_made

    try:
        if not is_made(desk.base):
            return None
        found = _begun(desk, "map").result()
    except FrameselError:
        return None
    return {"x": found.x, "y": found.y, "cluster": found.cluster}


def _begun(desk: Desk, name: str) -> Future[Any]:
    """The figure, some day: the map once and for all, the others for the picks as they are."""
    view = desk.now
    if name == "map":
        return desk.background.get(name, lambda: _draw(name, desk.base))
    return desk.background.get(name, lambda: _draw(name, view), view.history.last)


def _draw(name: str, view: View) -> Any:
    module = FIGURES[name]
    # Loaded late: they need scikit-learn and more.
    draw = getattr(import_module(f"framesel.report.figures.{module}"), module)
    return draw(view)
