"""Disagreement: worked examples, bounds, identities, and order that must not matter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.uncertainty import (
    average_kl,
    consensus_entropy,
    entropy,
    max_disagreement,
    variation_ratio,
    variation_ratio_of_mean,
    vote_entropy,
)

ALL = (
    vote_entropy,
    average_kl,
    max_disagreement,
    consensus_entropy,
    variation_ratio,
    variation_ratio_of_mean,
)
COMMITTEES = st.builds(
    lambda m, n, c, seed: np.random.default_rng(seed).dirichlet(np.full(c, 0.4), (m, n)),
    st.integers(1, 5), st.integers(1, 4), st.integers(1, 6), st.integers(0, 2**32),
)  # fmt: skip


def test_worked_example() -> None:
    # Three members, one object, two classes: votes 2 to 1, the mean is (0.6, 0.4).
    members = [[[0.8, 0.2]], [[0.9, 0.1]], [[0.1, 0.9]]]
    np.testing.assert_allclose(
        vote_entropy(members), [-(2 / 3) * np.log(2 / 3) - (1 / 3) * np.log(1 / 3)], rtol=1e-6
    )
    np.testing.assert_allclose(variation_ratio(members), [1 / 3], rtol=1e-6)
    np.testing.assert_allclose(variation_ratio_of_mean(members), [0.4], rtol=1e-6)
    np.testing.assert_allclose(
        consensus_entropy(members), [-0.6 * np.log(0.6) - 0.4 * np.log(0.4)], rtol=1e-6
    )
    kl = [
        0.8 * np.log(0.8 / 0.6) + 0.2 * np.log(0.2 / 0.4),
        0.9 * np.log(0.9 / 0.6) + 0.1 * np.log(0.1 / 0.4),
        0.1 * np.log(0.1 / 0.6) + 0.9 * np.log(0.9 / 0.4),
    ]
    np.testing.assert_allclose(average_kl(members), [np.mean(kl)], rtol=1e-5)
    np.testing.assert_allclose(max_disagreement(members), [max(kl)], rtol=1e-5)


@given(COMMITTEES)
def test_average_divergence_is_mutual_information(q: np.ndarray) -> None:
    np.testing.assert_allclose(
        average_kl(q), consensus_entropy(q) - entropy(q).mean(axis=0), atol=1e-9
    )


@given(COMMITTEES)
def test_bounds(q: np.ndarray) -> None:
    members, _, classes = q.shape
    few = min(members, classes)
    bounds = (np.log(few), np.log(few), np.log(members), np.log(classes), 1 - 1 / few)
    for score, bound in zip(ALL, (*bounds, 1 - 1 / classes), strict=True):
        values = score(q)
        assert values.shape == q.shape[1:-1]
        assert (values >= 0).all()
        assert (values <= bound + 1e-9).all(), score


@given(COMMITTEES, st.integers(0, 2**32))
def test_order_of_members_classes_and_objects_is_nothing(q: np.ndarray, seed: int) -> None:
    rng = np.random.default_rng(seed)
    members, objects, classes = (rng.permutation(size) for size in q.shape)
    moved = q[members][:, objects][:, :, classes]
    for score in ALL:
        np.testing.assert_allclose(score(moved), score(q)[objects], atol=1e-9)


def test_a_committee_that_agrees_disagrees_about_nothing() -> None:
    q = np.tile(np.random.default_rng(0).dirichlet(np.ones(5), 7), (4, 1, 1))
    for score in (vote_entropy, average_kl, max_disagreement, variation_ratio):
        np.testing.assert_allclose(score(q), 0.0, atol=1e-12)
    np.testing.assert_allclose(consensus_entropy(q), entropy(q[0]))


def test_certain_opponents_reach_the_bounds() -> None:
    q = np.eye(3)[:, None]
    for score in (vote_entropy, average_kl, max_disagreement, consensus_entropy):
        np.testing.assert_allclose(score(q), np.log(3))
    np.testing.assert_allclose(variation_ratio(q), 2 / 3)


def test_agreeing_on_a_tie_is_no_variation() -> None:
    q = np.full((4, 1, 2), 0.5)
    assert variation_ratio(q) == 0.0
    assert variation_ratio_of_mean(q) == 0.5


def test_one_class_alone() -> None:
    for score in ALL:
        assert score(np.ones((3, 2, 1))).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("score", ALL)
def test_what_is_refused(score: object) -> None:
    for wrong in ([0.5, 0.5], np.zeros((0, 2, 3)), [[[0.9, 0.9]]]):
        with pytest.raises(UsageError):
            score(wrong)  # type: ignore[operator]
