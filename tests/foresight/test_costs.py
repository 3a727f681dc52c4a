"""The arithmetic: worked examples, and what must never happen."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.foresight.costs import (
    POOLED,
    ExportCost,
    Growth,
    Rate,
    ShardCost,
    decoded_s,
    makespan,
    off_by,
)

SECONDS = st.floats(0, 1e4, allow_nan=False)
POINTS = st.lists(st.tuples(st.floats(1, 1e6), SECONDS), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("costs", "workers", "seconds"),
    [
        ([], 3, 0.0),
        ([2.0], 4, 2.0),
        ([3.0, 1.0, 1.0, 1.0], 2, 3.0),  # the second worker does the three short ones
        ([1.0, 1.0, 1.0, 3.0], 2, 4.0),  # the long one comes last: half of the time one is idle
        ([1.0, 2.0, 3.0], 1, 6.0),
    ],
)
def test_work_is_given_out_in_order(costs: list[float], workers: int, seconds: float) -> None:
    assert makespan(costs, workers) == seconds


@given(st.lists(SECONDS, max_size=30), st.integers(1, 8))
def test_more_workers_never_take_longer(costs: list[float], workers: int) -> None:
    assert makespan(costs, workers + 1) <= makespan(costs, workers) * (1 + 1e-9)
    assert makespan(costs, 2 * workers) >= makespan(costs, workers) / 2 * (1 - 1e-9)


@given(st.lists(SECONDS, min_size=1, max_size=30), st.integers(1, 8), SECONDS)
def test_more_work_never_takes_less_time(costs: list[float], workers: int, more: float) -> None:
    before = makespan(costs, workers)
    assert makespan([*costs, more], workers) >= before
    assert makespan([costs[0] + more, *costs[1:]], workers) >= before * (1 - 1e-9)


def test_growth_goes_through_what_was_measured_and_on_from_there() -> None:
    growth = Growth(1.0, ((100.0, 2.0), (900.0, 4.0), (1900.0, 9.0)), 5.0)
    assert [growth.seconds(n) for n in (0, 50, 100, 500, 900, 1900, 3900)] == [
        0.0,
        2.0,
        3.0,
        4.0,
        5.0,
        10.0,
        20.0,
    ]
    assert Growth(0.5, ((100.0, 2.0),), 0.0).seconds(1e6) == 2.5


@given(POINTS, SECONDS, st.floats(0, 1e8), st.floats(0, 1e8))
def test_more_frames_never_take_less_time(
    points: list[tuple[float, float]], cold_s: float, one: float, other: float
) -> None:
    growth, (less, more) = Growth(cold_s, tuple(points), 0.0), sorted((one, other))
    assert growth.seconds(less) <= growth.seconds(more) * (1 + 1e-9) + 1e-9


def test_a_kind_that_was_not_measured_costs_what_all_do() -> None:
    pooled, known = Rate(2.0, 1.0, 10.0), Rate(1.0, 0.5, 4.0)
    cost = ShardCost(0.0, {POOLED: pooled, "h264": known}, 0)
    assert (cost.rate("h264"), cost.rate("av1")) == (known, pooled)


def test_a_picture_costs_half_a_group_and_many_cost_all_of_it() -> None:
    assert decoded_s(1e-6, 60.0, 4.0) == pytest.approx(2e-6, rel=1e-3)
    assert decoded_s(1e6, 60.0, 4.0) == pytest.approx(60.0, rel=1e-3)
    # one for each group on average: a group has n of them with chance exp(-1) / n!, and is
    # decoded up to n / (n + 1) of it
    share = sum(math.exp(-1) / math.factorial(n) * n / (n + 1) for n in range(30))
    assert decoded_s(15.0, 60.0, 4.0) == pytest.approx(60.0 * share)


@given(st.floats(0, 1e5), st.floats(0, 1e3), st.floats(0.1, 1e4), st.floats(0.1, 1e3))
def test_more_pictures_never_cost_less(
    picks: float, more: float, length_s: float, group_s: float
) -> None:
    cost = ExportCost(1.0, 0.01, 0.1, group_s, 0.0, 0)
    less, most = cost.seconds(picks, length_s), cost.seconds(picks + more, length_s)
    assert less <= most * (1 + 1e-6) + 1e-6
    assert decoded_s(picks, length_s, group_s) <= length_s


def test_a_factor_has_no_direction() -> None:
    assert off_by(2.0, 3.0) == off_by(3.0, 2.0) == 1.5
    assert off_by(0.0, 1.0) == math.inf
