"""What a reviewer said, as rows of the pool: who is out, who is in, who is no duplicate."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from framesel.rounds.verdicts import Verdicts
from framesel.stages.gathered import Dataset
from framesel.stages.stored_vectors import Vectors

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

NO_DUPLICATE = "not a duplicate, says the reviewer"
"""What stands behind the reason of a pick that a reviewer gave its place back."""


@dataclass(frozen=True)
class Said:
    """A reviewer's words about the frames of a dataset; frames that are gone are left out.

    Attributes:
        declined: Rows of frames that are not wanted.
        remarks: Some of them to the reason that was given.
        pinned: Rows of frames that are wanted on top of the budget, in the order of pinning.
        kept: Rows of picks that are to stay, in order of rows.
        no_duplicates: Rows of frames that nothing else stands for.
        gone: How many pinned frames are not there any more.
    """

    declined: Ints
    remarks: Mapping[int, str]
    pinned: Ints
    kept: Ints
    no_duplicates: Ints
    gone: int

    @classmethod
    def of(cls, verdicts: Verdicts, data: Dataset) -> Said:
        """Finds the frames that verdicts speak of."""
        pinned = _rows(data, verdicts.pinned)
        kept = np.setdiff1d(_rows(data, verdicts.kept), pinned)
        told = zip(_rows(data, verdicts.remarks).tolist(), verdicts.remarks.values(), strict=True)
        return cls(
            declined=_there(_rows(data, verdicts.rejected)),
            remarks={row: text for row, text in told if row >= 0},
            pinned=_there(pinned),
            kept=_there(kept),
            no_duplicates=_there(_rows(data, verdicts.not_duplicates)),
            gone=int(np.count_nonzero(pinned < 0)),
        )

    @property
    def fixed(self) -> Ints:
        """Rows that are picked whatever a strategy says, in order."""
        return np.concatenate([self.pinned, self.kept])

    def stand_alone(self, keeper: Ints, vectors: Vectors) -> tuple[Ints, Mask]:
        """Keepers once the reviewer was heard.

        A frame that is no duplicate stands for itself again, and for those of its keeper's frames
        that are more like it than like the keeper. A fixed one stands for itself.

        Args:
            keeper: (n,) row of who stands for a frame; -1 for one that is too bad.
            vectors: (n, d) unit rows.

        Returns:
            (n,) keepers, and (n,) which frames the reviewer says are no duplicates.
        """
        found = keeper.copy()
        revived = np.zeros(len(keeper), np.bool_)
        # Loaded late: settings are read without numba.
        from framesel.selection.vectors.dot import dots

        stands = self.no_duplicates
        stands = stands[(keeper[stands] >= 0) & (keeper[stands] != stands)]
        revived[stands] = True
        for old in np.unique(keeper[stands]).tolist():
            mine = stands[keeper[stands] == old]
            others = np.setdiff1d(np.flatnonzero(keeper == old), [*mine, old])
            homes = np.append(old, mine)
            cosines = np.stack([dots(vectors[others], vectors[home]) for home in homes])
            found[others] = homes[cosines.argmax(axis=0)]
        alone = np.concatenate([stands, self.fixed])
        found[alone] = alone
        return found, revived


def _rows(data: Dataset, keys: Collection[tuple[int, int]]) -> Ints:
    """Rows of frames, -1 for those that are not there; in rising order where keys have none."""
    ordered = sorted(keys) if isinstance(keys, frozenset) else list(keys)
    if not ordered:
        return np.empty(0, np.int64)
    video_no, pts = zip(*ordered, strict=True)
    return data.rows(np.array(video_no, np.int64), np.array(pts, np.int64))


def _there(rows: Ints) -> Ints:
    return rows[rows >= 0]
