"""Two selections of the workspace side by side."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Response

from framesel import chosen, table_files
from framesel.chosen import Chosen
from framesel.comparison import compare
from framesel.desk.decided import Decided
from framesel.desk.desk import Desk
from framesel.desk.replies import told

MOST_CARDS = 400


def router(desk: Desk) -> APIRouter:
    """Which selections there are, and what tells two of them apart."""
    api = APIRouter(prefix="/api")

    @api.get("/selections")
    def selections() -> Response:
        return told([_listed(name, one) for name, one in _named(desk).items()])

    @api.get("/compare")
    def compared(a: str, b: str) -> Response:
        sides = _named(desk)
        for name in (a, b):
            if name not in sides:
                raise HTTPException(404, f"no selection is called so; there are {', '.join(sides)}")
        folders = str(sides[a].folder), str(sides[b].folder)
        future = desk.background.get("compare", lambda: _table(desk, sides[a], sides[b]), folders)
        names, rows = future.result()
        return told({"names": names, "rows": rows, **_frames(desk, sides[a], sides[b])})

    return api


def _named(desk: Desk) -> dict[str, Chosen]:
    """Every selection by a name of its own: its round, or its folder."""
    return {
        one.name if one.name.startswith("round ") else one.folder.name: one
        for one in reversed(chosen.selections(desk.workspace))
    }


def _listed(name: str, one: Chosen) -> dict[str, Any]:
    return {
        "name": name,
        "folder": one.folder.name,
        "strategy": one.identity["fields"]["strategy"]["name"],
        "picks": table_files.metadata(one.folder / "all.parquet").num_rows,
    }


def _table(desk: Desk, a: Chosen, b: Chosen) -> tuple[list[str], list[list[str]]]:
    found = compare(desk.workspace, a, b)
    return list(found.names), [list(row) for row in found.rows()]


def _frames(desk: Desk, a: Chosen, b: Chosen) -> dict[str, Any]:
    """The picks that only one of them has, by rank, and how many both have."""
    view = desk.now
    lists = [one.picks.to_pylist() for one in (a, b)]
    keys = [{(row["video_no"], row["pts"]) for row in rows} for rows in lists]
    return {
        "only": [
            _cards(desk, view, [r for r in rows if (r["video_no"], r["pts"]) not in other])
            for rows, other in zip(lists, reversed(keys), strict=True)
        ],
        "both": len(keys[0] & keys[1]),
    }


def _cards(desk: Desk, view: Decided, picks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Cards with the rank and the reason that their own selection gave them."""
    rows = view.frames.rows_of([p["video_no"] for p in picks], [p["pts"] for p in picks])
    there = [(int(row), pick) for row, pick in zip(rows, picks, strict=True) if row >= 0]
    there = there[:MOST_CARDS]
    found = desk.cards(view, [row for row, _ in there])
    for card, (_, pick) in zip(found, there, strict=True):
        card["theirs"] = {"rank": pick["rank"], "reason": pick["reason"] or ""}
    return found
