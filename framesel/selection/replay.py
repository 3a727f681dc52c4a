"""What a frame that was not picked would have added, pick by pick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

import numpy as np

from framesel.selection.candidates import Candidates
from framesel.selection.vectors.arrays import F32, F64, I64


class Objective(Protocol):
    """What a strategy maximises, while picks are made."""

    def gain(self, row: int) -> Mapping[str, float]:
        """What a frame would add now, by term."""
        ...

    def take(self, row: int) -> Mapping[str, float]:
        """A frame was picked: what it added, by term."""
        ...


@runtime_checkable
class HasObjective(Protocol):
    """A strategy that maximises something."""

    def objective(self, candidates: Candidates, already: F32) -> Objective:
        """Its objective before the first pick."""
        ...


def gains_over(objective: Objective, row: int, picks: I64) -> F64:
    """What one frame would have added before each pick, and after the last.

    Args:
        objective: Before the first pick.
        row: A candidate that is not among the picks.
        picks: (k,) candidates in order of rank.

    Returns:
        (k + 1,) float64; never rises where the objective is submodular.
    """
    gains = np.empty(len(picks) + 1)
    for rank, pick in enumerate(picks.tolist()):
        gains[rank] = sum(objective.gain(row).values())
        objective.take(pick)
    gains[-1] = sum(objective.gain(row).values())
    return gains


def overtaken_at(gains: F64, least: float) -> int | None:
    """The pick (0-based) with which a frame's gain fell below the smallest that was bought.

    Args:
        gains: (k + 1,) of :func:`gains_over`.
        least: The smallest gain of a pick.

    Returns:
        None where it was below from the start, or never fell.
    """
    below = np.flatnonzero(gains < least)
    return int(below[0]) - 1 if len(below) and below[0] > 0 else None
