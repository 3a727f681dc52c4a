"""What is shown beside a pick: the frames around it in time, and those that it stands for."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.report.columns import evenly
from framesel.report.view import FATES, View

AROUND = 2
"""Frames before a pick, and as many after it."""
MOST_DUPLICATES = 12

Ints = npt.NDArray[np.int64]


def neighbours(view: View) -> dict[str, Any]:
    """Rows beside each pick: ``{pick: {"time": [...], "duplicates": [...]}}``."""
    picks = [int(row) for row in view.pick_rows if row >= 0]
    stood_for = _Duplicates(view)
    return {
        str(row): {
            "time": around(view, row).tolist(),
            "duplicates": stood_for.of(row).tolist(),
        }
        for row in picks
    }


def around(view: View, row: int, reach: int = AROUND) -> Ints:
    """Rows just before and just after a frame in its video."""
    first, end = view.frames.span(int(view.frames.video_no[row]))
    before = np.arange(max(first, row - reach), row, dtype=np.int64)
    after = np.arange(row + 1, min(end, row + reach + 1), dtype=np.int64)
    return np.concatenate([before, after])


class _Duplicates:
    """Near-duplicates by the frame that stands for them."""

    def __init__(self, view: View) -> None:
        rows = np.flatnonzero(view.fate == FATES.index("duplicate"))
        keeper = view.keeper[rows]
        order = np.argsort(keeper, kind="stable")
        self._rows, self._keeper = rows[order], keeper[order]

    def of(self, keeper: int) -> Ints:
        """At most so many as are shown, evenly spaced over all of them."""
        low, high = np.searchsorted(self._keeper, [keeper, keeper + 1])
        return evenly(self._rows[low:high], MOST_DUPLICATES)
