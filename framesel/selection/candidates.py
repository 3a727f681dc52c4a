"""What a strategy chooses from: frames as unit vectors, with what is known about each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.errors import SelectionError
from framesel.selection.objects import Objects
from framesel.selection.vectors.arrays import (
    F32,
    F64,
    I32,
    I64,
    checked_column,
    checked_matrix,
    checked_vectors,
)

Texts = NDArray[np.str_]


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
        shots: (n,) int64, the shot; None where shots are not told apart.
        already_shots: (m,) int64, the same of the rows that a strategy is given as ``already``;
            None: they are of no shot of the candidates.
        class_counts: (n, C) float32, boxes of each class that a detector sees; None without one.
        classes: C names.
        metadata: Column to (n,) texts, what is known of each frame's video; "" where it is not.
        gradients: (n, g) float32, gradient vectors of the detector's last layer (BADGE), any
            length; None where there are none.
        objects: The boxes behind ``class_counts`` with their features; None where there are none.
        targets: (t, d) float32 unit rows, what to look for: example pictures; None without any.
        fixed: (f,) int64 different rows that are picked before all others, in this order, whatever
            strategy and limits say; default none.

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
    shots: I64 | None = None
    already_shots: I64 | None = None
    class_counts: F32 | None = None
    classes: tuple[str, ...] = ()
    metadata: Mapping[str, Texts] = field(default_factory=dict)
    gradients: F32 | None = None
    objects: Objects | None = None
    targets: F32 | None = None
    fixed: I64 = field(default_factory=_default)

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
        if self.shots is not None:
            columns["shots"] = checked_column(self.shots, n, np.int64, "shots", 0)
        if self.class_counts is not None:
            columns["class_counts"] = checked_matrix(self.class_counts, n, "class_counts")
        if self.gradients is not None:
            columns["gradients"] = checked_matrix(self.gradients, n, "gradients")
        if self.targets is not None:
            columns["targets"] = checked_vectors(self.targets, "target vectors")
        columns["fixed"] = _checked_rows(self.fixed, n)
        for name, column in columns.items():
            object.__setattr__(self, name, column)
        _check_sign("mass", self.mass, positive=True)
        if self.utility is not None:
            _check_sign("utility", self.utility, positive=False)
        self._check_what_is_seen()
        metadata = {name: np.asarray(texts, np.str_) for name, texts in self.metadata.items()}
        object.__setattr__(self, "metadata", metadata)
        for name, texts in metadata.items():
            if texts.shape != (n,):
                raise SelectionError(
                    f"metadata {name!r} has shape {texts.shape}, expected ({n},): one text for "
                    "each candidate"
                )

    def __len__(self) -> int:
        return len(self.vectors)

    def subset(self, rows: I64) -> Candidates:
        """Some of the candidates, in the given order; those of them that are fixed stay fixed."""
        columns = ("vectors", "mass", "utility", "video_no", "pts_s", "groups")
        more = ("shots", "class_counts", "gradients")
        kept: dict[str, Any] = {
            name: None if getattr(self, name) is None else getattr(self, name)[rows]
            for name in (*columns, *more)
        }
        kept["metadata"] = {name: texts[rows] for name, texts in self.metadata.items()}
        kept["objects"] = None if self.objects is None else self.objects.subset(rows)
        place = np.full(len(self), -1, np.int64)
        place[rows] = np.arange(len(place[rows]))
        kept["fixed"] = place[self.fixed][place[self.fixed] >= 0]
        return replace(self, **kept)

    def _check_what_is_seen(self) -> None:
        """Raise where classes, counts and objects do not fit together."""
        if self.class_counts is not None:
            _check_sign("class_counts", self.class_counts.ravel(), positive=False)
            if self.class_counts.shape[1] != len(self.classes):
                raise SelectionError(
                    f"class_counts has {self.class_counts.shape[1]} columns for "
                    f"{len(self.classes)} classes; give one column for each name"
                )
        if self.objects is not None and len(self.objects.offsets) != len(self) + 1:
            raise SelectionError(
                f"objects describe {len(self.objects.offsets) - 1} frames, there are {len(self)} "
                "candidates; give one entry for each"
            )
        if self.targets is not None and self.targets.shape[1] != self.vectors.shape[1]:
            raise SelectionError(
                f"the targets have {self.targets.shape[1]} columns, the candidates "
                f"{self.vectors.shape[1]}; embed both with the same backbone"
            )

    def timeline(self) -> I64:
        """Candidates in (group, time, row) order: the concatenated time line. (n,) int64."""
        order: I64 = np.lexsort((np.arange(len(self)), self.pts_s, self.groups)).astype(np.int64)
        return order


def _checked_rows(rows: Any, n: int) -> I64:
    """``fixed`` as an array.

    Raises:
        SelectionError: It is not made of different rows of the candidates.
    """
    if rows is None or np.size(rows) == 0:
        return np.empty(0, np.int64)
    found = np.asarray(rows)
    if found.ndim != 1 or found.dtype.kind not in "iu":
        raise SelectionError(
            f"fixed has shape {found.shape} and type {found.dtype}; give a list of row numbers"
        )
    wrong = np.flatnonzero((found < 0) | (found >= n))
    if len(wrong):
        raise SelectionError(
            f"fixed[{wrong[0]}] is {found[wrong[0]]}, and there are {n} candidates; give row "
            "numbers from 0 on"
        )
    if len(np.unique(found)) < len(found):
        raise SelectionError("fixed names a candidate twice; name each once")
    return found.astype(np.int64)


def _check_sign(name: str, values: F32, *, positive: bool) -> None:
    """Raise for the first value that is negative, or zero where only positive ones make sense."""
    wrong = np.flatnonzero(values <= 0 if positive else values < 0)
    if len(wrong):
        bound = "above 0" if positive else "0 or more"
        raise SelectionError(
            f"{name}[{wrong[0]}] is {values[wrong[0]]}, expected {bound}; "
            "correct it or leave that candidate out"
        )
