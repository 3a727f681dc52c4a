"""The row of a selection for a frame that a reviewer picks."""

from __future__ import annotations

from typing import Any

import numpy as np

from framesel import tables
from framesel.desk import words
from framesel.desk.decided import Decided
from framesel.errors import UsageError
from framesel.report.view import FATES
from framesel.selection.picks import FIXED


def pinned_row(view: Decided, row: int) -> dict[str, Any]:
    """What the list of picks will say of a frame of the reviewer's own.

    Args:
        view: The selection as it is; a pick keeps what the strategy said of it.
        row: Of the frame.

    Raises:
        UsageError: Its video is held out.
    """
    rank = int(view.rank[row])
    if rank:
        return {name: view.pick_list[rank - 1][name] for name in tables.SELECTION.names}
    if FATES[view.fate[row]] == "holdout":
        raise UsageError(
            f"{words.named(view, row)} is held out (`framesel holdout`): nothing may learn from it"
        )
    frames = view.frames
    stands_for = _stands_for(view, row)
    own = stands_for[frames.video_no[stands_for] == frames.video_no[row]]
    return {
        "rank": 0,
        "video_no": int(frames.video_no[row]),
        "pts": int(frames.pts[row]),
        "index": int(frames.columns["index"][row]),
        "t_s": float(frames.t_s[row]),
        "source": FIXED,
        "gain": None,
        "terms": [],
        **_nearest(view, row),
        "mass": float(len(stands_for)),
        "span_start_s": float(frames.t_s[own].min()),
        "span_end_s": float(frames.t_s[own].max()),
        "revived": False,
        "limit": "",
        "reason": "pinned by a reviewer",
    }


def _stands_for(view: Decided, row: int) -> Any:
    """(m,) rows of the frame and of the near-duplicates that it stands for."""
    duplicates = view.fates.before_review == FATES.index("duplicate")
    return np.append(np.flatnonzero((view.keeper == row) & duplicates), row)


def _nearest(view: Decided, row: int) -> dict[str, Any]:
    """The pick that is most like the frame."""
    picks = view.pick_rows[view.pick_rows >= 0]
    if not len(picks):
        return dict.fromkeys(("nearest_video_no", "nearest_pts", "nearest_distance"))
    cosines = view.vectors[picks] @ view.vectors[row]
    best = int(picks[int(cosines.argmax())])
    return {
        "nearest_video_no": int(view.frames.video_no[best]),
        "nearest_pts": int(view.frames.pts[best]),
        "nearest_distance": float(np.sqrt(max(0.0, 2 - 2 * float(cosines.max())))),
    }
