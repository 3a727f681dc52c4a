"""What is read from curves: areas and tests, gains, goals, agreement of detectors."""

import math

import numpy as np
import pytest
from scipy import stats

from framesel.simulation import statistics
from framesel.simulation.detector.arms import GUIDED, OURS, arms_named
from framesel.simulation.detector.findings import agreement, areas, gains, goals
from tests.simulation.detector.sheets import sheet_of

RISING = {OURS: [0.4, 0.6, 0.8], "stratified": [0.2, 0.4, 0.8], "random": [0.1, 0.3, 0.5]}


def test_areas_stand_beside_the_reference() -> None:
    by_arm = {found.arm: found for found in areas(sheet_of(RISING, seeds=10, noise=0.01))}
    assert by_arm[OURS].mean == pytest.approx(0.6, abs=0.01)
    assert by_arm[OURS].difference == pytest.approx(0.15, abs=0.02)
    low, high = by_arm[OURS].difference_low, by_arm[OURS].difference_high
    assert low < by_arm[OURS].difference < high
    assert by_arm["stratified"].difference == 0
    # All ten seeds agree: 2 / 2**10, twice for two arms.
    assert by_arm[OURS].p_holm == pytest.approx(2 * 2 / 2**10)
    assert math.isnan(by_arm["stratified"].p_holm)
    ours, theirs = by_arm[OURS].values, by_arm["stratified"].values
    assert statistics.paired_p(ours, theirs) == pytest.approx(stats.wilcoxon(ours, theirs).pvalue)


def test_no_reference_no_difference() -> None:
    (found,) = areas(sheet_of({"random": [0.1, 0.3, 0.5]}))
    assert found.mean == pytest.approx(0.3)
    assert math.isnan(found.difference)


def test_gains_are_ratios_after_the_same_first_batch() -> None:
    curves = {"random": [0.2, 0.3, 0.2], "entropy": [0.2, 0.5, 0.6], GUIDED: [0.2, 0.25, 0.6]}
    found = gains(sheet_of(curves), arms_named(["random", "entropy", GUIDED]))
    assert [(row.arm, row.budget) for row in found] == [
        ("entropy", 100), ("entropy", 1000), (GUIDED, 100), (GUIDED, 1000)
    ]  # fmt: skip
    assert found[0].ratio == pytest.approx(3.0)
    assert found[2].ratio == pytest.approx(0.5)
    assert math.isnan(found[1].ratio)  # random frames gained nothing
    assert gains(sheet_of({"entropy": [0.2, 0.5, 0.6]}), arms_named(["entropy"])) == []


def test_goals_of_dwell() -> None:
    by_claim = {goal.claim: goal for goal in goals(sheet_of(RISING, full=0.8))}
    against = next(goal for claim, goal in by_claim.items() if "stratified" in claim)
    random = next(goal for claim, goal in by_claim.items() if "random" in claim)
    # 0.76 takes ours 10**2.8, theirs 10**2.9: a fifth is saved, not half. Random never gets there.
    assert against.found == "21 % [21, 21]"
    assert not against.holds
    assert random.found.startswith("≥ 37 %")
    assert not random.holds
    sharp = sheet_of({OURS: [0.8, 0.8, 0.8], "stratified": [0.2, 0.4, 0.8]}, full=0.8)
    (met,) = goals(sharp)
    assert met.holds


def test_an_upper_bound_meets_no_goal() -> None:
    sheet = sheet_of({OURS: [0.8, 0.8, 0.8], "stratified": [0.9, 0.9, 0.9]}, full=0.5)
    (goal,) = goals(sheet)
    assert not goal.holds


@pytest.mark.parametrize(("uniform", "holds"), [(0.3, True), (0.31, False)])
def test_the_goal_of_the_rare_class(uniform: float, holds: bool) -> None:
    sheet = sheet_of({OURS: [0.6] * 3, "uniform": [uniform] * 3}, setting="rare")
    (goal,) = [goal for goal in goals(sheet) if "rare class" in goal.claim]
    assert goal.holds is holds


@pytest.mark.parametrize(("lost", "holds"), [(0.009, True), (0.011, False), (-0.1, True)])
def test_the_goal_of_doing_no_harm(lost: float, holds: bool) -> None:
    sheet = sheet_of({OURS: [0.5 - lost] * 3, "stratified": [0.5] * 3}, setting="as_is")
    (goal,) = goals(sheet)
    assert goal.holds is holds


def test_detectors_agree_if_they_rank_arms_alike() -> None:
    arms = {name: [0.1 * at] * 3 for at, name in enumerate("abcd", 1)}
    one, back = sheet_of(arms), sheet_of({name: [1 - v[0]] * 3 for name, v in arms.items()})
    assert agreement(one, one) == (1.0, 4)
    assert agreement(one, back) == (-1.0, 4)
    swapped = {**arms, "a": arms["b"], "b": arms["a"]}
    tau, count = agreement(one, sheet_of({**swapped, "only here": [0.9] * 3}))
    assert count == 4
    assert tau == pytest.approx(4 / 6)
    assert np.isnan(agreement(one, sheet_of({"a": [0.1] * 3}))[0])
