"""What the detector sees in the picks, against what it sees in all frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.report.figures.plain import floats, ints
from framesel.report.view import View

F64 = npt.NDArray[np.float64]


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
    totals = counts.sum(axis=0, dtype=np.float64)
    order = np.argsort(-totals, kind="stable")
    order = order[totals[order] > 0]
    return ClassShares(
        tuple(view.classes[at] for at in order.tolist()),
        _seen(counts[:, order]),
        _seen(counts[view.rank > 0][:, order]),
    )


def _seen(counts: npt.NDArray[np.float32]) -> Seen:
    """Sums over (m, c) counts."""
    return Seen(
        len(counts),
        int((counts.sum(axis=1) == 0).sum()),
        counts.sum(axis=0, dtype=np.float64),
        (counts > 0).sum(axis=0).astype(np.float64),
    )
