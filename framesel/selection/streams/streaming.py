"""The contract of a stream: frames come in once, in order, and few of them are remembered."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict

from framesel.errors import SelectionError
from framesel.selection.vectors.arrays import F32, F64, I64, Bool, checked_column, checked_vectors


class Stream(Protocol):
    """Picks from footage while it arrives, in one pass and in memory that does not grow with it.

    Frames are numbered in the order in which they are offered, from 0. How they are cut into offers
    changes nothing. A frame that is neither among ``held`` nor kept by the latest offer will never
    be picked: the caller can throw it away.
    """

    def offer(self, vectors: ArrayLike, utility: ArrayLike | None = None) -> Bool:
        """Show the next frames.

        Args:
            vectors: (n, d) float32 unit rows.
            utility: (n,) how much a label would teach, >= 0; default 1.

        Returns:
            (n,) whether each of them was of use when it came.

        Raises:
            SelectionError: Arrays that do not fit, or hold what makes no sense.
        """
        ...

    @property
    def held(self) -> I64:
        """Numbers of the frames that may be among the picks in the end, rising."""
        ...

    @property
    def picks(self) -> I64:
        """Numbers of the frames to label, if the footage ended here; at most the budget, rising."""
        ...


class StreamModel(BaseModel):
    """What the settings of all streams share: frozen, and no unknown keys.

    Each has ``begin(budget, already, rng) -> Stream``: the budget 1 or more, ``already`` (m, d)
    float32 unit rows of what is labelled or was picked before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


def checked_offer(
    vectors: ArrayLike, utility: ArrayLike | None, dim: int | None
) -> tuple[F32, F64]:
    """Frames as they must be.

    Args:
        vectors: (n, d) numbers.
        utility: (n,) numbers; default 1.
        dim: Columns of what is known already; None while nothing is.

    Raises:
        SelectionError: They are not.
    """
    rows = checked_vectors(vectors, "offered vectors")
    if dim is not None and rows.shape[1] != dim:
        raise SelectionError(
            f"the offered vectors have {rows.shape[1]} columns, those before {dim}; embed all "
            "frames with the same backbone"
        )
    useful = checked_column(utility, len(rows), np.float64, "utility", 1.0).astype(np.float64)
    wrong = np.flatnonzero(useful < 0)
    if len(wrong):
        raise SelectionError(
            f"utility[{wrong[0]}] is {useful[wrong[0]]}, expected 0 or more; correct it or leave "
            "that frame out"
        )
    return rows, useful
