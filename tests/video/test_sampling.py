from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from framesel.video.sampling import (
    EveryN,
    FpsSampling,
    KeyframeEvery,
    Keyframes,
    OnChange,
    Sampling,
    exact,
    on_grid,
)
from framesel.video.timeline import Timeline

TIME_BASES = [Fraction(1, 1000), Fraction(1, 90_000), Fraction(1001, 30_000), Fraction(1, 25)]


@st.composite
def timelines(draw):
    steps = draw(st.lists(st.integers(1, 400), min_size=1, max_size=40))
    start = draw(st.integers(-1000, 10**9))
    pts = start + np.cumsum([0, *steps])
    key = draw(st.lists(st.booleans(), min_size=len(steps), max_size=len(steps)))
    return Timeline(
        pts[:-1].astype(np.int64),
        np.array(key),
        draw(st.sampled_from(TIME_BASES)),
        start,
        int(pts[-1]),
    )


def shown_at(line: Timeline, t_s: Fraction) -> int | None:
    """The definition: the last frame that began at or before t_s, while it is on screen."""
    begins = [(int(p) - line.start_pts) * line.time_base for p in line.pts]
    if t_s < begins[0] or t_s >= (line.end_pts - line.start_pts) * line.time_base:
        return None
    return max(i for i, begin in enumerate(begins) if begin <= t_s)


@given(timelines(), st.integers(1, 120), st.integers(0, 200), st.none() | st.integers(1, 400))
def test_fps_takes_the_frame_on_screen_at_each_grid_point(line, tenths, start, length):
    fps, start_s = Fraction(tenths, 10), Fraction(start, 100)
    end_s = None if length is None else start_s + Fraction(length, 100)
    expected = set()
    last = (line.end_pts - line.start_pts) * line.time_base
    k = 0
    while (t := start_s + k / fps) < last and (end_s is None or t < end_s):
        expected.add(shown_at(line, t))
        k += 1
    chosen = np.flatnonzero(on_grid(line, fps, start_s, end_s)).tolist()
    assert chosen == sorted(expected - {None})


@given(timelines(), st.floats(0.01, 100))
def test_huge_pts_and_odd_rates_take_exact_integers(line, fps):
    far = Timeline(line.pts + 2**60, line.key, line.time_base, line.start_pts + 2**60, 0)
    far = Timeline(far.pts, far.key, far.time_base, far.start_pts, line.end_pts + 2**60)
    a = on_grid(line, exact(fps), Fraction(0), None)
    assert np.array_equal(a, on_grid(far, exact(fps), Fraction(0), None))
    assert a[0]


@given(timelines(), st.integers(1, 9), st.integers(0, 100), st.none() | st.integers(1, 300))
def test_every_n_counts_from_the_start(line, n, start, length):
    start_s = start / 100
    end_s = None if length is None else start_s + length / 100
    times = [(int(p) - line.start_pts) * line.time_base for p in line.pts]
    inside = [
        i
        for i, t in enumerate(times)
        if t >= exact(start_s) and (end_s is None or t < exact(end_s))
    ]
    chosen = EveryN(n=n, start_s=start_s, end_s=end_s).choose(line)
    assert np.flatnonzero(chosen).tolist() == inside[::n]


@given(timelines())
def test_keyframes_are_those_flagged(line):
    assert np.array_equal(Keyframes().choose(line), line.key)


def test_rates_are_read_as_decimals():
    # 0.1 s as a binary float lies a little above the frame's time; as typed it is that time.
    line = Timeline(np.arange(30, dtype=np.int64), np.zeros(30, bool), Fraction(1, 10), 0, 30)
    assert np.flatnonzero(FpsSampling(fps=10, start_s=0.1, end_s=0.4).choose(line)).tolist() == [
        1,
        2,
        3,
    ]


def test_on_change_looks_at_a_grid():
    line = Timeline(np.arange(50, dtype=np.int64), np.zeros(50, bool), Fraction(1, 25), 0, 50)
    assert OnChange(max_fps=5).choose(line).sum() == 10


def test_no_frames_no_choice():
    empty = Timeline(np.zeros(0, np.int64), np.zeros(0, bool), Fraction(1, 25), 0, 0)
    for sampling in (FpsSampling(), EveryN(), Keyframes(), OnChange()):
        assert sampling.choose(empty).shape == (0,)


def test_the_union_is_told_by_mode():
    adapter = TypeAdapter(Sampling)
    assert adapter.validate_python({"mode": "every_n", "n": 3}) == EveryN(n=3)
    for wrong in (
        {"mode": "fpss"},
        {"mode": "fps", "n": 3},
        {"mode": "fps", "fps": 0},
        {"mode": "keyframes", "start_s": 5, "end_s": 5},
    ):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


@given(timelines(), st.integers(1, 500), st.integers(0, 100), st.none() | st.integers(1, 300))
def test_keyframes_some_time_apart_leave_no_long_gap(line, every, start, length):
    every_s, start_s = every / 10, start / 100
    end_s = None if length is None else start_s + length / 100
    sampling = KeyframeEvery(every_s=every_s, start_s=start_s, end_s=end_s)
    taken = np.flatnonzero(sampling.choose(line))
    inside = np.flatnonzero(sampling.inside(line))
    grid = np.flatnonzero(on_grid(line, 1 / exact(every_s), exact(start_s), sampling_end(end_s)))
    assert set(taken) <= set(inside) | set(grid)
    assert set(taken) <= set(grid) | set(np.flatnonzero(line.key))
    keys = [row for row in inside if line.key[row]]
    if not keys:
        assert taken.tolist() == grid.tolist()
        return
    assert keys[0] in taken
    # no two of them closer than asked for, and none that could have been taken was left out
    t_s = [(int(p) - line.start_pts) * line.time_base for p in line.pts]
    last = None
    for row in keys:
        if last is None or t_s[row] - t_s[last] >= exact(every_s):
            assert row in taken
            last = row
        else:
            assert row not in taken or row in grid
    # a gap is never much longer than what fills it: a frame may stand longer than that itself
    longest = max((b - a for a, b in pairwise(line.pts[inside].tolist())), default=0)
    edges = [*line.pts[inside[:1]], *line.pts[taken], *line.pts[inside[-1:]]]
    for a, b in pairwise(int(e) for e in edges):
        assert (b - a) * line.time_base <= 4 * exact(every_s) + 5 * line.time_base * (1 + longest)


def sampling_end(end_s: float | None) -> Fraction | None:
    return None if end_s is None else exact(end_s)


def test_without_keyframes_it_is_a_grid():
    line = Timeline(np.arange(0, 1000, 2), np.zeros(500, np.bool_), Fraction(1, 10), 0, 1000)
    taken = np.flatnonzero(KeyframeEvery(every_s=5).choose(line))
    assert np.diff(taken).tolist() == [25] * (len(taken) - 1)
    assert taken[0] == 0
    assert taken[-1] >= 450
