"""The frames of a page as columns of numbers: which of them are shown, and how they are packed."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.report.view import View

MOST_ROWS = 100_000
"""Frames in the columns of one page."""

Ints = npt.NDArray[np.int64]
Array = npt.NDArray[Any]

_TYPES = {"f32": np.float32, "f64": np.float64, "i32": np.int32, "i16": np.int16, "u8": np.uint8}


def shown_rows(view: View, most: int | None = MOST_ROWS) -> Ints:
    """(m,) ascending rows of the frames that a page holds.

    All of them, or all picks and an even choice of the rest.

    Args:
        view: Whose frames.
        most: How many at most, picks apart; None for all.
    """
    count = len(view.frames)
    if most is None or count <= most:
        return np.arange(count, dtype=np.int64)
    picks = np.flatnonzero(view.rank)
    rest = np.flatnonzero(view.rank == 0)
    return np.sort(np.concatenate([picks, evenly(rest, max(0, most - len(picks)))]))


def evenly(rows: Ints, most: int) -> Ints:
    """At most so many of the rows, evenly spaced, in their order; the first is among them."""
    if most >= len(rows):
        return rows
    return rows[np.arange(most, dtype=np.int64) * len(rows) // max(1, most)]


def columns(view: View, rows: Ints, placed: Mapping[str, Array] | None) -> dict[str, Any]:
    """The columns of some frames, packed; what is not known for any frame has no column.

    Args:
        view: Whose frames.
        rows: Ascending.
        placed: (n,) arrays ``x``, ``y`` and ``cluster`` over all frames, where there is a map.
    """
    frames = view.frames
    numbers = np.unique(frames.video_no)
    pts = frames.pts[rows]
    small = not len(pts) or (pts.min() >= -(2**31) and pts.max() < 2**31)
    found: dict[str, tuple[str, Array]] = {
        "row": ("i32", rows),
        "video": ("i32", np.searchsorted(numbers, frames.video_no[rows])),
        "t_s": ("f32", frames.t_s[rows]),
        "pts": ("i32" if small else "f64", pts),
        "fate": ("u8", view.fate[rows]),
        "keeper": ("i32", view.keeper[rows]),
        "rank": ("i32", view.rank[rows]),
        "sharpness": ("f32", frames.columns["sharpness"][rows]),
    }
    if view.utility is not None:
        found["score"] = ("f32", view.utility[rows])
    if placed is not None:
        found |= {
            name: ("i16" if name == "cluster" else "f32", placed[name][rows])
            for name in ("x", "y", "cluster")
        }
    return {name: packed(kind, values) for name, (kind, values) in found.items()}


def packed(kind: str, values: Array) -> dict[str, str]:
    """Numbers as the page reads them: little endian, in base64."""
    raw = np.ascontiguousarray(values, dtype=np.dtype(_TYPES[kind]).newbyteorder("<")).tobytes()
    return {"type": kind, "data": base64.b64encode(raw).decode("ascii")}
