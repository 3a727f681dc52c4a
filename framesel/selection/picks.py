"""What a strategy gives back: candidates in rank order, each with gain and nearest earlier."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from framesel.selection.greedy import Chosen
from framesel.selection.vectors.arrays import F32, F64, I32, I64

FIXED = "kept"
"""The source of a pick that was fixed beforehand."""


@dataclass(frozen=True)
class Certificate:
    """How far the picks can be from the best choice of that many frames, at most.

    Attributes:
        what: What is measured, for people: "coverage", "radius".
        achieved: Its value for the picks.
        bound: No choice of as many frames is better than this.
    """

    what: str
    achieved: float
    bound: float

    @property
    def ratio(self) -> float:
        """Achieved over bound: 1 is proven to be the best."""
        return self.achieved / self.bound if self.bound else 1.0


@dataclass(frozen=True, eq=False)
class Picks:
    """The answer of a strategy; position in the arrays is the rank.

    Attributes:
        indices: (k,) int64 rows of the candidates, best first, each at most once.
        gain: (k,) float64, what the pick added to the strategy's objective when it was taken; nan
            for strategies without an objective.
        terms: The parts of the gain by name, each (k,) float64.
        reason: k short texts.
        source: k names of the slice of the budget that a pick was bought from; "" where there is
            only one; ``FIXED`` where it was fixed beforehand.
        nearest: (k,) int64, the most similar of what was chosen before this pick: a row of the
            candidates (>= 0, an earlier pick), ``-1`` where nothing was chosen before, or
            ``-2 - j`` for row j of ``already`` (see :func:`already_row`).
        nearest_cos: (k,) float32 cosine to it, nan where there is none.
        limit: For each pick, the limits that refused a frame which the strategy liked better.
        refused: (n,) int32 position in ``limits`` of the limit that closed a candidate; -1 for
            none.
        limits: The limits in words.
        certificate: How far the picks can be from the best choice; None where that is not known.
        lowered: Minima that cannot be met beside what was fixed beforehand, in words.
    """

    indices: I64
    gain: F64
    terms: Mapping[str, F64]
    reason: tuple[str, ...]
    source: tuple[str, ...]
    nearest: I64
    nearest_cos: F32
    limit: tuple[tuple[str, ...], ...]
    refused: I32
    limits: tuple[str, ...]
    certificate: Certificate | None
    lowered: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.indices)


def already_row(nearest: int) -> int | None:
    """Row of ``already`` that a value of ``Picks.nearest`` names, None where it names none."""
    return -2 - nearest if nearest <= -2 else None


def make_picks(
    vectors: F32,
    already: F32,
    chosen: Chosen,
    reason: Callable[[int, float], str],
    *,
    source: Sequence[str] | None = None,
    certificate: Certificate | None = None,
) -> Picks:
    """Complete a strategy's answer with the nearest earlier choice of each pick.

    Args:
        vectors: (n, d) float32 unit rows of all candidates.
        already: (m, d) float32 unit rows chosen before.
        chosen: What :func:`framesel.selection.greedy.greedy` gave.
        reason: Text for a pick from its rank (0-based) and its gain.
        source: The slice of the budget that each pick was bought from.
        certificate: What is known about the best choice.
    """
    # Loaded late: settings of strategies are read without numba.
    from framesel.selection.vectors.nearest_earlier import nearest_earlier

    rows = chosen.rows
    gains = np.full(len(rows), np.nan)
    for values in chosen.terms.values():
        gains = np.where(np.isnan(values), gains, np.nan_to_num(gains) + values)
    nearest, cosines = nearest_earlier(vectors, already, rows)
    fixed = chosen.fixed
    told = [reason(rank, float(gains[rank])) for rank in range(fixed, len(rows))]
    bought = source[fixed:] if source is not None else [""] * len(told)
    return Picks(
        indices=rows,
        gain=gains,
        terms=chosen.terms,
        reason=("fixed before anything was chosen",) * fixed + tuple(told),
        source=(FIXED,) * fixed + tuple(bought),
        nearest=nearest,
        nearest_cos=cosines,
        limit=chosen.limit,
        refused=chosen.refused,
        limits=chosen.texts,
        certificate=certificate,
        lowered=chosen.lowered,
    )
