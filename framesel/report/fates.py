"""What became of each frame, as columns over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel.chosen import Chosen
from framesel.report.frames import Frames
from framesel.stages.texts import Texts

FATES = (
    "outvoted", "pick", "duplicate", "rejected", "limit", "earlier", "declined", "new",
    "holdout",
)  # fmt: skip
"""What becomes of a frame; ``declined``: a reviewer did not want it; ``new``: it was not there when
the selection was made; ``holdout``: its video is held out."""

Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Fates:
    """What the selection itself made of its frames; reviewers come after it.

    Attributes:
        frames: The frames, n of them.
        chosen: The selection.
    """

    frames: Frames
    chosen: Chosen

    @cached_property
    def before_review(self) -> Codes:
        """(n,) position in ``FATES``; the strategy's own picks count as declined."""
        fate = np.full(len(self.frames), FATES.index("new"), np.uint8)
        why = self.chosen.left_out["why"].combine_chunks().dictionary_encode()
        codes = [FATES.index(w) if w in FATES else 0 for w in why.dictionary.to_pylist()]
        rows, there = self._left_out
        fate[rows[there]] = np.array(codes, np.uint8)[why.indices.to_numpy()][there]
        picks = self.chosen.picks
        own = self.frames.rows_of(picks["video_no"].to_numpy(), picks["pts"].to_numpy())
        fate[own[own >= 0]] = FATES.index("declined")
        return fate

    def reviewed(self, picks: Ints, declined: Ints) -> Codes:
        """(n,) position in ``FATES``, once reviewers were heard.

        Args:
            picks: Rows; -1 for frames that are gone.
            declined: Rows; -1 for frames that are gone.
        """
        fate = self.before_review.copy()
        fate[declined[declined >= 0]] = FATES.index("declined")
        fate[picks[picks >= 0]] = FATES.index("pick")
        return fate

    @cached_property
    def keeper(self) -> npt.NDArray[np.int32]:
        """(n,) row of who stands for a duplicate, or of the chosen frame one is most like; -1."""
        keeper = np.full(len(self.frames), -1, np.int32)
        table = self.chosen.left_out
        columns = table["nearest_video_no"], table["nearest_pts"]
        known = columns[1].is_valid().to_numpy()
        video_no, pts = (column.fill_null(-1).to_numpy() for column in columns)
        rows, there = self._left_out
        keeper[rows[there]] = np.where(known, self.frames.rows_of(video_no, pts), -1)[there]
        return keeper

    @cached_property
    def detail(self) -> Texts:
        """(n,) which fault or limit each frame was left out for; empty for most."""
        told = self.chosen.left_out["detail"].cast(pa.string()).combine_chunks()
        told = told.dictionary_encode()
        names = list(dict.fromkeys([*told.dictionary.to_pylist(), ""]))  # each once
        code = np.full(len(self.frames), names.index(""), np.int32)
        rows, there = self._left_out
        code[rows[there]] = told.indices.to_numpy()[there]
        return Texts(np.array(names, np.str_), code)

    @cached_property
    def _left_out(self) -> tuple[Ints, npt.NDArray[np.bool_]]:
        table = self.chosen.left_out
        rows = self.frames.rows_of(table["video_no"].to_numpy(), table["pts"].to_numpy())
        return rows, rows >= 0
