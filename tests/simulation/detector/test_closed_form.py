"""Ridge regression and probabilities, against other people's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.linear_model import Ridge

from framesel.simulation.detector.closed_form import (
    SHARPEST,
    folds,
    ridge,
    sharpness_fit,
    sigmoid_fit,
    with_one,
)


@pytest.mark.parametrize("penalty", [0.0, 1e-3, 0.1, 10.0])
def test_ridge_is_that_of_scikit_learn(penalty: float) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 7)).astype(np.float32) * np.arange(1, 8, dtype=np.float32)
    y, weight = rng.normal(size=(60, 3)), rng.uniform(0.1, 3.0, 60)
    found = ridge(with_one(x), y, weight, penalty)
    spread = np.mean(np.einsum("ij,i->j", x.astype(np.float64) ** 2, weight))
    theirs = Ridge(alpha=penalty * spread).fit(x, y, sample_weight=weight)
    # Their intercept comes from centring, which is the same as not penalising the ones.
    np.testing.assert_allclose(found[:-1].T, theirs.coef_, atol=2e-5)
    np.testing.assert_allclose(found[-1], theirs.intercept_, atol=2e-5)


def test_the_penalty_means_the_same_for_every_size_and_scale() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 5)).astype(np.float32)
    y = rng.normal(size=(40, 2))
    once = ridge(with_one(x), y, np.ones(40), 0.3)
    twice = ridge(with_one(np.tile(x, (2, 1))), np.tile(y, (2, 1)), np.full(80, 5.0), 0.3)
    np.testing.assert_allclose(once, twice, atol=1e-5)
    larger = ridge(with_one(8 * x), y, np.ones(40), 0.3)
    np.testing.assert_allclose(once[:-1], 8 * larger[:-1], atol=1e-5)


def test_probabilities_are_those_of_the_best_sigmoid() -> None:
    rng = np.random.default_rng(2)
    score = rng.normal(size=400)
    hit = rng.random(400) < 1 / (1 + np.exp(-(3 * score - 2)))
    positive, negative = hit.sum(), (~hit).sum()
    target = np.where(hit, (positive + 1) / (positive + 2), 1 / (negative + 2))

    def loss(at: np.ndarray) -> float:
        logit = at[0] * score + at[1]
        return float((np.logaddexp(0, logit) - target * logit).sum())

    best = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-8}).x
    np.testing.assert_allclose(sigmoid_fit(score, hit), best, rtol=1e-4)


@given(
    count=st.integers(1, 30),
    shift=st.floats(-5, 5),
    scale=st.floats(1e-4, 1e4),
    seed=st.integers(0, 9),
)
def test_probabilities_never_fall_with_the_score(
    count: int, shift: float, scale: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    score = scale * (rng.normal(size=count) + shift)
    slope, offset = sigmoid_fit(score, rng.random(count) < 0.3)
    assert slope >= 0
    assert np.isfinite([slope, offset]).all()


def test_separable_scores_do_not_become_certain() -> None:
    score = np.array([0.0] * 50 + [1.0])
    slope, offset = sigmoid_fit(score, score > 0)
    assert 0.3 < 1 / (1 + np.exp(-(slope + offset))) < 0.99


def test_a_group_is_in_one_fold() -> None:
    groups = np.array([7, 7, 9, 3, 3, 3, 12])
    assert folds(groups, 2).tolist() == [1, 1, 0, 0, 0, 0, 1]
    assert folds(groups[:2], 5).tolist() == [0, 0]


def test_the_sharpness_that_made_the_classes_is_found() -> None:
    rng = np.random.default_rng(3)
    score = rng.normal(size=(4000, 3))
    chance = np.exp(2.5 * score)
    chance /= chance.sum(axis=1, keepdims=True)
    class_no = (rng.random((4000, 1)) > np.cumsum(chance, axis=1)).sum(axis=1)
    assert abs(sharpness_fit(score, class_no) - 2.5) < 0.2
    assert sharpness_fit(score, rng.permutation(class_no)) < 0.1  # scores that tell nothing
    assert sharpness_fit(score[:0], class_no[:0]) == 0.0
    assert sharpness_fit(np.eye(3), np.arange(3)) < SHARPEST  # three right ones prove little
