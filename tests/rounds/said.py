"""Decisions for tests: short to write, and any that hypothesis can think of."""

from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from framesel import tables
from framesel.rounds.decisions import Decision, Key

VIDEOS, TIMES = 2, 4
KEYS: list[Key] = [(video, pts) for video in range(VIDEOS) for pts in range(TIMES)]
BOXES = [(0.0, 0.0, 0.5, 0.5), (0.25, 0.25, 1.0, 1.0)]


def row(key: Key, **more: Any) -> dict[str, Any]:
    """A row of a selection, as `to_pylist` gives it."""
    plain = {"rank": 9, "video_no": key[0], "pts": key[1], "index": key[1], "t_s": key[1] / 2}
    told = {"terms": [("coverage", 1.5)], "mass": 2.0, "reason": f"because of {key}"}
    return {**dict.fromkeys(tables.SELECTION.names), **plain, **told, **more}


def picks(*keys: Key) -> pa.Table:
    """A selection of these frames, in order of rank."""
    rows = [row(key, rank=rank) for rank, key in enumerate(keys, 1)]
    metadata = {f"{tables.PREFIX}notes": '["a note"]'}
    return pa.Table.from_pylist(rows, schema=tables.SELECTION.with_metadata(metadata))


def said(no: int, kind: Any, key: Key | None = None, **more: Any) -> Decision:
    """One decision; what its kind needs is filled in."""
    fill: dict[str, Any] = {}
    if kind == "pin" and key is not None:
        fill["row"] = row(key)
    if kind in ("tag", "untag"):
        fill["text"] = "night"
    if kind == "blur":
        fill["box"] = BOXES[0]
    video_no, pts = (None, None) if key is None else key
    given = {"no": no, "at": "2026-01-01T00:00:00+00:00", "round": 1, "kind": kind}
    return Decision(**{**given, "video_no": video_no, "pts": pts, **fill, **more})


def keys_of(table: pa.Table) -> list[Key]:
    """The frames of a table in order."""
    return list(zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True))


@st.composite
def histories(draw: st.DrawFn, most: int = 14, rounds: int = 1) -> list[Decision]:
    """Numbered decisions about few frames, undos of anything before among them."""
    found: list[Decision] = []
    for no in range(1, draw(st.integers(0, most)) + 1):
        found.append(draw(_next(no, found[-1].round if found else 1, rounds)))
    return found


@st.composite
def _next(draw: st.DrawFn, no: int, least: int, rounds: int) -> Decision:
    this = draw(st.integers(least, rounds))
    if no > 1 and draw(st.booleans()):
        return said(no, "undo", undoes=draw(st.integers(1, no - 1)), round=this)
    kinds = ["keep", "reject", "pin", "tag", "untag", "blur", "unblur", "not_duplicate"]
    kind, key = draw(st.sampled_from(kinds)), draw(st.sampled_from(KEYS))
    more: dict[str, Any] = {"round": this}
    if kind == "reject":
        enters = draw(st.sampled_from([None, *(other for other in KEYS if other != key)]))
        more |= {"row": None if enters is None else row(enters)}
        more |= {"text": draw(st.sampled_from(["", "too dark"]))}
    elif kind in ("tag", "untag"):
        more["text"] = draw(st.sampled_from(["night", "<b>rain</b>"]))
    elif kind in ("blur", "unblur"):
        more["box"] = draw(st.sampled_from([*BOXES, *([None] if kind == "unblur" else [])]))
    return said(no, kind, key, **more)
