"""Boxes of a picture against boxes of its edited views."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon

from framesel.errors import UsageError
from framesel.uncertainty.compact import compact, dense
from framesel.uncertainty.consistency import inconsistency
from framesel.uncertainty.matching import iou, match
from framesel.uncertainty.similarity import change, class_change, divergence

from .structures import at, boxes

ROWS = st.integers(1, 6).flatmap(
    lambda c: st.integers(0, 2**32 - 1).map(
        lambda seed: np.random.default_rng(seed).dirichlet(np.full(c, 0.3), (2, 4))
    )
)


@given(ROWS)
def test_divergence_is_scipys(pair: np.ndarray) -> None:
    p, q = pair
    expected = [jensenshannon(a, b, base=2) ** 2 for a, b in zip(p, q, strict=True)]
    np.testing.assert_allclose(divergence(p, q), np.nan_to_num(expected), atol=1e-7)
    np.testing.assert_allclose(divergence(p, q), divergence(q, p), atol=1e-12)
    np.testing.assert_allclose(divergence(p, p), 0, atol=1e-12)


def test_divergence_of_the_extremes() -> None:
    assert divergence([1, 0], [0, 1]) == 1
    assert divergence([0.5, 0.5], [0.5, 0.5]) == 0


@pytest.mark.parametrize("k", [1, 2, 5, 7])
def test_the_loop_over_stored_classes_is_the_full_sum(k: int) -> None:
    rng = np.random.default_rng(2)
    logits = rng.normal(0, 3, (40, 7))
    top_class, top_logit, rest = compact(logits, k, "sigmoid")
    found = replace(
        boxes([[(at(i), np.full(7, 0.5)) for i in range(40)]], classes=7),
        top_class=top_class,
        top_logit=top_logit.astype(np.float32),
        rest=rest,
    )
    rows, others = rng.integers(0, 40, 60), rng.integers(0, 40, 60)
    q = dense(found)[rows].astype(float), dense(found)[others].astype(float)
    np.testing.assert_allclose(change(found, rows, found, others), divergence(*q), atol=1e-6)
    given = [x[:, :-1] / x[:, :-1].sum(axis=1, keepdims=True) for x in q]
    there = np.minimum(1 - q[0][:, -1], 1 - q[1][:, -1])
    expected = there * divergence(*given)
    np.testing.assert_allclose(class_change(found, rows, others), expected, atol=1e-6)


@given(st.integers(0, 2**32 - 1), st.sampled_from((0.05, 0.4)))
def test_partners_are_those_of_each_picture_alone(seed: int, least_iou: float) -> None:
    rng = np.random.default_rng(seed)
    one, two = (
        boxes([[(at(*rng.uniform(0, 40, 2)), (0.5, 0.1)) for _ in range(count)]
               for count in rng.integers(0, 6, 4)])
        for _ in range(2)
    )  # fmt: skip
    values, offsets = inconsistency(one, two, least_iou=least_iou)
    for picture in range(4):
        rows = np.arange(one.offsets[picture], one.offsets[picture + 1])
        others = np.arange(two.offsets[picture], two.offsets[picture + 1])
        pairs = match(one.xyxy[rows], two.xyxy[others], least_iou)
        here = values[offsets[picture] : offsets[picture + 1]]
        assert len(here) == len(rows) + len(others) - len(pairs)
        # Equal distributions, so that a pair's value is what its overlap leaves.
        left = np.full(len(here), 0.5)
        shares = iou(one.xyxy[rows], two.xyxy[others])[pairs[:, 0], pairs[:, 1]]
        left[pairs[:, 0]] = 0.5 * (1 - shares)
        np.testing.assert_allclose(here, left, atol=1e-6)


def test_one_class_has_no_class_to_change() -> None:
    found = boxes([[(at(0), (0.9,)), (at(0), (0.2,))]], classes=1)
    assert class_change(found, np.array([0]), np.array([1])) == pytest.approx(0)


def test_the_same_boxes_are_consistent() -> None:
    found = boxes([[(at(0), (0.9, 0.1)), (at(50), (0.2, 0.3))], [], [(at(9), (0.5, 0.5))]])
    values, offsets = inconsistency(found, found)
    assert offsets.tolist() == [0, 2, 2, 3]
    np.testing.assert_allclose(values, 0, atol=1e-6)


def test_a_matched_pair_of_a_worked_example() -> None:
    a, b = (0.8, 0.1), (0.3, 0.4)
    values, _ = inconsistency(boxes([[(at(0), a)]]), boxes([[(at(5), b)]]))

    def q(p: tuple[float, ...]) -> np.ndarray:
        odds = np.array([x / (1 - x) for x in p] + [1.0])
        return odds / odds.sum()

    same = 1 - jensenshannon(q(a), q(b), base=2) ** 2
    assert values[0] == pytest.approx(0.8 * (1 - 0.6 * same), rel=1e-5)


def test_who_is_alone_counts_with_its_confidence() -> None:
    mine = boxes([[(at(0), (0.9, 0.1))], [(at(0), (0.6, 0.1))]])
    other = boxes([[(at(100), (0.3, 0.2))], []])
    values, offsets = inconsistency(mine, other)
    assert offsets.tolist() == [0, 2, 3]
    np.testing.assert_allclose(values, [0.9, 0.3, 0.6], rtol=1e-5)


def test_what_the_view_cannot_show_does_not_count() -> None:
    mine = boxes([[(at(0), (0.9, 0.1)), (at(60), (0.7, 0.1))], [(at(0), (0.8, 0.1))]])
    nothing = boxes([[], []])
    values, offsets = inconsistency(mine, nothing, np.array([False, True, False]))
    assert offsets.tolist() == [0, 1, 1]
    np.testing.assert_allclose(values, [0.7], rtol=1e-5)


@given(st.integers(0, 2**32 - 1))
def test_bounds_and_symmetry(seed: int) -> None:
    rng = np.random.default_rng(seed)
    one, two = (
        boxes(
            [
                [(at(*rng.uniform(0, 40, 2)), rng.uniform(0.05, 0.95, 2)) for _ in range(count)]
                for count in rng.integers(0, 6, 3)
            ]
        )
        for _ in range(2)
    )
    there, offsets = inconsistency(one, two, least_iou=0.2)
    back, same = inconsistency(two, one, least_iou=0.2)
    assert ((there >= 0) & (there <= 1)).all()
    assert np.array_equal(offsets, same)
    for i in range(3):
        part = slice(offsets[i], offsets[i + 1])
        np.testing.assert_allclose(np.sort(there[part]), np.sort(back[part]), atol=1e-6)


def test_nonsense_is_refused() -> None:
    one = boxes([[(at(0), (0.9, 0.1))]])
    with pytest.raises(UsageError, match="edited views"):
        inconsistency(one, boxes([[], []]))
    with pytest.raises(UsageError, match="visible"):
        inconsistency(one, one, np.ones(2, bool))
    with pytest.raises(UsageError, match="same detector"):
        inconsistency(one, replace(one, classes=("cat", "dog")))
