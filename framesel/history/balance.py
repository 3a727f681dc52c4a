"""Which classes the detector saw in a round's picks, against all frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.history.detected import shards
from framesel.rounds.state import Round
from framesel.stages.sightings import CONFIDENT
from framesel.workspace import Workspace

MOST = 40
"""Classes that are told, those with the most boxes in the pool."""


@dataclass(frozen=True, eq=False)
class Balance:
    """Guessed boxes of each class, most in the pool first; classes never seen are left out.

    Attributes:
        classes: c names.
        picks: (c,) confident boxes in the picks.
        pool: (c,) the same in all frames, the picks among them.
    """

    classes: tuple[str, ...]
    picks: npt.NDArray[np.int64]
    pool: npt.NDArray[np.int64]

    def json(self) -> dict[str, Any]:
        """For files and pages."""
        return {
            "classes": list(self.classes),
            "picks": self.picks.tolist(),
            "pool": self.pool.tolist(),
        }


def balance(workspace: Workspace, this: Round, keys: Mapping[str, str]) -> Balance | None:
    """Counts a round's guesses; None without a detector.

    Args:
        workspace: Where.
        this: The round.
        keys: Folders of the stages behind its selection (``behind``).
    """
    if this.selection is None or "detections" not in keys:
        return None
    table = this.picks(workspace)
    picks = set(zip(table["video_no"].to_pylist(), table["pts"].to_pylist(), strict=True))
    names: tuple[str, ...] = ()
    total = np.zeros((2, 0), np.int64)
    for known, boxes in shards(workspace, keys["detections"]):
        if not names:
            names, total = boxes.classes, np.zeros((2, len(boxes.classes)), np.int64)
        sure = boxes.confidence() >= CONFIDENT
        mine = np.array([key in picks for key in known], np.bool_)[boxes.picture_of()]
        best = boxes.top_class[:, 0]
        for row, which in enumerate((sure & mine, sure)):
            total[row] += np.bincount(best[which], minlength=len(names))
    order = np.argsort(-total[1], kind="stable")
    order = order[total[1][order] > 0][:MOST]
    return Balance(tuple(names[at] for at in order.tolist()), total[0][order], total[1][order])
