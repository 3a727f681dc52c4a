"""What a strategy chooses from: frames as unit vectors, with what is known about each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from framesel.errors import SelectionError
from framesel.selection.arrays import F32, F64, I32, I64, checked_column, checked_vectors


def _default() -> Any:
    """Stand in for a column that was not given; ``__post_init__`` puts its default there."""
    return None


@dataclass(frozen=True, eq=False)
class Candidates:
    """Frames that may be picked; row i of every array is candidate i.

    Arrays are converted to the types below and checked. Rows should stand in (video, time) order:
    no result depends on it except ties, which go to the lowest row, but pruning works best then.

    Attributes:
        vectors: (n, d) float32 unit rows.
        mass: (n,) float32, frames that the candidate stands for, itself included; default 1.
        utility: (n,) float32, how much a label would teach, >= 0; None where no model has judged.
        video_no: (n,) int32, the video; default 0.
        pts_s: (n,) float64, seconds in that video; default the row number.
        groups: (n,) int32, the stratum: the video, or the folder of stills; default ``video_no``.

    Raises:
        SelectionError: An array of the wrong shape or with values that make no sense; the message
            names the row.
    """

    vectors: F32
    mass: F32 = field(default_factory=_default)
    utility: F32 | None = None
    video_no: I32 = field(default_factory=_default)
    pts_s: F64 = field(default_factory=_default)
    groups: I32 = field(default_factory=_default)

    def __post_init__(self) -> None:
        vectors = checked_vectors(self.vectors, "candidate vectors")
        n = len(vectors)
        video_no = checked_column(self.video_no, n, np.int32, "video_no", 0)
        pts_s = np.arange(n, dtype=np.float64) if self.pts_s is None else self.pts_s
        groups = video_no if self.groups is None else self.groups
        columns = {
            "vectors": vectors,
            "mass": checked_column(self.mass, n, np.float32, "mass", 1.0),
            "video_no": video_no,
            "pts_s": checked_column(pts_s, n, np.float64, "pts_s", 0.0),
            "groups": checked_column(groups, n, np.int32, "groups", 0),
        }
        if self.utility is not None:
            columns["utility"] = checked_column(self.utility, n, np.float32, "utility", 1.0)
        for name, column in columns.items():
            object.__setattr__(self, name, column)
        _check_sign("mass", self.mass, positive=True)
        if self.utility is not None:
            _check_sign("utility", self.utility, positive=False)

    def __len__(self) -> int:
        return len(self.vectors)

    def timeline(self) -> I64:
        """Candidates in (group, time, row) order: the concatenated time line. (n,) int64."""
        order: I64 = np.lexsort((np.arange(len(self)), self.pts_s, self.groups)).astype(np.int64)
        return order


def _check_sign(name: str, values: F32, *, positive: bool) -> None:
    """Raise for the first value that is negative, or zero where only positive ones make sense."""
    wrong = np.flatnonzero(values <= 0 if positive else values < 0)
    if len(wrong):
        bound = "above 0" if positive else "0 or more"
        raise SelectionError(
            f"{name}[{wrong[0]}] is {values[wrong[0]]}, expected {bound}; "
            "correct it or leave that candidate out"
        )
