"""Every n-th frame of the whole footage: the baseline that costs nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

import numpy as np

from framesel.selection.candidates import Candidates
from framesel.selection.greedy import Ranked, greedy
from framesel.selection.limits.settings import Limits
from framesel.selection.picks import Picks, make_picks
from framesel.selection.strategy import StrategyModel, fresh_and_copies, request
from framesel.selection.vectors.arrays import F32, I64


class Uniform(StrategyModel):
    """A stride over the concatenated time line, in (group, time) order, from a random start.

    Systematic sampling (Madow & Madow, "On the theory of systematic sampling", Annals of
    Mathematical Statistics 15, 1944): with n candidates and k picks the stride is n / k, and every
    candidate has the same chance k / n. Mass and utility are ignored. Candidates whose vector
    equals an already chosen one bit for bit are left out of the line, unless the budget cannot be
    met without them. Picks are ranked along the time line. Not nested: another budget has another
    stride.
    """

    name: Literal["uniform"] = "uniform"
    nested: ClassVar[bool] = False
    heeds_utility: ClassVar[bool] = False
    uses: ClassVar[frozenset[str]] = frozenset()

    def select(
        self,
        candidates: Candidates,
        budget: int,
        already: F32,
        limits: Limits,
        rng: np.random.Generator,
    ) -> Picks:
        """Pick; see :class:`framesel.selection.strategy.Strategy`."""
        seeds, room = request(self, candidates, budget, already, limits)
        fresh, rest = fresh_and_copies(candidates, seeds)
        phase = float(rng.random())
        k = room.coming()
        wanted = [
            fresh[stride_positions(len(fresh), min(k, len(fresh)), phase)],
            rest[stride_positions(len(rest), max(0, k - len(fresh)), phase)],
        ]
        step = len(fresh) / max(1, min(k, len(fresh)))
        return make_picks(
            candidates.vectors,
            seeds,
            greedy(Ranked(then_between(wanted, [fresh, rest])), room),
            lambda rank, gain: f"every {step:.1f}th frame",
        )


def then_between(wanted: Sequence[I64], lines: Sequence[I64]) -> I64:
    """What is wanted, and then the rest of each line, spread over it: for what limits refuse.

    Args:
        wanted: Candidates in order of rank.
        lines: All candidates; those of the first line come first.
    """
    first = np.concatenate(wanted)
    rest = np.concatenate([line[halving(len(line))] for line in lines])
    return np.concatenate([first, rest[~np.isin(rest, first)]])


def halving(n: int) -> I64:
    """An order of n positions in which each prefix is spread over all of them.

    The van der Corput sequence: positions by their digits in base two, read backwards.
    """
    positions = np.arange(n, dtype=np.int64)
    mirrored = np.zeros(n, np.int64)
    for bit in range(max(1, int(n - 1).bit_length())):
        mirrored = 2 * mirrored + (positions >> bit & 1)
    return np.argsort(mirrored, kind="stable").astype(np.int64)


def stride_positions(n: int, k: int, phase: float) -> I64:
    """Return k different positions out of n, evenly spaced.

    Args:
        n: Length of the line.
        k: How many, 0 <= k <= n.
        phase: Start within the first stride, in [0, 1).

    Returns:
        (k,) int64 rising positions in [0, n).
    """
    if k == 0:
        return np.empty(0, np.int64)
    positions: I64 = (np.arange(k, dtype=np.int64) * n + int(phase * n)) // k
    return positions
