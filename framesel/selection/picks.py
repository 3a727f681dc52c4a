"""What a strategy gives back: candidates in rank order, each with gain and nearest earlier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from framesel.selection.arrays import F32, F64, I64


@dataclass(frozen=True, eq=False)
class Picks:
    """The answer of a strategy; position in the arrays is the rank.

    Attributes:
        indices: (k,) int64 rows of the candidates, best first, each at most once.
        gain: (k,) float64, what the pick added to the strategy's objective when it was taken; nan
            for strategies without an objective.
        reason: k short texts.
        nearest: (k,) int64, the most similar of what was chosen before this pick: a row of the
            candidates (>= 0, an earlier pick), ``-1`` where nothing was chosen before, or
            ``-2 - j`` for row j of ``already`` (see :func:`already_row`).
        nearest_cos: (k,) float32 cosine to it, nan where there is none.
    """

    indices: I64
    gain: F64
    reason: tuple[str, ...]
    nearest: I64
    nearest_cos: F32

    def __len__(self) -> int:
        return len(self.indices)


def already_row(nearest: int) -> int | None:
    """Row of ``already`` that a value of ``Picks.nearest`` names, None where it names none."""
    return -2 - nearest if nearest <= -2 else None


def make_picks(
    vectors: F32,
    already: F32,
    indices: Sequence[int] | I64,
    gain: Sequence[float] | F64 | None,
    reason: Callable[[int, float], str],
) -> Picks:
    """Complete a strategy's answer with the nearest earlier choice of each pick.

    Args:
        vectors: (n, d) float32 unit rows of all candidates.
        already: (m, d) float32 unit rows chosen before.
        indices: Candidates in rank order.
        gain: Their gains, None where the strategy has no objective.
        reason: Text for a pick from its rank (0-based) and its gain.
    """
    # Loaded late: settings of strategies are read without numba.
    from framesel.selection.nearest_earlier import nearest_earlier

    rows = np.asarray(indices, dtype=np.int64)
    gains = np.full(len(rows), np.nan) if gain is None else np.asarray(gain, dtype=np.float64)
    nearest, cosines = nearest_earlier(vectors, already, rows)
    texts = tuple(reason(rank, float(value)) for rank, value in enumerate(gains))
    return Picks(rows, gains, texts, nearest, cosines)
