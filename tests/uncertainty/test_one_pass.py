"""One look's doubt: worked examples, bounds, identities; stored boxes against full vectors."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, softmax

from framesel.errors import UsageError
from framesel.uncertainty import (
    binary_entropy,
    box_scores,
    entropy,
    least_confidence,
    margin,
    with_background,
)

from .boxes import boxes_of, make

Activation = Literal["sigmoid", "softmax"]
BOTH = pytest.mark.parametrize("activation", ["sigmoid", "softmax"])
DISTRIBUTIONS = st.builds(
    lambda n, c, seed: np.random.default_rng(seed).dirichlet(np.full(c, 0.5), n),
    st.integers(1, 6), st.integers(1, 9), st.integers(0, 2**32),
)  # fmt: skip
PLAIN = (least_confidence, margin, entropy)


def test_worked_example() -> None:
    q = [[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]]
    np.testing.assert_allclose(least_confidence(q), [0.5, 0.0])
    np.testing.assert_allclose(margin(q), [0.75, 0.0])
    np.testing.assert_allclose(entropy(q), [1.5 * np.log(2), 0.0], rtol=1e-6)
    np.testing.assert_allclose(entropy(q, normalised=True), [1.5 * np.log(2) / np.log(3), 0.0])
    both = -0.25 * np.log(0.25) - 0.75 * np.log(0.75)
    np.testing.assert_allclose(binary_entropy(q), [np.log(2) + 2 * both, 0.0], rtol=1e-6)


@given(DISTRIBUTIONS)
def test_bounds_and_order_of_classes(q: np.ndarray) -> None:
    classes = q.shape[1]
    bounds = (1 - 1 / classes, float(classes > 1), np.log(classes))
    for score, bound in zip(PLAIN, bounds, strict=True):
        values = score(q)
        assert values.shape == (len(q),)
        assert (values >= 0).all()
        assert (values <= bound + 1e-9).all()
        np.testing.assert_allclose(score(q[:, ::-1]), values, atol=1e-12)
    assert (binary_entropy(q) <= classes * np.log(2) + 1e-9).all()


@pytest.mark.parametrize("classes", [2, 3, 80])
def test_the_extremes(classes: int) -> None:
    even, sure = np.full(classes, 1 / classes), np.eye(classes)[0]
    assert least_confidence(even) == pytest.approx(1 - 1 / classes)
    assert margin(even) == pytest.approx(1.0)
    assert entropy(even, normalised=True) == pytest.approx(1.0)
    for score in PLAIN:
        assert score(sure) == 0.0
    assert binary_entropy(np.full(classes, 0.5)) == pytest.approx(classes * np.log(2))


def test_one_class_alone_is_certain() -> None:
    for score in PLAIN:
        assert score([[1.0], [1.0]]).tolist() == [0.0, 0.0]
    assert entropy([[1.0]], normalised=True).tolist() == [0.0]


def test_two_outcomes_agree_with_the_binary_entropy() -> None:
    p = np.linspace(0, 1, 11)
    q = np.stack([p, 1 - p], axis=1)
    np.testing.assert_allclose(entropy(q), binary_entropy(p[:, None]), atol=1e-12)


@pytest.mark.parametrize("score", PLAIN)
def test_what_is_no_distribution_is_refused(score: object) -> None:
    with pytest.raises(UsageError, match="sum to one"):
        score([[0.9, 0.9]])  # type: ignore[operator]
    with pytest.raises(UsageError, match=r"\[0, 1\]"):
        score([[np.nan, 0.1]])  # type: ignore[operator]


def test_binary_entropy_refuses_logits() -> None:
    with pytest.raises(UsageError, match="with_background"):
        binary_entropy([2.0, -1.0])


@BOTH
@pytest.mark.parametrize(("classes", "k"), [(1, 8), (2, 1), (4, 8), (20, 2), (80, 8)])
def test_boxes_score_as_their_full_vectors(activation: Activation, classes: int, k: int) -> None:
    made = make([300, 0, 700], classes, k=k, activation=activation, seed=classes)
    scores = box_scores(made.boxes)
    q = with_background(made.logits)
    p = expit(made.logits) if activation == "sigmoid" else q[:, :-1]
    np.testing.assert_allclose(scores["entropy"], entropy(q), atol=1e-3)
    np.testing.assert_allclose(scores["least_confidence"], least_confidence(q), atol=1e-3)
    np.testing.assert_allclose(scores["binary_entropy"], binary_entropy(p), atol=1e-3)
    np.testing.assert_allclose(scores["confidence"], p.max(axis=1), atol=1e-3)
    np.testing.assert_allclose(scores["confidence"], made.boxes.confidence(), atol=1e-6)
    if k > 1:
        np.testing.assert_allclose(scores["margin"], margin(q), atol=2e-3)
    for values in scores.values():
        assert values.dtype == np.float32
        assert values.shape == (1000,)


def twin(boxes: object) -> dict[str, np.ndarray]:
    """What the kernel computes, in plain numpy on the compact columns."""
    top, rest = boxes.top_logit.astype(np.float64), boxes.rest.astype(np.float64)  # type: ignore[attr-defined]
    odds = np.exp(top)
    total = 1 + odds.sum(1) + rest[:, 0]
    others = len(boxes.classes) - top.shape[1]  # type: ignore[attr-defined]
    beyond = np.maximum(rest[:, :1], 0) / others if top.shape[1] == 1 and others else odds[:, :0]
    ranked = np.sort(np.hstack([odds, np.ones((len(top), 1)), beyond]), axis=1)
    p = expit(top) if boxes.activation == "sigmoid" else odds / total[:, None]  # type: ignore[attr-defined]
    return {
        "confidence": p[:, 0],
        "least_confidence": 1 - ranked[:, -1] / total,
        "margin": 1 - (ranked[:, -1] - ranked[:, -2]) / total,
        "entropy": np.log(total) - ((odds * top).sum(1) + rest[:, 1]) / total,
        "binary_entropy": binary_entropy(p) + rest[:, 2],
    }


@BOTH
@pytest.mark.parametrize(("classes", "k"), [(1, 1), (9, 1), (9, 3), (9, 9)])
def test_the_kernel_is_its_plain_twin(activation: Activation, classes: int, k: int) -> None:
    boxes = make([400], classes, k=k, activation=activation).boxes
    expected = twin(boxes)
    for name, values in box_scores(boxes).items():
        np.testing.assert_allclose(values, expected[name], rtol=2e-6, atol=1e-9, err_msg=name)


def test_doubt_of_confident_boxes_keeps_its_order() -> None:
    # Rounding logits of 8 to 12 one by one would hide which of these is the surer.
    z = np.array([[9.003, -3.0], [9.006, -3.3], [11.991, -3.0], [12.01, -3.0]])
    scores = box_scores(boxes_of([4], z, 1, "softmax"))
    exact = 1 - softmax(np.hstack([z, np.zeros((4, 1))]), axis=1).max(1)
    np.testing.assert_allclose(scores["least_confidence"], exact, rtol=5e-3)
    assert (np.diff(scores["least_confidence"]) < 0).all()


@given(st.integers(0, 2**32), st.integers(2, 6))
def test_order_of_classes_and_boxes_changes_nothing(seed: int, classes: int) -> None:
    rng = np.random.default_rng(seed)
    z = rng.normal(0, 3, (7, classes))
    rows, columns = rng.permutation(7), rng.permutation(classes)
    plain, moved = (
        box_scores(boxes_of([7], z, 3)),
        box_scores(boxes_of([7], z[rows][:, columns], 3)),
    )
    for name, values in plain.items():
        np.testing.assert_allclose(moved[name], values[rows], rtol=1e-6, atol=1e-7)


@BOTH
@pytest.mark.parametrize("value", [-1e9, -70.0, 0.0, 70.0, 1e9])
def test_extreme_logits_stay_within_bounds(activation: Activation, value: float) -> None:
    z = np.array([[value, value, -value], [value, 0.0, 0.0]])
    scores = box_scores(boxes_of([2], z, 2, activation))
    for name, bound in {"least_confidence": 0.75, "margin": 1.0, "entropy": np.log(4)}.items():
        assert (scores[name] >= 0).all()
        assert (scores[name] <= bound + 1e-6).all()


def test_no_boxes_no_scores() -> None:
    assert all(len(values) == 0 for values in box_scores(make([0, 0], 4).boxes).values())
