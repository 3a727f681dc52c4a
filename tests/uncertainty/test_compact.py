"""Few numbers for many logits: what can be computed from them is what the full vector gives."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import entr, expit, softmax

from framesel.errors import UsageError
from framesel.uncertainty import dense, full_logits, with_background
from framesel.uncertainty.compact import LOGIT_LIMIT, compact

from .boxes import boxes_of, make

Activation = Literal["sigmoid", "softmax"]
BOTH = pytest.mark.parametrize("activation", ["sigmoid", "softmax"])


def test_worked_example() -> None:
    top_class, top_logit, rest = compact([[0.0, 2.0, -1.0, 1.0]], 2, "sigmoid")
    assert top_class.tolist() == [[1, 3]]
    assert top_logit.tolist() == [[2.0, 1.0]]
    odds = [1.0, np.exp(-1)]
    p = [0.5, expit(-1)]
    binary = sum(-x * np.log(x) - (1 - x) * np.log(1 - x) for x in p)
    expected = [sum(odds), -np.exp(-1), binary, p[0] ** 2 + p[1] ** 2]
    np.testing.assert_allclose(rest[0], expected, rtol=1e-6)
    assert (top_class.dtype, top_logit.dtype, rest.dtype) == (np.uint16, np.float16, np.float32)


def test_the_rest_of_a_softmax_is_of_its_own_probabilities() -> None:
    z = np.array([[0.0, 2.0, -1.0, 1.0]])
    q = softmax([0.0, 2.0, -1.0, 1.0, 0.0])
    _, _, rest = compact(z, 2, "softmax")
    binary = sum(-x * np.log(x) - (1 - x) * np.log(1 - x) for x in q[[0, 2]])
    np.testing.assert_allclose(rest[0, 2:], [binary, q[0] ** 2 + q[2] ** 2], rtol=1e-6)


def twin(z: np.ndarray, k: int, activation: Activation) -> tuple[np.ndarray, ...]:
    """What the kernels compute, in plain numpy."""

    def sums(z: np.ndarray, p: np.ndarray) -> np.ndarray:
        odds = np.exp(z)
        both = entr(p) + entr(1 - p)
        return np.stack([odds.sum(1), (odds * z).sum(1), both.sum(1)], axis=1)

    order = np.argsort(-z, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(z, order[:, :1], axis=1)
    moved = z + np.where(best > 0, best.astype(np.float16) - best, 0)
    kept = np.take_along_axis(moved, order, axis=1).astype(np.float16)
    stored = kept.astype(np.float64)
    if activation == "sigmoid":
        of_all, of_kept = expit(z), expit(stored)
    else:
        of_all = np.exp(z) / (1 + np.exp(z).sum(axis=1, keepdims=True))
        of_kept = np.exp(stored) / (1 + np.exp(moved).sum(axis=1, keepdims=True))
    rest = sums(moved, of_all) - sums(stored, of_kept)
    np.put_along_axis(of_all, order, 0.0, axis=1)
    return order, kept, np.column_stack([rest, (of_all**2).sum(axis=1)])


@BOTH
@pytest.mark.parametrize(("classes", "k"), [(1, 1), (7, 3), (80, 8), (5, 9)])
def test_the_kernels_are_their_plain_twin(activation: Activation, classes: int, k: int) -> None:
    z = np.random.default_rng(classes).normal(-1, 4, (300, classes)).round(1)  # with ties
    expected = twin(z, k, activation)
    top_class, top_logit, rest = compact(z, k, activation)
    np.testing.assert_array_equal(top_class, expected[0])
    np.testing.assert_array_equal(top_logit, expected[1])
    scale = np.maximum(np.exp(z.max(axis=1, keepdims=True)), 1)
    np.testing.assert_allclose(rest / scale, expected[2] / scale, rtol=1e-5, atol=1e-12)


@pytest.mark.parametrize("k", [1, 3, 5, 9])
def test_k_is_cut_to_the_classes_and_ties_go_to_the_lower_class(k: int) -> None:
    top_class, top_logit, rest = compact(np.ones((4, 5)), k, "sigmoid")
    kept = min(k, 5)
    assert top_class.tolist() == [list(range(kept))] * 4
    assert top_logit.shape == (4, kept)
    np.testing.assert_allclose(rest[:, 0], (5 - kept) * np.e, rtol=1e-6)


@BOTH
@pytest.mark.parametrize(("classes", "k"), [(80, 8), (80, 2), (4, 8), (1, 8), (400, 16)])
@pytest.mark.parametrize("spread", [1.0, 4.0])
def test_entropy_is_within_a_thousandth(
    activation: Activation, classes: int, k: int, spread: float
) -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(rng.uniform(-6, 4, (5000, 1)), spread, (5000, classes))
    exact = entr(with_background(z)).sum(axis=1)
    _, top, rest = compact(z, k, activation)
    top = top.astype(np.float64)
    total = 1 + np.exp(top).sum(1) + rest[:, 0]
    ours = np.log(total) - ((top * np.exp(top)).sum(1) + rest[:, 1]) / total
    assert np.abs(ours - exact).max() < 1e-3


def test_distances_to_the_best_logit_survive_the_rounding() -> None:
    z = np.random.default_rng(0).uniform(8, 12, (2000, 2))
    _, top, _ = compact(z, 2, "softmax")
    distance = top[:, 0].astype(np.float64) - top[:, 1]
    apart = np.abs(distance - np.abs(z[:, 0] - z[:, 1]))
    # rounding each for itself would reach twice the half spacing of float16 at 8 to 16
    assert apart.max() <= 2.0**-8 + 1e-12


@BOTH
def test_dense_is_exact_for_what_was_kept(activation: Activation) -> None:
    made = make([50, 0, 30], 20, k=6, activation=activation)
    q, full = dense(made.boxes), with_background(made.logits)
    assert q.shape == (80, 21)
    assert q.dtype == np.float32
    np.testing.assert_allclose(q.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(q[:, -1], full[:, -1], atol=2e-3)
    kept = made.boxes.top_class.astype(int)
    np.testing.assert_allclose(
        np.take_along_axis(q, kept, 1), np.take_along_axis(full, kept, 1), atol=2e-3
    )
    others = np.ones((80, 21), bool)
    np.put_along_axis(others, kept, False, axis=1)
    others[:, -1] = False
    spread = q[others].reshape(80, 14)
    assert np.ptp(spread, axis=1).max() == 0.0
    np.testing.assert_allclose(spread.sum(1), (full[:, :-1] * others[:, :-1]).sum(1), atol=2e-3)


def test_dense_with_all_classes_kept_is_everything() -> None:
    made = make([40], 3, k=8)
    np.testing.assert_allclose(dense(made.boxes), with_background(made.logits), atol=2e-3)


@given(st.floats(-1e300, 1e300), st.integers(1, 4))
def test_no_logit_is_too_large(value: float, k: int) -> None:
    for activation in ("sigmoid", "softmax"):
        boxes = boxes_of([1], np.array([[value, -value, 0.0, value]]), k, activation)
        assert np.isfinite(boxes.rest).all()
        assert np.abs(boxes.top_logit).max() <= LOGIT_LIMIT + 0.1
        np.testing.assert_allclose(dense(boxes).sum(), 1.0, atol=1e-6)
        assert 0.0 <= boxes.confidence()[0] <= 1.0


def test_infinite_logits_and_no_boxes() -> None:
    _, top, rest = compact([[np.inf, -np.inf]], 1, "softmax")
    assert top[0, 0] == LOGIT_LIMIT
    assert rest[0, 0] == pytest.approx(0.0, abs=1e-29)
    top_class, top, rest = compact(np.zeros((0, 9)), 4, "sigmoid")
    assert (top_class.shape, top.shape, rest.shape) == ((0, 4), (0, 4), (0, 4))
    assert dense(make([0, 0], 9).boxes).shape == (0, 10)


def test_full_logits_come_back_from_features() -> None:
    made = make([7, 0, 20], 5)
    logits = full_logits(made.boxes, made.weight, made.bias)
    assert logits.dtype == np.float32
    np.testing.assert_allclose(logits, made.logits, rtol=1e-5, atol=1e-5)


def test_full_logits_say_what_is_missing() -> None:
    made = make([7], 5)
    plain = boxes_of([7], made.logits)
    with pytest.raises(UsageError, match=r"no box features.*\.pt"):
        full_logits(plain, made.weight, made.bias)
    with pytest.raises(UsageError, match="another detector"):
        full_logits(made.boxes, made.weight[:, :, 1:], made.bias)
    with pytest.raises(UsageError, match="another detector"):
        full_logits(made.boxes, made.weight, made.bias[:, 1:])
    with pytest.raises(UsageError, match="head"):
        full_logits(made.boxes, made.weight[:1], made.bias[:1])


@pytest.mark.parametrize(
    ("logits", "k", "word"),
    [
        ([[np.nan, 1.0]], 1, "nan"),
        (np.zeros((3, 0)), 1, "classes"),
        (np.zeros(3), 1, "shape"),
        ([[1.0]], 0, "at least one"),
    ],
)
def test_what_is_refused(logits: object, k: int, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        compact(logits, k, "sigmoid")  # type: ignore[arg-type]
