"""What page and desk tell of a selection, as one JSON object."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from framesel.errors import FrameselError
from framesel.report.cards import cards, pick_cards
from framesel.report.columns import columns, shown_rows
from framesel.report.neighbours import neighbours
from framesel.report.view import FATES, View

FORMAT = 1
Media = Literal["inline", "folder", "desk"]
Array = npt.NDArray[Any]


@dataclass
class Story:
    """The story of a selection for a page, and what of it needs pictures.

    Attributes:
        told: The JSON object.
        picks: Rows of the picks, by rank.
        beside: Rows that are shown beside picks or as examples.
        shown: (m,) ascending rows of the frames in the columns.
        remarks: What a person should hear: what is not there, and why.
    """

    told: dict[str, Any]
    picks: npt.NDArray[np.int64]
    beside: npt.NDArray[np.int64]
    shown: npt.NDArray[np.int64]
    remarks: list[str] = field(default_factory=list)


def opening(view: View, media: Media) -> dict[str, Any]:
    """The story without columns, figures and neighbours: what can be told at once."""
    round_ = view.round
    picks = pick_cards(view)
    return {
        "format": FORMAT,
        "media": media,
        "workspace": view.workspace.root.name,
        "round": None if round_ is None else round_.number,
        "selection": view.chosen.folder.relative_to(view.workspace.root).as_posix(),
        "strategy": view.strategy,
        "counts": {
            "videos": len(view.videos),
            "frames": len(view.frames),
            "picks": len(picks),
        },
        "videos": _videos(view),
        "classes": list(view.classes),
        "fates": list(FATES),
        "cards": picks,
        "pick_rows": [card["row"] for card in picks],
    }


def whole(view: View, media: Media, most: int | None) -> Story:
    """The whole story of a selection, its pictures apart.

    Args:
        view: The selection.
        media: Where the page will find pictures.
        most: Frames in the columns; None for all.
    """
    told = opening(view, media)
    figures, remarks = drawn(view)
    placed = figures.pop("map")
    told |= {name: None if found is None else found.json() for name, found in figures.items()}
    told["map"] = None if placed is None else placed.json()
    told["neighbours"] = neighbours(view)
    rows = shown_rows(view, most)
    told["columns"] = columns(view, rows, None if placed is None else _positions(placed))
    picks = np.array(told["pick_rows"], np.int64)
    beside = _beside(told)
    told["cards"] += cards(view, beside.tolist())
    if len(rows) < len(view.frames):
        remarks.append(
            f"This page holds {len(rows):,} of {len(view.frames):,} frames: all picks, and an even "
            "choice of the rest. `framesel report --folder` holds all of them."
        )
    return Story(told, picks, beside, rows, remarks)


def linked(told: dict[str, Any], round_folder: Path | None, page_folder: Path) -> dict[str, Any]:
    """Points the cards to the exported pictures as seen from the page; None where there is none.

    Args:
        told: The story; its cards are changed.
        round_folder: Where the export is; None for a selection of no round.
        page_folder: Where the page is.
    """
    for card in told["cards"]:
        path = None if round_folder is None or not card["image"] else round_folder / card["image"]
        if path is None or not path.exists():
            card["image"] = None
        else:
            card["image"] = Path(os.path.relpath(path, page_folder)).as_posix()
    return told


def as_json(value: Any) -> str:
    """JSON that may stand inside a script element: no character in it means anything to HTML."""
    text = json.dumps(_plain(value), separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def drawn(view: View) -> tuple[dict[str, Any], list[str]]:
    """The figures by name, None for those that there is nothing to draw of, and why."""
    found: dict[str, Any] = {}
    remarks = []
    for name, draw in _figures().items():
        try:
            found[name] = draw(view)
        except FrameselError as error:
            found[name] = None
            remarks.append(f"{name.replace('_', ' ')}: {error}")
    return found, remarks


def _figures() -> Mapping[str, Callable[[View], Any]]:
    # Loaded late: some need scikit-learn.
    from framesel.report.figures.classes import classes
    from framesel.report.figures.coverage import coverage
    from framesel.report.figures.embedding_map import embedding_map
    from framesel.report.figures.gains import gains
    from framesel.report.figures.happened import happened
    from framesel.report.figures.left_out import left_out
    from framesel.report.figures.rounds import rounds
    from framesel.report.figures.scores import scores

    return {
        "happened": happened,
        "rounds": rounds,
        "gains": gains,
        "coverage": coverage,
        "scores": scores,
        "class_shares": classes,
        "left_out": left_out,
        "map": embedding_map,
    }


def _videos(view: View) -> list[dict[str, Any]]:
    found = []
    for video in view.videos:
        first, end = view.frames.span(video.no)
        found.append(
            {
                "no": video.no,
                "name": video.name,
                "folder": video.folder,
                "kind": video.kind,
                "duration_s": video.duration_s,
                "frames": video.frames,
                "picks": video.picks,
                "first_row": first,
                "last_row": end - 1,
                "metadata": dict(video.metadata),
            }
        )
    return found


def _beside(told: Mapping[str, Any]) -> npt.NDArray[np.int64]:
    """Rows that stand beside picks or are examples, each once, and no picks."""
    listed = [
        r for near in told["neighbours"].values() for r in (*near["time"], *near["duplicates"])
    ]
    left_out = told["left_out"] or {}
    listed += [row for group in left_out.get("groups", ()) for row in group["rows"]]
    fresh = dict.fromkeys(listed)
    for row in told["pick_rows"]:
        fresh.pop(row, None)
    return np.array(list(fresh), np.int64)


def _positions(placed: Any) -> dict[str, Array]:
    return {"x": placed.x, "y": placed.y, "cluster": placed.cluster}


def _plain(value: Any) -> Any:
    """Numpy's numbers as Python's, and null for what is no number."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
