"""Two detectors without labels: F1 agreement by a plain count, kappa by scikit-learn."""

import warnings
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from framesel.errors import UsageError
from framesel.evaluation.agreement import agreement, cohen_kappa
from framesel.evaluation.boxes import Found
from tests.evaluation.scenes import offsets, scene


def plain_iou(a: np.ndarray, b: np.ndarray) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    both = max(width, 0.0) * max(height, 0.0)
    areas = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1])
    return both / (areas - both)


def best_pairing(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    """The greatest sum of overlaps, by trying all pairings."""
    if len(one) > len(other):
        one, other = other, one
    sums = []
    for order in permutations(range(len(other)), len(one)):
        shares = [plain_iou(a, other[at]) for a, at in zip(one, order, strict=True)]
        sums.append(sum(share for share in shares if share >= 0.5))
    return max(sums, default=0.0)


@given(seed=st.integers(0, 10**6))
def test_sums_of_overlaps_are_the_best_there_are(seed: int) -> None:
    one = scene(seed, pictures=4).found
    rng = np.random.default_rng(seed)
    moved = one.xyxy + rng.integers(-6, 7, one.xyxy.shape).astype(np.float32) / 4
    other = Found(one.offsets, moved, one.class_no, rng.permutation(one.conf))
    told = agreement(one, other, 3, confidence=0.4)
    for picture in range(4):
        expected = 0.0
        for number in range(3):
            rows = np.arange(one.offsets[picture], one.offsets[picture + 1])
            rows = rows[one.class_no[rows] == number]
            expected += best_pairing(
                [one.xyxy[row].astype(float) for row in rows if one.conf[row] >= 0.4],
                [other.xyxy[row].astype(float) for row in rows if other.conf[row] >= 0.4],
            )
        assert told.overlap[picture] == pytest.approx(expected)
    back = agreement(other, one, 3, confidence=0.4)
    np.testing.assert_array_equal(back.matched, told.matched)
    assert back.kappa == pytest.approx(told.kappa, nan_ok=True)


def test_a_worked_example() -> None:
    square, beside = [0, 0, 10, 10], [50, 50, 60, 60]
    one = Found(
        offsets([2, 0, 1]),
        np.array([square, beside, square], np.float32),
        np.array([0, 1, 0]),
        np.array([0.9, 0.9, 0.1], np.float32),  # the last is not asserted
    )
    other = Found(
        offsets([2, 0, 1]),
        np.array([[0, 0, 10, 8], beside, square], np.float32),
        np.array([0, 0, 0]),  # the second has another class
        np.array([0.5, 0.5, 0.5], np.float32),
    )
    told = agreement(one, other, 2)
    assert told.matched.tolist() == [1, 0, 0]
    assert told.by_picture.tolist() == [0.5, 1.0, 0.0]
    assert told.f1 == pytest.approx(2 / 5)
    assert told.mean_iou == pytest.approx(0.8)
    assert told.kappa == pytest.approx(cohen_kappa_score([1, 1, 0, 0, 0, 0], [1, 0, 0, 0, 1, 0]))
    assert told.kappa_by_class[0] == pytest.approx(cohen_kappa_score([1, 0, 0], [1, 0, 1]))


def test_a_detector_agrees_with_itself() -> None:
    found = scene(9).found
    told = agreement(found, found, 3)
    assert (told.f1, told.mean_iou, told.kappa) == (1.0, 1.0, 1.0)
    assert told.by_picture.tolist() == [1.0] * 12


def test_two_blind_detectors_tell_nothing() -> None:
    blind = scene(9).found
    blind = Found(blind.offsets, blind.xyxy, blind.class_no, np.zeros_like(blind.conf))
    told = agreement(blind, blind, 3)
    assert np.isnan([told.f1, told.mean_iou, told.kappa]).all()
    with pytest.raises(UsageError, match="of 12 and of 1 pictures"):
        agreement(blind, Found(offsets([0]), *(np.zeros((0, 4)), *np.zeros((2, 0)))), 3)


@given(answers=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_kappa_is_that_of_scikit_learn(answers: list[tuple[bool, bool]]) -> None:
    one, other = np.array(answers, np.bool_).T
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where kappa is not defined
        expected = cohen_kappa_score(one, other)
    assert cohen_kappa(one, other) == pytest.approx(expected, nan_ok=True)


def test_no_answers_no_kappa() -> None:
    assert np.isnan(cohen_kappa(np.zeros(0, np.bool_), np.zeros(0, np.bool_)))
