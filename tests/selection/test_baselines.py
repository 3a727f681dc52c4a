"""Random, uniform and stratified: fair draws, even spacing, budgets that add up."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection import Candidates
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.random_choice import RandomChoice
from framesel.selection.strategies.stratified import Stratified, split_budget
from framesel.selection.strategies.uniform import Uniform, stride_positions

from .vectors import make, rng

NOTHING = np.empty((0, 4), np.float32)


def videos(*lengths: int) -> Candidates:
    """Candidates of videos of these lengths, one frame a second."""
    n = sum(lengths)
    return Candidates(
        make("random", n, 4, 0),
        video_no=np.repeat(np.arange(len(lengths)), lengths),
        pts_s=np.concatenate([np.arange(length) for length in lengths]),
    )


def counts(strategy: Stratified | Uniform, candidates: Candidates, budget: int) -> list[int]:
    picks = strategy.select(candidates, budget, NOTHING, Limits(), rng())
    return np.bincount(
        candidates.groups[picks.indices], minlength=candidates.groups.max() + 1
    ).tolist()


def test_random_draws_everything_equally_often() -> None:
    candidates = videos(40)
    hits = np.zeros(40)
    for seed in range(600):
        rng = np.random.default_rng(seed)
        hits[RandomChoice().select(candidates, 10, NOTHING, Limits(), rng).indices] += 1
    # 150 expected; six standard deviations of a binomial draw.
    assert np.abs(hits - 150).max() < 6 * np.sqrt(600 * 0.25 * 0.75)


@given(st.integers(1, 300), st.data())
def test_a_stride_is_even(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    phase = data.draw(st.floats(0, 1, exclude_max=True))
    positions = stride_positions(n, k, phase)
    assert len(set(positions.tolist())) == k
    assert ((positions >= 0) & (positions < n)).all()
    if k > 1:
        assert set(np.diff(positions)) <= {n // k, -(-n // k)}


def test_uniform_follows_time_not_rows() -> None:
    candidates = videos(30, 30)
    order = np.random.default_rng(1).permutation(60)
    mixed = Candidates(
        candidates.vectors[order],
        video_no=candidates.video_no[order],
        pts_s=candidates.pts_s[order],
    )
    picks = Uniform().select(mixed, 12, NOTHING, Limits(), rng())
    times = mixed.pts_s[picks.indices] + 30 * mixed.video_no[picks.indices]
    assert set(np.diff(times)) == {5.0}


@given(
    sizes=st.lists(st.integers(1, 200), min_size=1, max_size=30),
    power=st.sampled_from((0.0, 0.5, 1.0)),
    phase=st.floats(0, 1, exclude_max=True),
    data=st.data(),
)
def test_quotas_add_up_and_respect_sizes(
    sizes: list[int], power: float, phase: float, data: st.DataObject
) -> None:
    budget = data.draw(st.integers(0, sum(sizes)))
    quotas = split_budget(np.array(sizes), budget, power, phase)
    assert quotas.sum() == budget
    assert (quotas >= 0).all()
    assert (quotas <= sizes).all()
    if budget >= len(sizes):
        assert quotas.min() >= 1
    else:
        assert quotas.max() <= 1


@given(
    sizes=st.lists(st.integers(1, 50), min_size=2, max_size=12),
    phase=st.floats(0, 1, exclude_max=True),
    data=st.data(),
)
def test_proportional_quotas_are_the_share_rounded_down_or_up(
    sizes: list[int], phase: float, data: st.DataObject
) -> None:
    budget = data.draw(st.integers(len(sizes), sum(sizes)))
    shares = [Fraction(budget * size, sum(sizes)) for size in sizes]
    if min(shares) < 1:
        return
    quotas = split_budget(np.array(sizes), budget, 1.0, phase)
    for quota, share in zip(quotas, shares, strict=True):
        assert share - 1 < quota < share + 1


def test_power_decides_how_much_length_counts() -> None:
    candidates = videos(400, 100, 100, 25)
    assert counts(Stratified(power=0.0), candidates, 40) == [10, 10, 10, 10]
    assert counts(Stratified(power=0.5), candidates, 45) == [20, 10, 10, 5]
    assert counts(Stratified(power=1.0), candidates, 25) == [16, 4, 4, 1]


def test_a_short_video_gives_all_it_has_and_no_more() -> None:
    assert counts(Stratified(power=0.0), videos(100, 3, 100), 43) == [20, 3, 20]


def test_a_budget_below_the_number_of_videos_is_spread_over_them() -> None:
    candidates = videos(*[20] * 50)
    got = counts(Stratified(), candidates, 10)
    assert max(got) == 1
    assert set(np.diff(np.flatnonzero(got))) == {5}


@pytest.mark.parametrize("strategy", [Uniform(), Stratified()])
def test_already_chosen_frames_leave_the_line(strategy: Uniform | Stratified) -> None:
    candidates = videos(10, 10)
    known = candidates.vectors[:10]
    picks = strategy.select(candidates, 5, known, Limits(), rng())
    assert picks.indices.min() >= 10
    picks = strategy.select(candidates, 12, known, Limits(), rng())
    assert sorted(picks.indices[:10].tolist()) == list(range(10, 20))
