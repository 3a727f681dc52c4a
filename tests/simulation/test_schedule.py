"""Stretches are as long as they should be and stay apart, for any seed."""

from fractions import Fraction
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.simulation.presets import VideoSpec
from framesel.simulation.scene import dwell_times_s
from framesel.simulation.schedule import EVENT_FRAMES, FAULT_FRAMES, plan, take
from framesel.simulation.spec import Borrow, Dwell


@given(
    seed=st.integers(0, 2**32 - 1),
    scenes=st.integers(1, 5),
    variable=st.booleans(),
    rate=st.sampled_from([Fraction(10), Fraction(30000, 1001)]),
)
def test_plan(seed: int, scenes: int, variable: bool, rate: Fraction) -> None:
    part = Borrow(video="w", start_s=0, duration_s=9, at_s=20)
    spec = VideoSpec(
        name="v", duration_s=60, scenes=scenes, events=2, black=1, blurred=2, frozen=1,
        corrupted=1, borrow=(part,), variable_rate=variable,
    )  # fmt: skip
    made = plan(spec, rate, np.random.default_rng(seed))
    assert made.times_s[0] == 0
    assert (np.diff(made.times_s) > 0).all()
    assert made.times_s[-1] < spec.duration_s
    assert (np.diff(made.scene_of) >= 0).all()
    assert set(made.scene_of.tolist()) == set(range(scenes))
    for event in (0, 1):
        burst = np.flatnonzero(made.event_of == event)
        assert EVENT_FRAMES[0] <= len(burst) <= EVENT_FRAMES[1]
        assert np.ptp(burst) == len(burst) - 1
        assert len(set(made.scene_of[burst].tolist())) == 1
        assert all(made.fault_of[index] == "" for index in burst)
    runs = [(fault, len(list(run))) for fault, run in groupby(made.fault_of) if fault]
    assert sorted(fault for fault, _ in runs) == [
        "black", "blurred", "blurred", "corrupted", "frozen",
    ]  # fmt: skip
    borrowed = (made.times_s >= 20) & (made.times_s < 29)
    assert not made.free[borrowed].any()
    assert (made.event_of[borrowed] < 0).all()
    assert not any(np.array(made.fault_of)[borrowed])
    for fault, length in runs:
        assert FAULT_FRAMES[fault][0] <= length <= FAULT_FRAMES[fault][1]


@given(seed=st.integers(0, 2**32 - 1), total=st.floats(1, 500))
def test_dwell_times_fill_the_span(seed: int, total: float) -> None:
    durations = dwell_times_s(np.random.default_rng(seed), total)
    assert abs(sum(durations) - total) < 1e-6
    assert min(durations) >= 1


def test_dwell_times_are_heavy_tailed() -> None:
    durations = np.array(dwell_times_s(np.random.default_rng(0), 20_000))
    # Pareto with exponent 1.2: the longest tenth holds more than a third of the time.
    longest = np.sort(durations)[-len(durations) // 10 :]
    assert longest.sum() / durations.sum() > 0.33


@given(
    seed=st.integers(0, 2**32 - 1),
    shortest=st.tuples(st.floats(0.5, 9), st.floats(0.5, 9)),
    total=st.floats(20, 500),
)
def test_still_and_busy_stretches_follow_their_own_laws(
    seed: int, shortest: tuple[float, float], total: float
) -> None:
    still, busy = (Dwell(shortest_s=least, alpha=50) for least in shortest)
    durations = dwell_times_s(np.random.default_rng(seed), total, still, busy)
    assert abs(sum(durations) - total) < 1e-6
    for turn, duration in enumerate(durations[:-1]):
        # Hardly any tail: every stretch is about as long as the shortest.
        assert shortest[turn % 2] <= duration < 2 * shortest[turn % 2]


def test_a_heavier_tail_holds_more_of_the_time_in_its_longest_stretches() -> None:
    share = []
    for alpha in (1.1, 3.0):
        law = Dwell(shortest_s=4, alpha=alpha)
        durations = np.sort(dwell_times_s(np.random.default_rng(0), 50_000, law, law))
        share.append(durations[-len(durations) // 10 :].sum() / durations.sum())
    assert share[0] > 0.5 > 0.3 > share[1]


@given(seed=st.integers(0, 2**32 - 1), room=st.integers(0, 30))
def test_a_stretch_takes_the_room_that_there_is(seed: int, room: int) -> None:
    spec = VideoSpec(name="v", duration_s=3)
    free = np.zeros(40, bool)
    free[5 : 5 + room] = True
    before = free.copy()
    rng = np.random.default_rng(seed)
    if room < 6:
        with pytest.raises(ValueError, match="too short"):
            take(free, (4, 16), spec, rng)
        return
    taken = take(free, (4, 16), spec, rng)
    length = taken.stop - taken.start
    assert 4 <= length <= min(16, room - 2)
    assert before[taken.start - 1 : taken.stop + 1].all()
    assert not free[taken.start - 1 : taken.stop + 1].any()
    assert (before & ~free).sum() == length + 2


def test_places_can_be_seen_for_equally_long() -> None:
    def spread(alpha: float) -> float:
        spec = VideoSpec(name="v", duration_s=600, scenes=12, scene_alpha=alpha)
        made = plan(spec, Fraction(5), np.random.default_rng(3))
        counts = np.bincount(made.scene_of)
        return float(counts.max() / counts.min())

    assert spread(20) < 1.6
    assert spread(1) > 3
