"""Stretches are as long as they should be and stay apart, for any seed."""

from fractions import Fraction
from itertools import groupby

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from framesel.simulation.presets import VideoSpec
from framesel.simulation.scene import dwell_times_s
from framesel.simulation.schedule import EVENT_FRAMES, FAULT_FRAMES, plan


@given(
    seed=st.integers(0, 2**32 - 1),
    scenes=st.integers(1, 5),
    variable=st.booleans(),
    rate=st.sampled_from([Fraction(10), Fraction(30000, 1001)]),
)
def test_plan(seed: int, scenes: int, variable: bool, rate: Fraction) -> None:
    spec = VideoSpec(
        name="v", duration_s=60, scenes=scenes, events=2, black=1, blurred=2, frozen=1,
        variable_rate=variable,
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
    assert sorted(fault for fault, _ in runs) == ["black", "blurred", "blurred", "frozen"]
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
