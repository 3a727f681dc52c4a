"""Decisions of the reviewer, and what takes them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from framesel.desk.desk import Answer, ConflictError, Desk, Wish
from framesel.desk.replies import answered, changed, told
from framesel.rounds.decisions import Box

Seq = Annotated[int, Field(ge=0)]
Sayable = Literal["keep", "reject", "pin", "tag", "untag", "blur", "unblur", "not_duplicate"]
"""Every kind of decision but the undo, which has an address of its own."""


class Heard(BaseModel):
    """What every POST says: the last decision that its sender knows."""

    model_config = ConfigDict(extra="forbid", strict=True)

    seq: Seq


class Said(Heard):
    """A decision as the page sends it."""

    kind: Sayable
    row: Annotated[int, Field(ge=0)]
    text: str = ""
    box: Annotated[Box, Field(strict=False)] | None = None


def router(desk: Desk) -> APIRouter:
    """Everything that a reviewer says."""
    api = APIRouter(prefix="/api")

    @api.post("/decide")
    def decide(said: Said) -> Response:
        wish = Wish(said.kind, said.row, said.text.strip(), said.box)
        return _answer(desk, said.seq, lambda: desk.decide(said.seq, wish))

    @api.post("/undo")
    def undo(heard: Heard) -> Response:
        return _answer(desk, heard.seq, lambda: desk.undo(heard.seq))

    @api.post("/redo")
    def redo(heard: Heard) -> Response:
        return _answer(desk, heard.seq, lambda: desk.redo(heard.seq))

    return api


def _answer(desk: Desk, seq: int, decide: Callable[[], Answer]) -> Response:
    try:
        return told(answered(desk, decide(), seq))
    except ConflictError as error:
        return told({**changed(desk, desk.now, seq), "message": str(error)}, 409)
