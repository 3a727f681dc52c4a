"""What the detector sees in the picks, against what it sees in all frames."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.report.figures.plain import floats, ints
from framesel.report.view import View
from framesel.stages.sightings import Counts

F64 = npt.NDArray[np.float64]

ROWS_AT_ONCE = 65_536


@dataclass(frozen=True, eq=False)
class Seen:
    """Counts over some frames.

    Attributes:
        frames: How many frames.
        empty: How many of them show no confident box.
        boxes: (c,) confident boxes of each class.
        showing: (c,) frames with one or more of the class.
    """

    frames: int
    empty: int
    boxes: F64
    showing: F64

    def of(self, classes: npt.NDArray[np.int64]) -> Seen:
        """The same, of some classes."""
        return replace(self, boxes=self.boxes[classes], showing=self.showing[classes])

    @property
    def box_share(self) -> F64:
        """(c,) share of all boxes that are of the class."""
        return self.boxes / max(1.0, float(self.boxes.sum()))

    @property
    def frame_share(self) -> F64:
        """(c,) share of the frames that show the class."""
        return self.showing / max(1, self.frames)

    def json(self) -> dict[str, Any]:
        """For the page."""
        return {
            "frames": self.frames,
            "empty": self.empty,
            "boxes": ints(self.boxes),
            "showing": ints(self.showing),
            "box_share": floats(self.box_share),
            "frame_share": floats(self.frame_share),
        }


@dataclass(frozen=True, eq=False)
class ClassShares:
    """Classes by their number of boxes in the pool, most first; those never seen are left out.

    Attributes:
        names: c names.
        pool: All frames, the picks among them.
        picks: The picks.
    """

    names: tuple[str, ...]
    pool: Seen
    picks: Seen

    def json(self) -> dict[str, Any]:
        """For the page."""
        return {"names": list(self.names), "pool": self.pool.json(), "picks": self.picks.json()}


def classes(view: View) -> ClassShares | None:
    """The shares; None without a detector. Boxes of at least 0.25 count."""
    counts = view.class_counts
    if counts is None:
        return None
    pool = _seen(counts, np.arange(len(view.frames)))
    picks = _seen(counts, np.flatnonzero(view.rank > 0))
    order = np.argsort(-pool.boxes, kind="stable")
    order = order[pool.boxes[order] > 0]
    return ClassShares(
        tuple(view.classes[at] for at in order.tolist()), pool.of(order), picks.of(order)
    )


def _seen(counts: Counts, rows: npt.NDArray[np.int64]) -> Seen:
    """Sums over some frames."""
    empty, sums = 0, np.zeros((2, counts.shape[1]))
    for low in range(0, len(rows), ROWS_AT_ONCE):
        some = counts[rows[low : low + ROWS_AT_ONCE]]
        empty += int((some.sum(axis=1) == 0).sum())
        sums += some.sum(axis=0, dtype=np.float64), (some > 0).sum(axis=0)
    return Seen(len(rows), empty, *sums)
