"""What the desk tells: the selection, single frames, videos, decisions."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import numpy as np
from fastapi import APIRouter, HTTPException, Request, Response

from framesel.desk.decided import Decided
from framesel.desk.desk import Desk
from framesel.desk.map import places
from framesel.desk.replies import changed, packed, said, told
from framesel.frame_names import Found, Frame
from framesel.report.columns import columns, evenly, shown_rows
from framesel.report.neighbours import around
from framesel.report.story import opening
from framesel.report.view import FATES
from framesel.why import Why

AROUND = 4
"""Frames that are shown before one in time, and as many after it."""

MOST_DUPLICATES = 60
MOST_OF_VIDEO = 20_000

POLL_S = 20.0
"""How long a browser waits for news before it asks again."""

CROWD = 3
CROWDED_S = 1.0
"""Of more tabs than these each waits only so long: a browser has six lines to a server, and the
waiting ones would keep decisions and pictures from coming through."""

LOOK_S = 0.2
"""How often it is looked whether another process decided something."""


def router(desk: Desk) -> APIRouter:
    """Everything that changes nothing."""
    api = APIRouter(prefix="/api")

    @api.get("/story")
    def story() -> Response:
        view = desk.now
        return told({**opening(view, "desk"), **_state(desk, view)})

    @api.get("/columns")
    def all_columns(request: Request) -> Response:
        view = desk.now
        found = columns(view, shown_rows(view, None), places(desk))
        return packed({"columns": found}, request)

    @api.get("/frame/{row}")
    def frame(row: int) -> Response:
        view = desk.now
        check(view, row)
        return told(_frame(desk, view, row))

    @api.get("/video/{number}")
    def video(number: int, request: Request) -> Response:
        view = desk.now
        low, high = view.frames.span(number)
        if low == high:
            raise HTTPException(404, f"video {number} has no frames")
        start, end = (_seconds(request, name) for name in ("from", "to"))
        t_s = view.frames.t_s[low:high]
        wanted = np.flatnonzero((t_s >= (start or 0)) & (t_s <= (np.inf if end is None else end)))
        rows = evenly(wanted + low, MOST_OF_VIDEO)
        return told({"rows": [_light(view, row) for row in rows.tolist()]})

    @api.get("/decisions")
    def decisions(after: int = 0) -> Response:
        history = desk.now.history
        return told(
            {"seq": history.last, "decisions": [said(d) for d in history.decisions if d.no > after]}
        )

    @api.get("/changes")
    async def changes(after: int, request: Request) -> Response:
        return await _news(desk, after, request)

    return api


def check(view: Decided, row: int) -> None:
    """Raises 404 where there is no such frame."""
    if not 0 <= row < len(view.frames):
        raise HTTPException(404, f"there is no frame {row}; there are {len(view.frames):,}")


def _state(desk: Desk, view: Decided) -> dict[str, Any]:
    """What only the desk tells."""
    return {
        "seq": view.history.last,
        "replacements": desk.replacements.status,
        "unheard": desk.unheard(view),
        "readonly": desk.readonly(view),
    }


def _frame(desk: Desk, view: Decided, row: int) -> dict[str, Any]:
    duplicates = np.flatnonzero((view.keeper == row) & (view.fate == FATES.index("duplicate")))
    beside = around(view, row, AROUND).tolist()
    alike = evenly(duplicates, MOST_DUPLICATES).tolist()
    found = desk.cards(view, [row, *beside, *alike])
    return {
        "seq": view.history.last,
        "card": found[0],
        "time": found[1 : 1 + len(beside)],
        "duplicates": found[1 + len(beside) :],
        "why": _why(view, row),
    }


def _why(view: Decided, row: int) -> list[str]:
    frames = view.frames
    frame = Frame(*view.key(row), float(frames.t_s[row]))
    return list(
        Why(view.workspace, view.catalog, view.chosen, view.verdicts).lines(
            Found(frame, exact=True)
        )
    )


def _light(view: Decided, row: int) -> dict[str, Any]:
    """A frame as the page makes it from columns: without what only tables know."""
    video_no, pts = view.key(row)
    score = None if view.utility is None else float(view.utility[row])
    sharpness = float(view.frames.columns["sharpness"][row])
    return {
        "light": True,
        "row": row,
        "key": f"{video_no}:{pts}",
        "video_no": video_no,
        "video": view.video_name(video_no),
        "pts": pts,
        "t_s": float(view.frames.t_s[row]),
        "fate": FATES[view.fate[row]],
        "rank": int(view.rank[row]) or None,
        "score": score if score is not None and np.isfinite(score) else None,
        "quality": {"sharpness": sharpness if np.isfinite(sharpness) else None},
        **dict.fromkeys(("gain", "mass", "span", "nearest", "size", "image")),
        **dict.fromkeys(("source", "reason", "limit", "verdict"), ""),
        **{name: [] for name in ("boxes", "tags", "blurs")},
        "terms": {},
        "classes": {},
        "revived": False,
    }


def _seconds(request: Request, name: str) -> float | None:
    text = request.query_params.get(name)
    try:
        found = None if text is None else float(text)
    except ValueError:
        raise HTTPException(422, f"{name}={text!r} is no number of seconds") from None
    if found is not None and not np.isfinite(found):
        raise HTTPException(422, f"{name}={text!r} is no number of seconds")
    return found


async def _news(desk: Desk, after: int, request: Request) -> Response:
    """Waits until somebody else decided something; answers anyway before proxies grow tired."""
    began = time.monotonic()
    desk.waiting += 1  # on the loop's own thread, as all that counts here
    try:
        while True:
            view = await asyncio.to_thread(lambda: desk.now)
            if view.history.last != after:
                return told(await asyncio.to_thread(changed, desk, view, after))
            patience_s = POLL_S if desk.waiting <= CROWD else CROWDED_S
            late = time.monotonic() > began + patience_s
            if late or desk.closing.is_set() or await request.is_disconnected():
                return told({"seq": after, "cards": [], "pick_rows": None})
            await asyncio.sleep(LOOK_S)
    finally:
        desk.waiting -= 1
