"""Labels saved, as worked by hand; what is not reached is not made up."""

import math

import numpy as np
import pytest

from framesel.simulation.detector.savings import level, need, ranked_interval, saved
from tests.simulation.detector.sheets import sheet_of

STEEP = {"ours": [0.2, 0.6, 0.8], "stratified": [0.2, 0.4, 0.8]}


def test_a_level_is_a_share_of_the_best_or_of_all_frames() -> None:
    sheet = sheet_of({"random": [0.1, 0.9, 0.7], "stratified": [0.1, 0.2, 0.3]}, full=0.6)
    assert level(sheet, "90 % of full", ["random"])[0] == pytest.approx(0.54)
    assert level(sheet, "95 % of full", ["random"])[0] == pytest.approx(0.57)
    # The isotonic fit of .1 .9 .7 ends at .8.
    assert level(sheet, "95 % of best", ["random", "missing"])[0] == pytest.approx(0.76)
    assert level(sheet, "95 % of best", ["stratified"])[0] == pytest.approx(0.57)


def test_labels_saved_as_worked_by_hand() -> None:
    sheet = sheet_of(STEEP)
    goal = np.full(51, 0.6)
    # Ours is there at 100; theirs halfway between 100 and 1000: 316.
    assert need(sheet, "ours", goal).amount == pytest.approx(100)
    assert need(sheet, "stratified", goal).amount == pytest.approx(10**2.5)
    found = saved(sheet, "ours", "stratified", goal)
    assert found.share == pytest.approx(1 - 100 / 10**2.5)
    assert (found.bound, found.known) == ("", 1.0)
    assert (found.low, found.high) == pytest.approx((found.share, found.share))
    back = saved(sheet, "stratified", "ours", goal)
    assert back.share == pytest.approx(1 - 10**2.5 / 100)
    assert found.text() == "68 % [68, 68]"


def test_boxes_and_seconds_are_counted_too() -> None:
    sheet = sheet_of(STEEP, boxes={"ours": [50, 500, 5000], "stratified": [10, 100, 1000]})
    goal = np.full(51, 0.6)
    assert need(sheet, "ours", goal, "boxes").amount == pytest.approx(500)
    assert saved(sheet, "ours", "stratified", goal, "boxes").share < 0
    assert need(sheet, "ours", goal, "seconds").amount == pytest.approx(8 * 100 + 4 * 500)


def test_what_is_not_reached_is_said() -> None:
    sheet = sheet_of({"ours": [0.2, 0.6, 0.8], "stratified": [0.2, 0.3, 0.4]})
    high, middle = np.full(51, 0.9), np.full(51, 0.6)
    assert need(sheet, "ours", high).text() == "not reached"
    silent = saved(sheet, "ours", "stratified", high)
    assert math.isnan(silent.share)
    assert (silent.text(), silent.known) == ("neither tells", 0.0)
    # They need more than the 1000 that they had.
    bound = saved(sheet, "ours", "stratified", middle)
    assert bound.share == pytest.approx(0.9)
    assert (bound.bound, bound.text()) == ("at least", "≥ 90 % [90, 90]")
    lost = saved(sheet, "stratified", "ours", middle)
    assert lost.share == -math.inf
    assert lost.text() == "not reached"


def test_what_is_there_at_the_first_budget_is_a_bound() -> None:
    sheet = sheet_of({"ours": [0.7, 0.7, 0.8], "stratified": [0.2, 0.4, 0.8], "twin": [0.7] * 3})
    goal = np.full(51, 0.6)
    first = need(sheet, "ours", goal)
    assert (first.amount, first.at_start) == (10, True)
    assert first.text().startswith("≤ 10")
    assert saved(sheet, "ours", "stratified", goal).bound == "at least"
    assert saved(sheet, "stratified", "ours", goal).bound == "at most"
    assert math.isnan(saved(sheet, "ours", "twin", goal).share)


def test_the_interval_comes_from_videos_and_seeds() -> None:
    sheet = sheet_of(STEEP, seeds=8, noise=0.03)
    goal = level(sheet, "95 % of full", [])
    found = saved(sheet, "ours", "stratified", goal)
    assert found.low <= found.share <= found.high
    assert found.low < found.high
    assert 0 < found.known <= 1


def test_an_interval_of_numbers_that_may_be_infinite() -> None:
    values = np.array([-np.inf] * 3 + [*np.arange(96.0), np.nan, np.inf])
    assert ranked_interval(values) == (-math.inf, 94.0)
    assert ranked_interval(values[1:]) == (0.0, 94.0)
    assert all(math.isnan(end) for end in ranked_interval(np.full(3, np.nan)))
    assert ranked_interval(np.arange(100.0), 0.9) == (4.0, 95.0)
