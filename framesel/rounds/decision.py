"""One thing that a reviewer said of a frame, checked."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from framesel import tables

FORMAT: Final = 1

Kind = Literal["keep", "reject", "pin", "tag", "untag", "blur", "unblur", "not_duplicate", "undo"]

Key = tuple[int, int]
"""A frame: (video_no, pts)."""

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Box = tuple[Share, Share, Share, Share]
"""x1 y1 x2 y2, as shares of the picture."""

LONGEST_TAG = 60
LONGEST_TEXT = 500


class Decision(BaseModel):
    """One thing that a reviewer said.

    Attributes:
        format: Of the file.
        no: Its number; 0 before it is written.
        at: When, UTC, ISO 8601; empty before it is written.
        round: The round that was under review.
        kind: What was said.
        video_no: Of the frame; None for an undo.
        pts: Of the frame; None for an undo.
        text: A tag's name, or a remark: why a frame was rejected.
        box: What to blur; what no longer to blur (None: nothing of the frame).
        row: The row of ``tables.SELECTION`` of the frame that enters: the pinned one, or the one
            that takes a rejected one's place.
        undoes: The number of the decision that an undo takes back; 0: nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = FORMAT
    no: Annotated[int, Field(ge=0)] = 0
    at: str = ""
    round: Annotated[int, Field(ge=1)]
    kind: Kind
    video_no: Annotated[int, Field(ge=0, lt=1 << 31)] | None = None
    pts: Annotated[int, Field(ge=-(1 << 63), lt=1 << 63)] | None = None
    text: str = ""
    box: Box | None = None
    row: dict[str, Any] | None = None
    undoes: Annotated[int, Field(ge=0)] | None = None

    @property
    def key(self) -> Key:
        """The frame that is spoken of.

        Raises:
            ValueError: An undo speaks of none.
        """
        if self.video_no is None or self.pts is None:
            raise ValueError(f"decision {self.no} ({self.kind}) speaks of no frame")
        return self.video_no, self.pts

    @field_validator("at")
    @classmethod
    def _is_a_time(cls, at: str) -> str:
        if at and datetime.fromisoformat(at).tzinfo is None:
            raise ValueError("says no time zone")
        return at

    @field_validator("text")
    @classmethod
    def _is_readable(cls, text: str) -> str:
        text = text.strip()
        if len(text) > LONGEST_TEXT:
            raise ValueError(f"has {len(text):,} characters; {LONGEST_TEXT} are allowed")
        if not text.isprintable():
            raise ValueError("holds characters that cannot be printed, line ends among them")
        return text

    @field_validator("row")
    @classmethod
    def _is_of_a_selection(cls, row: dict[str, Any] | None) -> dict[str, Any] | None:
        return None if row is None else _plain(row)

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        self._speaks_of_the_right_thing()
        if self.kind in ("tag", "untag") and not 0 < len(self.text) <= LONGEST_TAG:
            raise ValueError(f"text: a tag has 1 to {LONGEST_TAG} characters")
        if self.kind not in ("blur", "unblur") and self.box is not None:
            raise ValueError(f"box: {self.kind} has none")
        if self.kind == "blur" and self.box is None:
            raise ValueError("box: blur needs one")
        if self.box is not None and not (self.box[0] < self.box[2] and self.box[1] < self.box[3]):
            raise ValueError("box: x1 < x2 and y1 < y2 must hold")
        return self

    def _speaks_of_the_right_thing(self) -> None:
        undo = self.kind == "undo"
        if (self.undoes is not None) != undo:
            raise ValueError("undoes: an undo names a decision, nothing else does")
        if undo != (self.video_no is None) or undo != (self.pts is None):
            raise ValueError("video_no, pts: an undo speaks of no frame, all else of one")
        if undo and self.no and (self.undoes or 0) >= self.no:
            raise ValueError("undoes: only what was said before can be taken back")
        enters = None if self.row is None else (self.row["video_no"], self.row["pts"])
        if self.kind == "pin" and enters != (self.video_no, self.pts):
            raise ValueError("row: a pin needs the row of its frame")
        if self.kind == "reject" and enters == (self.video_no, self.pts):
            raise ValueError("row: a frame cannot take its own place")
        if self.kind not in ("pin", "reject") and enters is not None:
            raise ValueError(f"row: {self.kind} has none")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row of a selection as Arrow reads it: its columns, their types, no NaN."""
    strange = sorted(set(row) - {*tables.SELECTION.names, *tables.REVIEWED.names})
    if strange:
        raise ValueError(f"holds {strange[0]!r}, which no selection has")
    terms = row.get("terms")
    pairs = terms.items() if isinstance(terms, dict) else terms
    try:
        given = {**row, "terms": None if pairs is None else [tuple(pair) for pair in pairs]}
        (found,) = pa.Table.from_pylist([given], schema=tables.SELECTION).to_pylist()
    except (pa.ArrowException, TypeError, OverflowError) as error:
        raise ValueError(f"is no row of a selection: {error}") from None
    for name in ("video_no", "pts", "index", "t_s"):
        if found[name] is None or not _finite(found[name]):
            raise ValueError(f"names no frame: it has no {name}")
    found["terms"] = [pair for pair in found["terms"] or [] if _finite(pair[1])]
    return {name: value if _finite(value) else None for name, value in found.items()}


def _finite(value: object) -> bool:
    return not isinstance(value, float) or math.isfinite(value)
