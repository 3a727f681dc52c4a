"""Answers of the desk: JSON made once, and the words of what went wrong."""

from __future__ import annotations

import gzip
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from framesel.desk.decided import Decided
from framesel.desk.desk import Answer, Desk
from framesel.rounds.decisions import Decision

GZIP_FROM = 200_000
"""Bytes from which packing pays."""


def told(content: Any, status: int = 200) -> Response:
    """JSON as it is: no number is nan, nothing is converted."""
    body = json.dumps(content, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return Response(body.encode("utf-8", "replace"), status, media_type="application/json")


def packed(content: Any, request: Request) -> Response:
    """The same, compressed where the browser takes that and it is worth the while."""
    plain = told(content)
    body = bytes(plain.body)
    if len(body) < GZIP_FROM or "gzip" not in request.headers.get("accept-encoding", ""):
        return plain
    headers = {"content-encoding": "gzip", "vary": "accept-encoding"}
    return Response(gzip.compress(body, 1, mtime=0), 200, headers, "application/json")


def said(decision: Decision) -> dict[str, Any]:
    """A decision for the page."""
    return decision.model_dump(mode="json", exclude={"row", "format"})


def changed(desk: Desk, view: Decided, after: int) -> dict[str, Any]:
    """All that is different since a decision: the frames it touched, and the picks."""
    keys = sorted(view.history.touched(after))
    rows = view.frames.rows_of([k[0] for k in keys], [k[1] for k in keys]).tolist()
    return {
        "seq": view.history.last,
        "cards": desk.cards(view, [row for row in rows if row >= 0]),
        "pick_rows": [int(row) for row in view.pick_rows if row >= 0],
        "replacements": desk.replacements.status,
    }


def answered(desk: Desk, answer: Answer, after: int) -> dict[str, Any]:
    """What a decision did, and what others did since the one that was heard last."""
    content = changed(desk, answer.view, after)
    row = answer.replacement
    entered = None if row is None else desk.cards(answer.view, [row])[0]
    return {
        **content,
        "decisions": [said(decision) for decision in answer.made],
        "replacement": entered,
        "pending": answer.pending,
        "message": answer.message,
    }
