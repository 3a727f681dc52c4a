"""The map for the desk: computed in a thread when somebody first looks at it, and kept."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import numpy.typing as npt
from fastapi import APIRouter, HTTPException, Response

from framesel.desk.desk import Desk
from framesel.desk.replies import told
from framesel.errors import FrameselError

if TYPE_CHECKING:
    from framesel.report.figures.embedding_map import Places

Array = npt.NDArray[Any]


def router(desk: Desk) -> APIRouter:
    """The route that has it computed."""
    api = APIRouter(prefix="/api")

    @api.get("/map")
    def embedding_map() -> Response:
        future = _begun(desk)
        if not future.done():
            return told({"working": True}, 202)
        try:
            return told({"method": future.result().method})
        except FrameselError as error:
            raise HTTPException(404, str(error)) from None

    return api


def places(desk: Desk) -> dict[str, Array] | None:
    """Where the frames lie on the map, if there is one; it is not computed for this."""
    from framesel.report.figures.embedding_map import is_made

    try:
        if not is_made(desk.base):
            return None
        found = _begun(desk).result()
    except FrameselError:
        return None
    return {"x": found.x, "y": found.y, "cluster": found.cluster}


def _begun(desk: Desk) -> Future[Places]:
    return desk.background.get("map", lambda: _drawn(desk))


def _drawn(desk: Desk) -> Places:
    # Loaded late: it needs scikit-learn and more.
    from framesel.report.figures.embedding_map import embedding_map

    return embedding_map(desk.base)
