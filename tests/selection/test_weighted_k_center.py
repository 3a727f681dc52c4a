"""Weighted k-center: what utility changes, and what it leaves as it is."""

import numpy as np
import pytest

from framesel.selection import Candidates, Picks
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.k_center import KCenter
from framesel.selection.strategies.weighted_k_center import WeightedKCenter
from framesel.selection.vectors.arrays import chord

from .vectors import make, unit


def pick(strategy: KCenter | WeightedKCenter, candidates: Candidates, k: int) -> Picks:
    already = np.empty((0, candidates.vectors.shape[1]), np.float32)
    return strategy.select(candidates, k, already, Limits(), np.random.default_rng(0))


def test_a_worked_example() -> None:
    angles = np.radians([0.0, 30.0, 90.0, 170.0])
    vectors = unit(np.stack([np.cos(angles), np.sin(angles)], axis=1))
    picks = pick(WeightedKCenter(), Candidates(vectors, utility=[4.0, 8.0, 1.0, 2.0]), 4)
    # 8 at 30 degrees; then 4 x 0.518 = 2.07 (0), 1 x 1 (90), 2 x 1.879 (170); then 0; then 90.
    assert picks.indices.tolist() == [1, 3, 0, 2]
    chords = 2 * np.sin(np.radians([140.0, 30.0, 60.0]) / 2)
    assert picks.gain == pytest.approx([16.0, *(chords * [2.0, 4.0, 1.0])], rel=1e-5)
    assert "utility times distance" in picks.reason[0]


def test_doubling_gamma_squares_the_weights() -> None:
    vectors, utility = make("clustered", 60, 8, 1), np.random.default_rng(1).random(60)
    once = pick(WeightedKCenter(gamma=1), Candidates(vectors, utility=utility**2), 30)
    twice = pick(WeightedKCenter(gamma=2), Candidates(vectors, utility=utility), 30)
    assert np.array_equal(once.indices, twice.indices)
    assert not np.array_equal(
        once.indices, pick(WeightedKCenter(), Candidates(vectors, utility=utility), 30).indices
    )


def test_gamma_zero_and_no_utility_are_k_center() -> None:
    vectors, utility = make("walk", 60, 8, 1), np.random.default_rng(1).random(60)
    plain = pick(KCenter(), Candidates(vectors), 30)
    for candidates in (Candidates(vectors), Candidates(vectors, utility=utility)):
        gamma = 0.0 if candidates.utility is not None else 1.0
        picks = pick(WeightedKCenter(gamma=gamma), candidates, 30)
        assert np.array_equal(picks.indices, plain.indices)
        assert np.array_equal(picks.gain, plain.gain)
        assert picks.certificate == plain.certificate


def test_what_is_worth_nothing_comes_last_and_farthest_first() -> None:
    vectors = make("random", 40, 8, 2)
    utility = np.zeros(40)
    utility[::2] = np.random.default_rng(1).random(20) + 0.1
    picks = pick(WeightedKCenter(), Candidates(vectors, utility=utility), 40)
    assert (picks.indices[:20] % 2 == 0).all()
    assert (picks.gain[20:] == 0).all()
    near = (vectors @ vectors[picks.indices[:20]].T).max(axis=1)
    assert near[picks.indices[20]] == pytest.approx(near[1::2].min(), abs=1e-6)


def test_a_rare_event_of_high_utility_is_bought_before_a_far_dull_frame() -> None:
    scene = make("collapsed", 50, 8, 3)
    event = unit(scene[:1] + 0.4 * make("random", 1, 8, 4))
    dull = unit(-scene[:1])
    vectors = np.concatenate([scene, event, dull])
    utility = np.r_[np.full(50, 0.3), 1.0, 0.01]
    weighted = pick(WeightedKCenter(), Candidates(vectors, utility=utility), 2)
    assert weighted.indices[0] == 50
    assert 51 not in weighted.indices
    assert 51 in pick(KCenter(), Candidates(vectors), 2).indices


def test_gain_is_the_product_that_is_left() -> None:
    vectors, utility = make("random", 40, 6, 1), np.random.default_rng(5).random(40)
    picks = pick(WeightedKCenter(), Candidates(vectors, utility=utility), 39)
    gaps = chord((vectors @ vectors.T).astype(np.float32))
    for rank in range(1, 39):
        left = (utility * gaps[picks.indices[:rank]].min(axis=0)).max()
        assert picks.gain[rank] == pytest.approx(left, abs=1e-3)
