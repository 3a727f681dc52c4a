"""What the curves of a setting say: areas and their tests, gains beside random ones, the goals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from framesel.selection.vectors.arrays import F64
from framesel.simulation import statistics
from framesel.simulation.detector.arms import BASELINES, OURS, RANDOM, REFERENCE, Arm
from framesel.simulation.detector.curves import area
from framesel.simulation.detector.measure import MAIN
from framesel.simulation.detector.savings import PRIMARY, level, ranked_interval, saved
from framesel.simulation.detector.sheet import Sheet


@dataclass(frozen=True)
class Area:
    """The area under an arm's curve, beside the reference's.

    Attributes:
        arm: Its name.
        values: One for each seed.
        mean: Over them.
        low: Of its 95 % interval.
        high: Of its 95 % interval.
        difference: Mean minus the reference's; nan where that was not run.
        difference_low: Of its 95 % interval, both on the same videos and seeds.
        difference_high: Of its 95 % interval.
        p_holm: Of Wilcoxon's paired test, adjusted over the arms of the setting; nan for fewer
            than ten seeds.
    """

    arm: str
    values: tuple[float, ...]
    mean: float
    low: float
    high: float
    difference: float
    difference_low: float
    difference_high: float
    p_holm: float


def areas(sheet: Sheet, figure: str = MAIN, reference: str = REFERENCE) -> list[Area]:
    """One for each arm, in their order."""
    budgets = np.array(sheet.budgets, np.float64)
    by_seed = {arm: area(budgets, sheet.values(arm, figure)) for arm in sheet.arms}
    drawn = {arm: area(budgets, sheet.means(arm, figure)) for arm in sheet.arms}
    there = reference in sheet.arms
    ps = [
        statistics.paired_p(by_seed[arm].tolist(), by_seed[reference].tolist())
        if there and arm != reference
        else float("nan")
        for arm in sheet.arms
    ]
    found = []
    for arm, p_holm in zip(sheet.arms, statistics.holm(ps), strict=True):
        apart = drawn[arm] - drawn[reference] if there else np.full(1, np.nan)
        found.append(
            Area(
                arm,
                tuple(by_seed[arm].tolist()),
                float(drawn[arm][0]),
                *ranked_interval(drawn[arm][1:]),
                float(apart[0]),
                *ranked_interval(apart[1:]),
                p_holm,
            )
        )
    return found


@dataclass(frozen=True)
class Gain:
    """What an arm gained over its first batch, beside as many random frames after the same batch.

    Attributes:
        arm: Its name.
        budget: After which.
        gain: Of the arm.
        random: Of random frames.
        ratio: Of both; nan where random frames gain nothing.
        low: Of its 95 % interval.
        high: Of its 95 % interval.
    """

    arm: str
    budget: int
    gain: float
    random: float
    ratio: float
    low: float
    high: float


def gains(sheet: Sheet, arms: Sequence[Arm], figure: str = MAIN) -> list[Gain]:
    """The experiment of the guides to active learning, for arms with a random first batch."""
    found: list[Gain] = []
    if RANDOM not in sheet.arms:
        return found
    base = sheet.means(RANDOM, figure)
    for arm in arms:
        if arm.first != RANDOM or arm.name not in sheet.arms:
            continue
        mine = sheet.means(arm.name, figure)
        for k in range(1, len(sheet.budgets)):
            gained, random = mine[:, k] - mine[:, 0], base[:, k] - base[:, 0]
            ratio = np.where(random > 0, gained / np.where(random > 0, random, 1.0), np.nan)
            ends = ranked_interval(ratio[1:])
            told = (float(gained[0]), float(random[0]), float(ratio[0]))
            found.append(Gain(arm.name, sheet.budgets[k], *told, *ends))
    return found


@dataclass(frozen=True)
class Goal:
    """What was claimed before anything was compared, and what became of it.

    Attributes:
        claim: In words.
        setting: In which.
        found: What was measured, in words, with its interval.
        holds: Whether the claim is met.
    """

    claim: str
    setting: str
    found: str
    holds: bool


def goals(sheet: Sheet, ours: str = OURS) -> list[Goal]:
    """The goals of a setting; see :mod:`framesel.simulation.detector.arms`."""
    if ours not in sheet.arms:
        return []
    found: list[Goal] = []
    if sheet.setting in ("dwell", "rare"):
        goal = level(sheet, PRIMARY, [arm.name for arm in BASELINES])
        for theirs, wanted in ((REFERENCE, 0.5), (RANDOM, 0.75)):
            if theirs in sheet.arms:
                share = saved(sheet, ours, theirs, goal)
                # An upper bound proves nothing.
                holds = share.share >= wanted and share.bound != "at most"
                claim = f"{wanted:.0%} of the labels saved against {theirs}, at {PRIMARY}"
                found.append(Goal(claim, sheet.setting, share.text(), holds))
    if sheet.setting == "rare" and "uniform" in sheet.arms:
        mine, other = (_mean(sheet, arm, "rare_recall") for arm in (ours, "uniform"))
        ratio = np.where(other > 0, mine / np.where(other > 0, other, 1.0), np.inf)
        text = f"{mine[0]:.3f} against {other[0]:.3f}: x{_with_ends(ratio)}"
        claim = "recall of the rare class at least twice uniform's"
        found.append(Goal(claim, sheet.setting, text, bool(ratio[0] >= 2 and mine[0] > 0)))
    if sheet.setting == "as_is" and REFERENCE in sheet.arms:
        budgets = np.array(sheet.budgets, np.float64)
        mine, other = (area(budgets, sheet.means(arm, MAIN)) for arm in (ours, REFERENCE))
        text = _with_ends(mine - other)
        claim = f"at most 0.01 of {MAIN} lost to {REFERENCE}"
        found.append(Goal(claim, sheet.setting, text, bool(mine[0] - other[0] >= -0.01)))
    return found


def agreement(one: Sheet, other: Sheet, figure: str = MAIN) -> tuple[float, int]:
    """Kendall's tau-b of the order in which two detectors put the same arms, by area.

    Returns:
        In [-1, 1], nan for fewer than two arms; and how many arms.
    """
    common = [arm for arm in one.arms if arm in other.arms]
    if len(common) < 2:
        return float("nan"), len(common)
    means = [
        [float(area(np.array(s.budgets, np.float64), s.values(a, figure)).mean()) for a in common]
        for s in (one, other)
    ]
    return float(stats.kendalltau(*means).statistic), len(common)


def _mean(sheet: Sheet, arm: str, figure: str) -> F64:
    """(1 + B,) mean over budgets."""
    values: F64 = sheet.means(arm, figure).mean(axis=1)
    return values


def _with_ends(values: F64) -> str:
    low, high = ranked_interval(values[1:])
    return f"{values[0]:.3f} [{low:.3f}, {high:.3f}]"
