"""Labels saved: how many fewer an arm needs than another for the same detector."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from framesel.selection.vectors.arrays import F64
from framesel.simulation.detector.curves import isotonic, needed
from framesel.simulation.detector.measure import MAIN
from framesel.simulation.detector.sheet import Axis, Sheet

Level = Literal["90 % of full", "95 % of full", "95 % of best"]
LEVELS: Final[tuple[Level, ...]] = ("90 % of full", "95 % of full", "95 % of best")
PRIMARY: Final[Level] = "95 % of best"


@dataclass(frozen=True)
class Need:
    """How much an arm needs to reach a level.

    Attributes:
        amount: Frames, boxes or seconds; infinite where it does not get there.
        low: Of its 95 % interval.
        high: Of its 95 % interval; infinite where it may not get there.
        at_start: It is there at the first budget already, and was perhaps before.
    """

    amount: float
    low: float
    high: float
    at_start: bool

    def text(self) -> str:
        """For a table."""
        if math.isinf(self.amount):
            return "not reached"
        sign = "≤ " if self.at_start else ""
        return f"{sign}{self.amount:.0f} [{_number(self.low)}, {_number(self.high)}]"


@dataclass(frozen=True)
class Saved:
    """Share of the labels that an arm saves: 1 - n_ours / n_theirs; negative: it needs more.

    Attributes:
        share: nan where nothing can be said, minus infinite where we never get there and they do.
        low: Of its 95 % interval.
        high: Of its 95 % interval.
        bound: ``at least`` where they do not get there, or we are there at the first budget;
            ``at most`` where they are there at the first budget; empty where the share is exact.
        known: Share of the samples that say anything.
    """

    share: float
    low: float
    high: float
    bound: Literal["", "at least", "at most"]
    known: float

    def text(self) -> str:
        """For a table."""
        if math.isnan(self.share):
            return "neither tells"
        if math.isinf(self.share):
            return "not reached"
        sign = {"": "", "at least": "≥ ", "at most": "≤ "}[self.bound]
        return f"{sign}{100 * self.share:.0f} % [{_percent(self.low)}, {_percent(self.high)}]"


def level(sheet: Sheet, name: Level, baselines: Sequence[str], figure: str = MAIN) -> F64:
    """What is to be reached: (1 + B,), in each sample what it is there.

    Args:
        sheet: The setting.
        name: A share of what the detector reaches that learnt from the whole pool, or of the best
            that it or any baseline reaches on its isotonic mean.
        baselines: Their names; those that were not run are passed over.
        figure: By which.
    """
    best = sheet.full_means(figure)
    if name == "95 % of best":
        for arm in baselines:
            if arm in sheet.arms:
                best = np.maximum(best, isotonic(sheet.means(arm, figure))[:, -1])
    return best * (0.9 if name == "90 % of full" else 0.95)


def need(sheet: Sheet, arm: str, goal: F64, axis: Axis = "frames", figure: str = MAIN) -> Need:
    """How much an arm needs to reach a level, on the isotonic fit of its mean over seeds."""
    drawn = _needed(sheet, arm, goal, axis, figure)
    low, high = ranked_interval(drawn[1:])
    first = float(sheet.amounts(arm, axis)[0, 0])
    return Need(float(drawn[0]), low, high, bool(drawn[0] <= first))


def saved(
    sheet: Sheet, ours: str, theirs: str, goal: F64, axis: Axis = "frames", figure: str = MAIN
) -> Saved:
    """What one arm saves against another, with an interval over videos and seeds.

    Where they do not get there, they need more than they ever had: that is put in for what they
    need, and the share is a lower bound. Where neither gets there, or both are there at the first
    budget, nothing can be said; such samples are left out.
    """
    mine, other = (_needed(sheet, arm, goal, axis, figure) for arm in (ours, theirs))
    their_amounts = sheet.amounts(theirs, axis)
    early, early_other = mine <= sheet.amounts(ours, axis)[:, 0], other <= their_amounts[:, 0]
    silent = (np.isinf(mine) & np.isinf(other)) | (early & early_other)
    with np.errstate(invalid="ignore"):
        shares = 1.0 - mine / np.where(np.isinf(other), their_amounts[:, -1], other)
    shares = np.where(silent, np.nan, shares)
    low, high = ranked_interval(shares[1:])
    bound: Literal["", "at least", "at most"] = ""
    if np.isinf(other[0]) or early[0]:
        bound = "at least"
    elif early_other[0]:
        bound = "at most"
    known = float((~silent[1:]).mean()) if len(silent) > 1 else float("nan")
    return Saved(float(shares[0]), low, high, bound, known)


def ranked_interval(values: F64, share: float = 0.95) -> tuple[float, float]:
    """Percentile interval of numbers that may be infinite; nan ones are left out."""
    ordered = np.sort(values[~np.isnan(values)])
    if not len(ordered):
        return float("nan"), float("nan")
    low = math.floor((0.5 - share / 2) * (len(ordered) - 1))
    return float(ordered[low]), float(ordered[len(ordered) - 1 - low])


def _needed(sheet: Sheet, arm: str, goal: F64, axis: Axis, figure: str) -> F64:
    """(1 + B,)."""
    return needed(sheet.amounts(arm, axis), isotonic(sheet.means(arm, figure)), goal)


def _number(value: float) -> str:
    return "∞" if math.isinf(value) else f"{value:.0f}"


def _percent(value: float) -> str:
    if math.isnan(value):
        return "?"
    return "not reached" if math.isinf(value) else f"{100 * value:.0f}"
