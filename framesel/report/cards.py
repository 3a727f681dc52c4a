"""What page and desk show of one frame, as JSON."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from framesel.report.boxes import Box
from framesel.report.view import FATES, View
from framesel.stages.export import picture_name

Card = dict[str, Any]


def pick_cards(view: View) -> list[Card]:
    """The picks by rank; those whose video is gone are not among them."""
    return cards(view, [int(row) for row in view.pick_rows if row >= 0])


def card(view: View, row: int) -> Card:
    """One frame."""
    return cards(view, [row])[0]


def cards(view: View, rows: Sequence[int]) -> list[Card]:
    """Some frames, each as one JSON object; what is not known is null, no number is nan."""
    return [_card(view, int(row), boxes) for row, boxes in zip(rows, view.boxes(rows), strict=True)]


def _card(view: View, row: int, boxes: list[Box]) -> Card:
    frames = view.frames
    video_no, pts = int(frames.video_no[row]), int(frames.pts[row])
    known = view.catalog.videos[video_no]
    pick = _pick(view, row)
    t_s = float(frames.t_s[row])
    quality = {n: number(frames.columns[n][row]) for n in ("sharpness", "brightness", "contrast")}
    return {
        "key": f"{video_no}:{pts}",
        "row": row,
        "video_no": video_no,
        "video": view.video_name(video_no),
        "t_s": t_s,
        "pts": pts,
        "fate": FATES[view.fate[row]],
        "detail": str(view.detail[row]),
        "keeper": int(view.keeper[row]) if view.keeper[row] >= 0 else None,
        **_chosen(view, pick),
        "score": None if view.utility is None else number(view.utility[row]),
        "quality": quality,
        "classes": dict(Counter(view.classes[box.class_no] for box in boxes)),
        "boxes": [
            [*(round(side, 5) for side in box[:4]), box[4], round(box[5], 4)] for box in boxes
        ],
        "size": [known["width"], known["height"]],
        "tags": list(view.verdicts.tags.get((video_no, pts), ())),
        "blurs": [list(box) for box in view.verdicts.blurs.get((video_no, pts), ())],
        "image": _image(view, known, video_no, pts, t_s) if pick else None,
    }


def _plain(box: Box) -> list[float]:
    return [*(round(side, 5) for side in box[:4]), box.class_no, round(box.confidence, 4)]


def _chosen(view: View, pick: Mapping[str, Any] | None) -> Card:
    """What only picks have."""
    if pick is None:
        names = "rank gain mass span nearest".split()
        return {
            **dict.fromkeys(names), "source": "", "terms": {}, "reason": "", "limit": "",
            "revived": False, "verdict": "",
        }  # fmt: skip
    span = [pick["span_start_s"], pick["span_end_s"]]
    return {
        "rank": pick["rank"],
        "source": pick["source"] or "",
        "gain": number(pick["gain"]),
        "terms": {name: number(value) for name, value in pick["terms"] or ()},
        "mass": number(pick["mass"]),
        "span": None if None in span else span,
        "nearest": _nearest(view, pick),
        "reason": pick["reason"] or "",
        "limit": pick["limit"] or "",
        "revived": bool(pick["revived"]),
        "verdict": pick.get("verdict") or "",
    }


def _nearest(view: View, pick: Mapping[str, Any]) -> Card | None:
    video_no, pts = pick["nearest_video_no"], pick["nearest_pts"]
    if pts is None:
        return None
    row = view.frames.row_of(video_no, pts)
    return {
        "key": f"{video_no}:{pts}",
        "row": row if row >= 0 else None,
        "video": view.video_name(video_no),
        "t_s": float(view.frames.t_s[row]) if row >= 0 else None,
        "distance": number(pick["nearest_distance"]),
    }


def _pick(view: View, row: int) -> dict[str, Any] | None:
    rank = int(view.rank[row])
    return view.pick_list[rank - 1] if rank else None


def _image(view: View, known: Mapping[str, Any], video_no: int, pts: int, t_s: float) -> str:
    suffix = view.recipe.export.format
    return f"export/images/{picture_name(Path(known['path']), video_no, pts, t_s, suffix)}"


def number(value: Any) -> float | None:
    """A number for JSON: null where it is missing, nan or infinite."""
    if value is None or not math.isfinite(value):
        return None
    return float(value)
