"""From scores and logits to distributions: exact, stable, and suspicious of what is none."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.special import expit, softmax

from framesel.errors import UsageError
from framesel.uncertainty import from_scores, with_background
from framesel.uncertainty.distribution import checked_distribution

LOGITS = arrays(np.float64, st.tuples(st.integers(1, 5), st.integers(1, 7)),
                elements=st.floats(-40, 40))  # fmt: skip


def condition_on_at_most_one(p: np.ndarray) -> np.ndarray:
    """The distribution by enumerating all 2^C answers of independent Bernoullis."""
    mass = np.zeros(len(p) + 1)
    for answer in itertools.product((0, 1), repeat=len(p)):
        if sum(answer) <= 1:
            chance = np.prod(np.where(answer, p, 1 - p))
            mass[answer.index(1) if sum(answer) else -1] += chance
    return mass / mass.sum()


@pytest.mark.parametrize("classes", [1, 2, 5])
def test_it_is_what_enumerating_the_answers_gives(classes: int) -> None:
    p = np.random.default_rng(classes).uniform(0.01, 0.99, classes)
    np.testing.assert_allclose(from_scores(p), condition_on_at_most_one(p), rtol=1e-12)


def test_worked_example() -> None:
    # odds 1 and 3: q = (1, 3, 1) / 5
    np.testing.assert_allclose(from_scores([0.5, 0.75]), [0.2, 0.6, 0.2], rtol=1e-6)


@given(LOGITS)
def test_scores_and_logits_agree_and_softmax_is_right(z: np.ndarray) -> None:
    q = with_background(z)
    zero = np.zeros((len(z), 1))
    np.testing.assert_allclose(q, softmax(np.hstack([z, zero]), axis=1), rtol=1e-9, atol=1e-300)
    # p = 1 - 1e-16 has lost its logit: compare where a float64 score still tells
    mild = np.clip(z, -20, 20)
    np.testing.assert_allclose(from_scores(expit(mild)), with_background(mild), rtol=1e-6)


@given(st.floats(0, 1))
def test_one_class_is_p_and_not_p(p: float) -> None:
    np.testing.assert_allclose(from_scores(np.array([p])), [p, 1 - p], atol=1e-12)


@given(LOGITS, st.randoms())
def test_permuting_classes_permutes_the_distribution(z: np.ndarray, random: object) -> None:
    order = np.random.default_rng(0).permutation(z.shape[1])
    moved = np.append(order, z.shape[1])
    np.testing.assert_allclose(with_background(z[:, order]), with_background(z)[:, moved])


def test_certain_scores_are_limits() -> None:
    np.testing.assert_array_equal(from_scores([0.0, 1.0, 0.3]), [0, 1, 0, 0])
    np.testing.assert_array_equal(from_scores([1.0, 1.0]), [0.5, 0.5, 0])
    np.testing.assert_array_equal(from_scores([0.0, 0.0]), [0, 0, 1])
    np.testing.assert_array_equal(with_background([np.inf, 3.0]), [1, 0, 0])
    np.testing.assert_array_equal(with_background([-np.inf, -np.inf]), [0, 0, 1])


def test_dtypes_and_shapes() -> None:
    assert with_background(np.zeros((2, 3, 4), np.float16)).dtype == np.float32
    assert with_background(np.zeros((2, 3, 4))).dtype == np.float64
    assert with_background(np.zeros((2, 3, 4))).shape == (2, 3, 5)
    assert with_background(np.zeros((0, 4))).shape == (0, 5)
    assert from_scores([0, 1]).tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("function", "value", "word"),
    [
        (with_background, [np.nan, 1.0], "nan"),
        (with_background, np.zeros((3, 0)), "last axis"),
        (with_background, 3.0, "last axis"),
        (from_scores, [1.2, 0.1], "with_background"),
        (from_scores, [-0.1], r"\[0, 1\]"),
        (from_scores, [np.nan], r"\[0, 1\]"),
        (checked_distribution, [0.5, 0.6], "from_scores"),
        (checked_distribution, [[0.5, 0.5], [0.1, 0.1]], "sum to one"),
    ],
)
def test_what_is_refused(function: object, value: object, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        function(value)  # type: ignore[operator]


def test_half_precision_of_many_classes_passes() -> None:
    q = np.random.default_rng(0).dirichlet(np.ones(1000), 50).astype(np.float16)
    assert checked_distribution(q).dtype == np.float32
