"""Spherical k-means: each row with its nearest centre, means that move, starts that spread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from threadpoolctl import threadpool_limits

from framesel.selection.engines.k_means import assign, closeness, k_means, mean_directions
from framesel.selection.vectors.dot import dots

from .vectors import KINDS, make, rng, unit, vector_sets


@given(vectors=vector_sets(most=60), k=st.integers(1, 12), seed=st.integers(0, 99))
def test_each_row_is_with_its_nearest_centre(vectors: np.ndarray, k: int, seed: int) -> None:
    centres = make("random", k, vectors.shape[1], seed)
    # A tie: the lower of two equal centres wins.
    centres = np.concatenate([centres, centres[:1]])
    cells = assign(vectors, centres)
    exact = np.stack([dots(centres, row) for row in vectors])
    assert np.array_equal(cells.cell_of, exact.argmax(axis=1))
    assert np.array_equal(cells.cos, exact.max(axis=1))


def test_means_are_weighted_and_of_unit_length() -> None:
    vectors = unit([[1, 0], [0, 1], [0, -1], [1, 1]])
    cells = assign(vectors, unit([[1, 0], [0, 1], [0, -1], [-1, 0]]))
    means = mean_directions(vectors, np.array([3.0, 1.0, 1.0, 3.0 * np.sqrt(2)]), cells)
    assert means == pytest.approx(unit([[6, 3], [0, 1], [0, -1], [-1, 0]]), abs=1e-6)


def test_rows_that_cancel_out_leave_the_centre_where_it_was() -> None:
    vectors, centres = unit([[0, 1], [0, -1]]), unit([[1, 0]])
    cells = assign(vectors, centres)
    assert np.array_equal(mean_directions(vectors, np.ones(2), cells), centres)


def test_well_apart_cells_are_found() -> None:
    truth = np.repeat(np.arange(6), 30)
    vectors = unit(np.eye(6, 20)[truth] + 0.05 * rng(1).standard_normal((180, 20)))
    cells = k_means(vectors, 6, rng(3))
    assert len(set(zip(truth, cells.cell_of, strict=True))) == 6


@pytest.mark.parametrize("kind", ["random", "clustered", "walk"])
def test_as_good_as_scikit_learn(kind: str) -> None:
    vectors = make(kind, 400, 16, 2)

    def spread(cell_of: np.ndarray) -> float:
        parts = [vectors[cell_of == cell].astype(np.float64) for cell in np.unique(cell_of)]
        return sum(((part - part.mean(axis=0)) ** 2).sum() for part in parts)

    ours = [spread(k_means(vectors, 20, rng(seed)).cell_of) for seed in range(5)]
    theirs = [
        spread(KMeans(20, n_init=1, random_state=seed).fit(vectors).labels_) for seed in range(5)
    ]
    # Each of its starts is the best of several draws.
    assert np.mean(ours) < 1.1 * np.mean(theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_no_turn_makes_it_worse(kind: str) -> None:
    vectors, weights = make(kind, 150, 12, 5), rng(1).random(150) + 0.1
    reached = [
        float((weights * k_means(vectors, 9, rng(2), weights=weights, rounds=rounds).cos).sum())
        for rounds in range(6)
    ]
    assert (np.diff(reached) >= -1e-5).all()


def test_weights_draw_the_centres() -> None:
    vectors = unit([[1, 0], [0.9, 0.5], [0, 1]])
    heavy = k_means(vectors, 1, rng(), weights=np.array([1.0, 1.0, 500.0]))
    assert heavy.centres[0] == pytest.approx(vectors[2], abs=0.01)


def test_fixed_centres_stay_and_keep_what_is_near() -> None:
    vectors = make("clustered", 200, 16, 1)
    fixed = vectors[[3, 50]]
    cells = k_means(vectors, 10, rng(), fixed=fixed)
    assert np.array_equal(cells.centres[:2], fixed)
    assert len(cells.centres) == 12
    assert cells.cell_of[3] == 0
    assert cells.cell_of[50] == 1


def test_no_more_cells_than_different_points() -> None:
    vectors = unit(np.eye(3, 5)[[0, 1, 1, 2, 0, 2]])
    cells = k_means(vectors, 6, rng())
    assert len(cells.centres) == 3
    assert (cells.cos > 0.999).all()
    assert len(k_means(vectors, 6, rng(), fixed=vectors).centres) == 6


def test_starts_are_drawn_by_squared_distance() -> None:
    # From the fixed centre, the squared chord distances are 2 and 4: one third, two thirds.
    vectors, fixed = unit([[0, 1], [-1, 0]]), unit([[1, 0]])
    drawn = [
        int(k_means(vectors, 1, rng(seed), fixed=fixed, rounds=0).cell_of.argmax())
        for seed in range(900)
    ]
    # Six standard deviations of a binomial draw.
    assert abs(sum(drawn) - 600) < 6 * np.sqrt(900 * 2 / 9)


def test_equal_on_any_number_of_threads() -> None:
    vectors = np.concatenate([make("walk", 700, 96, seed) for seed in range(3)])
    answers = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            answers.append(k_means(vectors, 80, rng(4)))
    assert np.array_equal(answers[0].cell_of, answers[1].cell_of)
    assert np.array_equal(answers[0].centres, answers[1].centres)


@given(vectors=vector_sets(most=40), seed=st.integers(0, 99))
def test_the_closest_to_the_mean_is_the_medoid(vectors: np.ndarray, seed: int) -> None:
    weights = rng(seed).random(len(vectors)) + 0.1
    cells = k_means(vectors, 4, rng(seed), weights=weights)
    means = mean_directions(vectors, weights, cells)
    close = closeness(vectors, means, cells.cell_of)
    for cell in np.unique(cells.cell_of):
        rows = np.flatnonzero(cells.cell_of == cell)
        gaps = 2.0 - 2.0 * vectors[rows].astype(np.float64) @ vectors[rows].T
        sums = gaps @ weights[rows]
        assert sums[close[rows].argmax()] <= sums.min() + 1e-4
