"""CLUE: cells where frames are uncertain."""

import numpy as np
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from framesel.selection import Candidates
from framesel.selection.limits.settings import Limits
from framesel.selection.strategies.clue import Clue

from .vectors import make, rng, unit

NOTHING = np.empty((0, 16), np.float32)


def groups(*sizes: int) -> np.ndarray:
    """Groups of unit vectors around different axes."""
    rows = np.repeat(np.eye(16)[: len(sizes)], sizes, axis=0)
    return unit(rows + 0.05 * rng(1).standard_normal(rows.shape))


def cost(vectors: np.ndarray, weights: np.ndarray, picks: np.ndarray) -> float:
    """Weighted sum of squared distances to the nearest pick."""
    return float(weights @ (2.0 - 2.0 * (vectors @ vectors[picks].T).max(axis=1)))


def test_uncertain_groups_are_bought_and_certain_ones_are_not() -> None:
    utility = np.repeat([0.001, 1.0, 0.001, 1.0, 1.0], 30)
    candidates = Candidates(groups(30, 30, 30, 30, 30), utility=utility)
    for seed in range(5):
        picks = Clue().select(candidates, 3, NOTHING, Limits(), rng(seed))
        assert sorted(picks.indices // 30) == [1, 3, 4]


def test_mass_counts_as_much_as_alpha_says() -> None:
    mass = np.repeat([400.0, 1.0, 400.0, 1.0], 10)
    candidates = Candidates(groups(10, 10, 10, 10), mass=mass)
    picks = Clue(alpha=1.0).select(candidates, 2, NOTHING, Limits(), rng())
    assert sorted(picks.indices // 10) == [0, 2]


def test_what_is_chosen_already_needs_no_pick() -> None:
    candidates = Candidates(groups(20, 20, 20), utility=np.ones(60))
    for seed in range(5):
        known = unit(np.eye(16)[:1])
        picks = Clue().select(candidates, 2, known, Limits(), rng(seed))
        assert sorted(picks.indices // 20) == [1, 2]


def test_it_is_about_as_good_as_that_of_scikit_learn() -> None:
    ours, theirs = 0.0, 0.0
    for seed in range(8):
        vectors, utility = make("clustered", 300, 16, seed), rng(seed).random(300)
        candidates = Candidates(vectors, utility=utility)
        picks = Clue().select(candidates, 20, NOTHING, Limits(), rng(seed))
        ours += cost(vectors, utility, picks.indices)
        with threadpool_limits(1):
            model = KMeans(20, n_init=1, random_state=seed).fit(vectors, sample_weight=utility)
        away = ((vectors[:, None] - model.cluster_centers_[None]) ** 2).sum(axis=2)
        theirs += cost(vectors, utility, np.unique(away.argmin(axis=0)))
    assert ours <= 1.15 * theirs


def test_a_refused_frame_is_replaced_from_its_own_cell() -> None:
    candidates = Candidates(groups(20, 20, 20), utility=np.ones(60), pts_s=np.zeros(60))
    free = Clue().select(candidates, 3, NOTHING, Limits(), rng())
    assert sorted(free.indices // 20) == [0, 1, 2]
    assert all(reason.startswith("near the middle of a cell with 3") for reason in free.reason)
    six = Clue().select(candidates, 6, NOTHING, Limits(), rng())
    assert sorted(six.indices // 20) == [0, 0, 1, 1, 2, 2]
