"""The picks of a selection as a list of frames to hand over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.handover.listing import Listed, Listing
from framesel.report.view import View


def picks_listing(view: View) -> Listing:
    """The picks as reviewed, by rank.

    The score is the share of all frames that would teach no more than this one; None without a
    detector.

    Raises:
        WorkspaceError: The selection's tables are damaged.
    """
    videos, blurs = view.catalog.videos, view.verdicts.blurs
    frames = []
    for row, score in zip(view.pick_list, _scores(view), strict=True):
        key = (row["video_no"], row["pts"])
        frames.append(
            Listed(
                *key,
                index=row["index"],
                t_s=row["t_s"],
                score=score,
                reason=row["reason"] or "",
                blurs=blurs.get(key, ()),
                fields=_fields(row, videos.get(key[0], {})),
            )
        )
    number = None if view.round is None else view.round.number
    title = f"{view.workspace.root.name}: {view.chosen.name}"
    return Listing("picks", title, tuple(frames), round=number)


def _scores(view: View) -> list[float | None]:
    utility = view.utility
    if utility is None:
        return [None] * len(view.pick_rows)
    order = np.sort(utility[np.isfinite(utility)])
    return [_share(order, float(utility[row])) if row >= 0 else None for row in view.pick_rows]


def _share(order: npt.NDArray[np.float32], value: float) -> float | None:
    if not np.isfinite(value):
        return None
    return round(float(np.searchsorted(order, value, side="right")) / len(order), 6)


def _fields(row: Mapping[str, Any], video: Mapping[str, Any]) -> dict[str, str]:
    """What else people may want to see in the tool; what is empty is not said."""
    known = {str(k): str(v) for k, v in video.get("metadata", {}).items() if v not in (None, "")}
    said = {"slice": row["source"], "verdict": row["verdict"], "tags": "; ".join(row["tags"])}
    return {**known, **{name: text for name, text in said.items() if text}}
