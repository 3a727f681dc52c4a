"""Whether a detector's doubt has been right so far: only then is it heard.

Frames that were picked without regard to the detector's doubt are a fair test of it, once their
labels are there: were those that it doubted the ones in which it was wrong? The same thresholds
decide in a workspace (:mod:`framesel.stages.trust`), where the holdout and the control give the
evidence. Here there is no holdout, and among a hundred frames the control would never be the twenty
that it takes: all picks count that were made while doubt was not heard, and the control after that.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from framesel.selection.vectors.arrays import F64, I64, Bool
from framesel.stages.trust import verdict
from framesel.uncertainty.calibration import Calibration, calibrate
from framesel.uncertainty.pooled_auroc import pooled_auroc

Array = NDArray[Any]


@dataclass(frozen=True)
class Trust:
    """What earlier picks say.

    Attributes:
        auroc: Chance that a frame with an error was doubted more than one of the same batch
            without; nan where no batch holds both.
        frames: How many were looked at.
        errors: How many of them held an error.
        earned: Whether doubt is heard.
    """

    auroc: float
    frames: int
    errors: int
    earned: bool


@dataclass(frozen=True, eq=False)
class Evidence:
    """Labelled frames, and what the detector had said of them before it learnt from them.

    Attributes:
        batch: (n,) the batch that each was picked in.
        doubt: (n,) its utility then.
        error: (n,) whether the detector missed something in it or made something up.
    """

    batch: I64
    doubt: F64
    error: Bool

    @staticmethod
    def of(notes: Mapping[str, Array]) -> Evidence:
        """What ``notes`` gave; of no frame where it gave nothing."""
        if "batch" not in notes:
            return Evidence(np.empty(0, np.int64), np.empty(0), np.empty(0, np.bool_))
        return Evidence(notes["batch"], notes["doubt"], notes["error"])

    def notes(self) -> dict[str, Array]:
        """For a record."""
        return {"batch": self.batch, "doubt": self.doubt, "error": self.error}

    def joined(self, batch: int, doubt: F64, error: Bool) -> Evidence:
        """The same with the frames of one more batch."""
        return Evidence(
            np.concatenate([self.batch, np.full(len(doubt), batch, np.int64)]),
            np.concatenate([self.doubt, doubt]),
            np.concatenate([self.error, error]),
        )

    def calibration(self) -> Calibration:
        """From doubt to the chance of an error.

        Raises:
            UsageError: There is no frame.
        """
        return calibrate(self.doubt, self.error)

    def trust(self) -> Trust:
        """The verdict. Doubts of different batches are never compared: their scales differ."""
        batches = [self.batch == batch for batch in np.unique(self.batch)]
        auroc = pooled_auroc([(self.doubt[rows], self.error[rows]) for rows in batches])
        errors = int(self.error.sum())
        earned, _ = verdict(auroc, len(self.error), errors, None)
        return Trust(auroc, len(self.error), errors, earned)
