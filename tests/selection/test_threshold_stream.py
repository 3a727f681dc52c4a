"""The threshold stream: a budget spent at a controlled rate on what is useful and new."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.selection import stream

from .vectors import make, rng


def reference(
    vectors: np.ndarray, utility: np.ndarray, budget: int, length: int, tau: float, step: float
) -> list[int]:
    """The same, from the definition."""
    picks: list[int] = []
    theta = None
    for number, (vector, useful) in enumerate(zip(vectors, utility, strict=True)):
        left = budget - len(picks)
        if not left or any(vectors[pick] @ vector >= tau for pick in picks):
            continue
        if theta is None and useful == 0:
            continue
        theta = useful if theta is None else theta
        rate = min(1.0, left / max(1, length - number))
        take = useful > 0 and (useful >= theta or rate == 1.0)
        theta *= 1.0 + step * (take - rate)
        if take:
            picks.append(number)
    return picks


@settings(deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 40), st.integers(1, 400), st.sampled_from((0.3, 0.9)))
def test_decisions_follow_the_definition(seed: int, budget: int, length: int, tau: float) -> None:
    draw = rng(seed)
    vectors, utility = make("random", 200, 6, seed), draw.random(200) * (draw.random(200) < 0.8)
    picking = stream(budget, "threshold", length=length, tau_cos=tau, step=0.3)
    picking.offer(vectors, utility)
    assert picking.picks.tolist() == reference(vectors, utility, budget, length, tau, 0.3)


def test_no_two_picks_are_near_copies() -> None:
    vectors = make("clustered", 600, 16, 3)
    picking = stream(100, "threshold", length=600, tau_cos=0.9)
    picking.offer(vectors, rng(0).random(600))
    chosen = vectors[picking.picks]
    cosines = chosen @ chosen.T - np.eye(len(chosen))
    assert len(chosen) > 20
    assert cosines.max() < 0.9


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e4])
def test_the_budget_is_spent_on_the_most_useful_whatever_the_scale(scale: float) -> None:
    utility = rng(5).random(5000)
    picking = stream(50, "threshold", length=5000)
    picking.offer(make("random", 5000, 32, 1), scale * utility)
    picks = picking.picks
    assert len(picks) == 50
    assert utility[picks].mean() > 0.9
    # All along the footage: a quarter of it gets a quarter of the budget, give or take.
    assert np.histogram(picks, 4, (0, 5000))[0].min() >= 8


def test_it_follows_drift() -> None:
    utility = rng(6).random(6000)
    utility[3000:] *= 50.0
    picking = stream(60, "threshold", length=6000)
    picking.offer(make("random", 6000, 32, 2), utility)
    before = (picking.picks < 3000).sum()
    assert 15 <= before <= 40
    assert len(picking.picks) == 60


def test_a_night_without_events_does_not_lower_the_threshold() -> None:
    day, night = make("random", 500, 32, 3), make("identical", 3000, 32, 4)
    vectors, utility = np.concatenate([day, night, day[::-1]]), rng(7).random(4000)
    vectors[3500:] = make("random", 500, 32, 9)
    picking = stream(200, "threshold", length=40_000)
    picking.offer(vectors[:3500], utility[:3500])
    assert ((picking.picks >= 500) & (picking.picks < 3500)).sum() <= 1
    picking.offer(vectors[3500:3550], utility[3500:3550])
    # About one in two hundred is planned; a threshold that had fallen all night would take most.
    assert (picking.picks >= 3500).sum() <= 5


def test_equal_frames_are_taken_at_even_intervals() -> None:
    picking = stream(10, "threshold", length=1000)
    picking.offer(make("random", 1000, 64, 5))
    gaps = np.diff(picking.picks)
    assert len(picking.picks) == 10
    assert gaps.max() <= 2 * gaps.min() + 2
