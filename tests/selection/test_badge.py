"""BADGE: draws with the chances of k-means++, and nothing twice."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from framesel.selection import Candidates
from framesel.selection.engines.spread_draws import SpreadDraws, squares_plain
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.badge import Badge

from .vectors import make, rng

NOTHING = np.empty((0, 8), np.float32)


def gradients(seed: int, n: int, dim: int) -> np.ndarray:
    """Rows of very different lengths, some of them equal, some zero."""
    draw = rng(seed)
    rows = draw.standard_normal((n, dim)) * draw.exponential(1.0, (n, 1))
    rows[draw.random(n) < 0.1] = 0.0
    return rows[draw.integers(0, n, n)].astype(np.float32)


@settings(deadline=None)
@given(st.integers(0, 2**20), st.integers(1, 30), st.sampled_from((1, 7, 70)))
def test_distances_are_those_of_the_plain_scan(seed: int, n: int, dim: int) -> None:
    rows = gradients(seed, n, dim)
    draws = SpreadDraws(rows, np.ones(n), rng(seed))
    drawn: list[int] = []
    for _ in range(n):
        row = draws.best()
        assert row == draws.best()
        if drawn:
            squares = squares_plain(rows, np.array(drawn))
            assert np.array_equal(draws._squares, squares)
            assert squares[row] > 0 or not np.delete(squares, drawn).any()
        else:
            lengths = (rows.astype(np.float64) ** 2).sum(axis=1)
            assert lengths[row] == pytest.approx(lengths.max(), rel=1e-5)
        draws.take(row)
        drawn.append(row)
    assert sorted(drawn) == list(range(n))
    assert draws.best() == -1


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_the_second_pick_is_drawn_by_squared_distance_and_mass(alpha: float) -> None:
    rows = np.array([[9.0], [0.0], [4.0], [6.0]], np.float32)
    mass = np.array([1.0, 1.0, 3.0, 2.0])
    candidates = Candidates(make("random", 4, 8, 0), mass=mass, gradients=rows)
    hits = np.zeros(4)
    for seed in range(2000):
        picks = Badge(alpha=alpha).select(candidates, 2, NOTHING, Limits(), rng(seed))
        assert picks.indices[0] == 0
        hits[picks.indices[1]] += 1
    chance = mass**alpha * np.array([0.0, 81.0, 25.0, 9.0])
    chance /= chance.sum()
    # Five standard deviations of a binomial draw.
    spread = np.sqrt(2000 * chance * (1 - chance))
    assert (np.abs(hits - 2000 * chance) <= 5 * spread).all()


def test_each_direction_is_bought_before_one_is_bought_twice() -> None:
    directions = np.repeat(np.eye(6) * 5.0, 20, axis=0).astype(np.float32)
    candidates = Candidates(make("random", 120, 8, 0), gradients=directions)
    picks = Badge().select(candidates, 6, NOTHING, Limits(), rng(3))
    assert sorted(picks.indices // 20) == [0, 1, 2, 3, 4, 5]
    assert picks.reason[0] == "longest gradient: 5"
    assert picks.reason[1] == "drawn by distance: 7.07 from the nearest"


def test_what_the_model_is_sure_of_is_bought_last() -> None:
    rows = np.zeros((30, 4), np.float32)
    rows[10:14] = np.eye(4)
    candidates = Candidates(make("random", 30, 8, 0), gradients=rows)
    picks = Badge().select(candidates, 30, NOTHING, Limits(), rng(0))
    assert len(set(picks.indices)) == 30
    assert set(range(10, 14)) <= set(picks.indices[:5])
