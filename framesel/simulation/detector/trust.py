"""Whether a detector's doubt has been right so far: only then is it heard.

Frames that were picked without regard to the detector's doubt are a fair test of it, once their
labels are there: were those that it doubted the ones in which it was wrong? The same rule decides
in a workspace (:mod:`framesel.stages.trust`), where a holdout is at hand beside the control.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from framesel.selection.vectors.arrays import F64, I64, Bool
from framesel.uncertainty.calibration import Calibration, calibrate
from framesel.uncertainty.pooled_auroc import pooled_auroc

Array = NDArray[Any]

LEAST_AUROC: Final = 0.6
LEAST_FRAMES: Final = 20
LEAST_OF_EACH: Final = 3


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
        enough = len(self.error) >= LEAST_FRAMES
        both = min(errors, len(self.error) - errors) >= LEAST_OF_EACH
        earned = bool(enough and both and auroc >= LEAST_AUROC)
        return Trust(auroc, len(self.error), errors, earned)
