"""The videos as lines of time: where their frames are, and which stretches are nearly the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.report.figures.plain import floats, ints
from framesel.report.view import FATES, View

Ints = npt.NDArray[np.int64]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Line:
    """One video.

    Attributes:
        video_no: Its number.
        rows: First row of its frames, and the row behind its last.
        start_s: (r,) where runs begin. A run is two or more frames in a row for which the same
            frame stands, itself included.
        end_s: (r,) where they end.
        keeper: (r,) row of the frame that stands for a run; it may be of another video.
        frames: (r,) frames in each run.
    """

    video_no: int
    rows: tuple[int, int]
    start_s: F64
    end_s: F64
    keeper: Ints
    frames: Ints

    def json(self) -> dict[str, Any]:
        """For the page."""
        return {
            "no": self.video_no,
            "first_row": self.rows[0],
            "end_row": self.rows[1],
            "start_s": floats(self.start_s),
            "end_s": floats(self.end_s),
            "keeper": ints(self.keeper),
            "frames": ints(self.frames),
        }


def timeline(view: View) -> list[Line]:
    """A line for every video that has frames, by number."""
    start, end, keeper = _runs(view)
    numbers, first, counts = np.unique(view.frames.video_no, return_index=True, return_counts=True)
    t_s, lines = view.frames.t_s, []
    for number, low, count in zip(numbers.tolist(), first.tolist(), counts.tolist(), strict=True):
        mine = slice(*np.searchsorted(start, [low, low + count]))
        lines.append(
            Line(
                number,
                (low, low + count),
                t_s[start[mine]],
                t_s[end[mine]],
                keeper[mine],
                end[mine] - start[mine] + 1,
            )
        )
    return lines


def _runs(view: View) -> tuple[Ints, Ints, Ints]:
    """First rows, last rows and keepers of all runs, in order."""
    n = len(view.frames)
    stands = np.arange(n)
    lesser = (view.fate == FATES.index("duplicate")) & (view.keeper >= 0)
    stands[lesser] = view.keeper[lesser]
    other = np.ones(n, np.bool_)
    other[1:] = (stands[1:] != stands[:-1]) | (np.diff(view.frames.video_no) != 0)
    start = np.flatnonzero(other)
    end = np.append(start[1:], n) - 1
    long = end > start
    return start[long], end[long], stands[start[long]]
