"""Closed-form gradients against torch's backward pass; compact boxes against full vectors."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from framesel.errors import UsageError
from framesel.uncertainty import (
    badge_sketch,
    badge_vectors,
    box_gradient_length,
    box_gradient_norm,
    expected_gradient_length,
    from_scores,
    gradient_norm,
    with_background,
)

from .boxes import boxes_of, make

Activation = Literal["sigmoid", "softmax"]
BOTH = pytest.mark.parametrize("activation", ["sigmoid", "softmax"])


def backward(logits: np.ndarray, features: np.ndarray, activation: Activation) -> np.ndarray:
    """(labels, C, F) gradients at the weights of a 1x1 convolution, one backward pass a label."""
    import torch

    classes, dim = len(logits), len(features)
    layer = torch.nn.Conv2d(dim, classes, 1).double()
    picture = torch.from_numpy(features)[None, :, None, None]
    # The bias makes the layer say these logits, whatever its weights.
    layer.bias.data = torch.from_numpy(logits) - layer.weight.data[:, :, 0, 0] @ picture[0, :, 0, 0]
    gradients = []
    labels = classes + 1 if activation == "sigmoid" else classes
    for label in range(labels):
        layer.zero_grad()
        said = layer(picture)[:, :, 0, 0]
        if activation == "sigmoid":
            target = torch.zeros(1, classes, dtype=torch.float64)
            target[0, label : label + 1] = 1  # background leaves it all zero
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                said, target, reduction="sum"
            )
        else:
            loss = torch.nn.functional.cross_entropy(said, torch.tensor([label]))
        loss.backward()  # type: ignore[no-untyped-call]
        gradients.append(layer.weight.grad.numpy()[:, :, 0, 0].copy())
    return np.stack(gradients)


@BOTH
@pytest.mark.parametrize("classes", [1, 4])
def test_lengths_and_vectors_are_those_of_backward_passes(
    activation: Activation, classes: int
) -> None:
    rng = np.random.default_rng(classes)
    for _ in range(5):
        z, f = rng.normal(0, 2, classes), rng.normal(size=6)
        q = with_background(z)
        raw, p = (z, expit(z)) if activation == "sigmoid" else (np.append(z, 0.0), q)
        gradients = backward(raw, f, activation)
        lengths = np.sqrt((gradients**2).sum(axis=(1, 2)))
        norm = np.linalg.norm(f)
        expected = (q * lengths).sum()
        assert expected_gradient_length(p, norm, activation) == pytest.approx(expected)
        assert gradient_norm(p, norm, activation) == pytest.approx(lengths[q.argmax()])
        vector = badge_vectors(p[None], f[None], activation)
        np.testing.assert_allclose(vector[0], gradients[q.argmax()].ravel(), atol=1e-5)


def test_worked_example() -> None:
    # One class, p = 1/4: q = (1/4, 3/4), |p - 1| = 3/4, |p - 0| = 1/4.
    assert expected_gradient_length([0.25], 2.0) == pytest.approx(2 * (3 / 16 + 3 / 16))
    assert gradient_norm([0.25], 2.0) == pytest.approx(0.5)
    assert gradient_norm([0.75], 2.0) == pytest.approx(0.5)


@given(st.integers(1, 6), st.integers(0, 2**32))
def test_bounds_scale_and_order_of_classes(classes: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    p, norm = rng.uniform(0, 1, (5, classes)), rng.uniform(0, 4, 5)
    length = expected_gradient_length(p, norm)
    assert (length <= norm * np.sqrt(classes) + 1e-9).all()
    np.testing.assert_allclose(expected_gradient_length(p, 3 * norm), 3 * length)
    np.testing.assert_allclose(expected_gradient_length(p[:, ::-1], norm), length)
    q = from_scores(p)
    assert (expected_gradient_length(q, 1.0, "softmax") <= np.sqrt(2) + 1e-9).all()
    # Jensen: a mean of lengths is at most the root of the mean square.
    bound = np.sqrt((q[:, :-1] * (1 - 2 * p)).sum(1) + (p**2).sum(1))
    assert (expected_gradient_length(p, 1.0) <= bound + 1e-9).all()


def test_a_certain_answer_teaches_nothing() -> None:
    assert expected_gradient_length([0.0, 1.0], 5.0) == 0.0
    assert expected_gradient_length([0.0, 0.0], 5.0) == 0.0
    assert expected_gradient_length([0.0, 0.0, 1.0], 5.0, "softmax") == 0.0


@BOTH
@pytest.mark.parametrize(("classes", "k"), [(1, 8), (5, 8), (80, 8), (80, 3)])
def test_boxes_score_as_their_full_vectors(activation: Activation, classes: int, k: int) -> None:
    made = make([200, 0, 300], classes, k=k, activation=activation)
    q = with_background(made.logits)
    p = q if activation == "softmax" else expit(made.logits)
    norm = np.linalg.norm(made.boxes.features.astype(float), axis=1)  # type: ignore[union-attr]
    ours = box_gradient_length(made.boxes)
    assert ours.dtype == np.float32
    # Spreading odds evenly over the classes that were not kept costs more the fewer were kept.
    tolerance = {1: 5e-3, 5: 5e-3, 80: 0.02 if k == 8 else 0.06}[classes]
    np.testing.assert_allclose(ours, expected_gradient_length(p, norm, activation), rtol=tolerance)
    np.testing.assert_allclose(box_gradient_length(made.boxes, norm), ours, rtol=1e-5)
    np.testing.assert_allclose(
        box_gradient_norm(made.boxes), gradient_norm(p, norm, activation), rtol=5e-3, atol=5e-3
    )


@BOTH
@pytest.mark.parametrize(("classes", "k"), [(1, 1), (9, 3), (9, 9)])
def test_the_kernel_is_its_plain_twin(activation: Activation, classes: int, k: int) -> None:
    boxes = make([300], classes, k=k, activation=activation).boxes
    top, rest = boxes.top_logit.astype(np.float64), boxes.rest.astype(np.float64)
    others = classes - k
    spread = np.maximum(rest[:, :1], 0) * np.ones((1, others)) / max(others, 1)
    odds = np.hstack([np.exp(top), spread, np.ones((300, 1))])
    q = odds / odds.sum(1, keepdims=True)
    p = q if activation == "softmax" else np.hstack([odds[:, :-1] / (1 + odds[:, :-1])])
    known = np.hstack([p[:, :k], p[:, classes:]])
    square = (known**2).sum(1, keepdims=True) + rest[:, 3:]
    entry = p if activation == "softmax" else np.hstack([p, np.full((300, 1), 0.5)])
    expected = (q * np.sqrt(square - 2 * entry + 1)).sum(1)
    np.testing.assert_allclose(box_gradient_length(boxes, 1.0), expected, rtol=1e-5)
    likeliest = np.take_along_axis(entry, q.argmax(1)[:, None], 1)
    hard = np.sqrt(square - 2 * likeliest + 1)[:, 0]
    np.testing.assert_allclose(box_gradient_norm(boxes, 1.0), hard, rtol=1e-5)


def test_without_features_it_says_so_or_takes_lengths() -> None:
    boxes = boxes_of([3], np.zeros((3, 2)))
    with pytest.raises(UsageError, match="no box features"):
        box_gradient_length(boxes)
    assert (box_gradient_length(boxes, 1.0) > 0).all()
    assert box_gradient_length(make([0, 0], 2).boxes).shape == (0,)


def test_sketches_keep_inner_products() -> None:
    rng = np.random.default_rng(0)
    p, f = rng.uniform(0, 1, (40, 30)), rng.normal(size=(40, 50))
    vectors = badge_vectors(p, f)
    exact = vectors @ vectors.T
    lengths = np.sqrt(np.outer(np.diag(exact), np.diag(exact)))
    errors = []
    for seed in range(8):
        sketch = badge_sketch(p, f, dim=512, seed=seed)
        assert sketch.shape == (40, 512)
        errors.append((sketch @ sketch.T - exact) / lengths)
    off = ~np.eye(40, dtype=bool)
    assert np.std(np.stack(errors)[:, off]) < np.sqrt(8 / 512)
    assert abs(np.mean(errors)) < 0.02
    np.testing.assert_array_equal(badge_sketch(p, f, seed=3), badge_sketch(p, f, seed=3))


def test_the_sketch_of_a_picture_is_the_sum_over_its_boxes() -> None:
    rng = np.random.default_rng(0)
    p, f = rng.uniform(0, 1, (2, 3)), rng.normal(size=(2, 4))
    whole = badge_sketch(p, f).sum(0)
    parts = [badge_sketch(p[i : i + 1], f[i : i + 1])[0] for i in range(2)]
    np.testing.assert_allclose(whole, np.sum(parts, axis=0), rtol=1e-5, atol=1e-6)


def test_what_is_refused() -> None:
    with pytest.raises(UsageError, match="with_background"):
        expected_gradient_length([3.0], 1.0)
    with pytest.raises(UsageError, match="sum to one"):
        expected_gradient_length([0.9, 0.9], 1.0, "softmax")
    for norm in (-1.0, np.nan):
        with pytest.raises(UsageError, match="lengths of features"):
            expected_gradient_length([0.5], norm)
    for features in (np.zeros((3, 4)), np.zeros(2)):
        with pytest.raises(UsageError, match="row for each box"):
            badge_vectors(np.full((2, 3), 0.5), features)
    with pytest.raises(UsageError, match="width"):
        badge_sketch([[0.5]], [[1.0]], dim=0)
