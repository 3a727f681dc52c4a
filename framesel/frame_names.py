"""How a frame is written on the command line: VIDEO@SECONDS or VIDEO@pts:N."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow.compute as pc

from framesel import table_files
from framesel.catalog import Catalog
from framesel.errors import UsageError
from framesel.workspace import Workspace


@dataclass(frozen=True)
class Frame:
    """A frame that was looked at."""

    video_no: int
    pts: int
    t_s: float


@dataclass(frozen=True)
class Found:
    """The frame looked at that is nearest to what was asked for."""

    frame: Frame
    exact: bool
    """False: the frame that was asked for was never looked at; this one is the nearest."""


def find(workspace: Workspace, frames_key: str, text: str) -> Found:
    """The frame that a text means.

    Args:
        workspace: Where it was looked at.
        frames_key: Folder of the frames table.
        text: ``VIDEO@SECONDS`` or ``VIDEO@pts:N``; the video by number, path or file name.

    Raises:
        UsageError: The text is no frame, the video is unknown, or none of its frames was looked at.
    """
    name, at, place = text.rpartition("@")
    if not at or not name or not place:
        raise UsageError(f"{text!r} is no frame; write VIDEO@SECONDS or VIDEO@pts:N")
    catalog = Catalog(workspace)
    video_no = catalog.find(name)
    pts, t_s = _looked_at(workspace, catalog, frames_key, video_no)
    if not len(pts):
        raise UsageError(f"no frame of {catalog.videos[video_no]['path']} was looked at")
    column, wanted = (pts, _number(text, place[4:])) if place.startswith("pts:") else (t_s, None)
    if wanted is None:
        wanted = _number(text, place)
    at_row = int(np.argmin(np.abs(column - wanted)))
    # A person reads seconds with three digits.
    exact = bool(abs(column[at_row] - wanted) < (0.5 if column is pts else 0.002))
    return Found(Frame(video_no, int(pts[at_row]), float(t_s[at_row])), exact)


def _number(text: str, place: str) -> float:
    try:
        value = float(place)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{text!r} is no frame; write VIDEO@SECONDS or VIDEO@pts:N")
    return value


def _looked_at(
    workspace: Workspace, catalog: Catalog, key: str, video_no: int
) -> tuple[np.ndarray, np.ndarray]:
    """(m,) pts and seconds of a video's frames, companions not among them."""
    pts, t_s = [np.empty(0, np.int64)], [np.empty(0)]
    for shard in catalog.shards:
        path = workspace.shard("frames", key, shard.number)
        if path.exists() and any(part.video_no == video_no for part in shard.parts):
            table = table_files.read(path, columns=["video_no", "companion", "pts", "t_s"])
            mine = pc.and_(pc.equal(table["video_no"], video_no), pc.invert(table["companion"]))
            table = table.filter(mine)
            pts.append(table["pts"].to_numpy())
            t_s.append(table["t_s"].to_numpy())
    return np.concatenate(pts), np.concatenate(t_s)
