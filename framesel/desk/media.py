"""Pictures of frames over HTTP."""

from __future__ import annotations

import hashlib

from fastapi import APIRouter, HTTPException, Request, Response

from framesel.desk.desk import Desk
from framesel.desk.pictures import Pictures, blurs_of
from framesel.desk.read import check
from framesel.errors import MediaError

KEPT = {
    # The address names the frame and what is blurred; another desk has another cookie.
    "cache-control": "private, max-age=86400, immutable",
    "vary": "cookie",
}


def router(desk: Desk) -> APIRouter:
    """Small and whole pictures."""
    api = APIRouter()
    pictures = Pictures()

    @api.get("/thumb/{row:int}.jpg")
    def thumb(row: int, request: Request, s: int = 320) -> Response:
        view = desk.now
        check(view, row)
        tag = _tag(row, s, blurs_of(view, row))
        if request.headers.get("if-none-match") == tag:
            return Response(None, 304, {**KEPT, "etag": tag})
        try:
            found = pictures.thumb(view, row, s)
        except MediaError as error:
            raise HTTPException(404, str(error)) from None
        if found is None:
            raise HTTPException(404, "the picture of this frame is gone, and so is its video")
        return Response(found, 200, {**KEPT, "etag": tag}, "image/jpeg")

    @api.get("/frame/{row:int}.jpg")
    def frame(row: int) -> Response:
        view = desk.now
        check(view, row)
        try:
            found = pictures.frame(view, row)
        except MediaError as error:
            raise HTTPException(404, str(error)) from None
        return Response(found, 200, KEPT, "image/jpeg")

    return api


def _tag(*parts: object) -> str:
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:24]}"'
