"""Labels of many pictures beside what a detector sees in them, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError

Array = NDArray[Any]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Annotated:
    """n pictures with t labelled boxes and m boxes of a detector, of C classes.

    Attributes:
        offsets: (n + 1,) the labels of picture i are rows offsets[i] to offsets[i + 1].
        xyxy: (t, 4) corners of the labels, in pixels.
        class_no: (t,) their classes, from 0.
        seen_offsets: (n + 1,) the same for the detector's boxes.
        seen_xyxy: (m, 4).
        share: (m, C + 1) what each box is said to be: a distribution over the classes and, last,
            nothing that could have been labelled.
        size_wh: (n, 2) width and height of each picture, in pixels.

    Raises:
        UsageError: The columns do not fit together.
    """

    offsets: I64
    xyxy: F64
    class_no: I64
    seen_offsets: I64
    seen_xyxy: F64
    share: Array
    size_wh: Array

    def __post_init__(self) -> None:
        corners = {"xyxy": self.xyxy, "seen_xyxy": self.seen_xyxy}
        for name, values in corners.items():
            if values.ndim != 2 or values.shape[1] != 4:
                raise UsageError(f"{name} must be (boxes, 4) corners, not {values.shape}")
            if not np.isfinite(values).all():
                raise UsageError(f"{name} holds corners that are not finite")
        _check("labels", self.offsets, len(self.xyxy), len(self.class_no))
        _check("detections", self.seen_offsets, len(self.seen_xyxy), len(self.share))
        if len(self.offsets) != len(self.seen_offsets):
            raise UsageError(
                f"labels of {len(self.offsets) - 1} pictures and detections of "
                f"{len(self.seen_offsets) - 1}: give both for the same ones"
            )
        if self.share.ndim != 2 or self.share.shape[1] < 2:
            raise UsageError(f"share must be (boxes, classes + 1), not {self.share.shape}")
        if len(self.class_no) and not 0 <= self.class_no.min() <= self.class_no.max() < self.C:
            raise UsageError(f"classes of labels must be 0 to {self.C - 1}")
        if self.size_wh.shape != (self.pictures, 2) or not (self.size_wh > 0).all():
            raise UsageError(f"size_wh must be {self.pictures} positive widths and heights")

    @property
    def pictures(self) -> int:
        """How many: n."""
        return len(self.offsets) - 1

    @property
    def C(self) -> int:  # noqa: N802 - as in the shapes
        """How many classes."""
        return int(self.share.shape[1]) - 1

    @cached_property
    def picture(self) -> I64:
        """(t,) picture of each label."""
        return np.repeat(np.arange(self.pictures), np.diff(self.offsets))

    @cached_property
    def seen_picture(self) -> I64:
        """(m,) picture of each of the detector's boxes."""
        return np.repeat(np.arange(self.pictures), np.diff(self.seen_offsets))

    @cached_property
    def seen_class(self) -> I64:
        """(m,) most likely class of each of the detector's boxes."""
        best: I64 = self.share[:, :-1].argmax(axis=1).astype(np.int64)
        return best

    @cached_property
    def sure(self) -> F64:
        """(m,) share of that class."""
        most: F64 = self.share[:, :-1].max(axis=1).astype(np.float64)
        return most

    @cached_property
    def there(self) -> F64:
        """(m,) how sure it is that there is an object of any class."""
        return 1.0 - self.share[:, -1].astype(np.float64)


def _check(what: str, offsets: I64, *lengths: int) -> None:
    starts = np.asarray(offsets)
    if starts.ndim != 1 or not len(starts) or starts[0] != 0 or (np.diff(starts) < 0).any():
        raise UsageError(f"the offsets of the {what} must rise from 0")
    if set(lengths) != {int(starts[-1])}:
        raise UsageError(
            f"the offsets speak of {starts[-1]} {what}, the columns have {sorted(set(lengths))} "
            "rows"
        )
