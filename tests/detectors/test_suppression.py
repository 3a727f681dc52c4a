"""Suppression against torchvision's, and its decoding against a worked example."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torchvision.ops import nms

from framesel.detectors.suppression import suppress
from framesel.detectors.yolo_boxes import FAINT_FROM, Rows, Rule, decode, detections_of


def boxes(rng: np.random.Generator, count: int) -> np.ndarray:
    corner = rng.uniform(0, 60, (count, 2))
    return np.concatenate([corner, corner + rng.uniform(0, 40, (count, 2))], axis=1).astype("f4")


@given(
    seed=st.integers(0, 10_000),
    count=st.integers(0, 60),
    iou=st.floats(0, 1),
    most=st.integers(0, 70),
)
def test_keeps_what_torchvision_keeps(seed: int, count: int, iou: float, most: int) -> None:
    rng = np.random.default_rng(seed)
    xyxy, score = boxes(rng, count), rng.integers(0, 9, count).astype("f4")
    kept = suppress(xyxy, score, np.zeros(count, np.int64), iou, most)
    theirs = nms(torch.from_numpy(xyxy), torch.from_numpy(score), iou).numpy()
    assert kept.tolist() == theirs[:most].tolist()


@given(seed=st.integers(0, 10_000), count=st.integers(1, 40))
def test_classes_do_not_compete(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    xyxy, score = boxes(rng, count), rng.random(count).astype("f4")
    class_no = rng.integers(0, 3, count)
    kept = set(suppress(xyxy, score, class_no, 0.4, count).tolist())
    for number in range(3):
        rows = np.flatnonzero(class_no == number)
        alone = suppress(xyxy[rows], score[rows], class_no[rows], 0.4, count)
        assert kept & set(rows.tolist()) == set(rows[alone].tolist())


def test_box_at_the_threshold_stays() -> None:
    """Two of three thirds in common: an IoU of one half is not more than one half."""
    xyxy = np.array([[0, 0, 30, 10], [10, 0, 40, 10]], np.float32)
    score, class_no = np.array([0.9, 0.8], np.float32), np.zeros(2, np.int64)
    assert suppress(xyxy, score, class_no, 0.5, 9).tolist() == [0, 1]
    assert suppress(xyxy, score, class_no, 0.49, 9).tolist() == [0]


def rows_of(logits: list[list[float]], sides: list[list[float]], bins: int = 1) -> Rows:
    count = len(logits)
    return Rows(
        level=np.zeros(count, np.int8),
        centre=np.array([[4.5, 2.5]] * count, np.float32),
        logits=np.array(logits, np.float32),
        sides=np.array(sides, np.float32).reshape(count, 4 * bins),
        features=None,
        peak=float(np.max(logits)),
    )


def test_decoding_a_worked_example() -> None:
    """A cell at (4.5, 2.5), stride 8: half of one and half of three cells is two cells."""
    rows = rows_of([[0.0]], [[-99, 0, -99, 0] * 4], bins=4)
    rule = Rule((8,), (0.0, 1.0, 2.0, 3.0), 0.05, 0.7, 9)
    assert decode(rows, rule) == pytest.approx(np.array([[20.0, 4.0, 52.0, 36.0]]))
    plain = rows_of([[0.0]], [[1.0, 2.0, 0.5, 1.0]])
    assert decode(plain, Rule((8,), (), 0.05, 0.7, 9)) == pytest.approx(
        np.array([[28.0, 4.0, 40.0, 28.0]])
    )


def test_faint_boxes_count_once_and_not_under_a_kept_one() -> None:
    """One kept; one faint under it; two faint elsewhere that overlap; one of another class."""
    here, there = [1.0, 1.0, 1.0, 1.0], [-5.0, 1.0, 8.0, 1.0]
    sure, weak, weaker, gone = 2.0, -3.5, -4.0, -6.0
    rows = rows_of(
        [[sure, -9], [weak, -9], [weak, -9], [weaker, -9], [-9, weak], [gone, -9]],
        [here, here, there, there, there, [-5.0, 1.0, 3.0, 1.0]],
    )
    one = detections_of(rows, Rule((8,), (), 0.05, 0.7, 9))
    p = 1 / (1 + np.exp(-weak))
    assert len(one) == 1
    assert one.faint == pytest.approx(2 * p)
    assert 1 / (1 + np.exp(-gone)) < FAINT_FROM
    freely = detections_of(rows, Rule((8,), (), 0.05, None, 9))
    assert freely.faint == pytest.approx(3 * p + 1 / (1 + np.exp(-weaker)))


def test_floor_lets_faint_rows_through() -> None:
    for conf in (0.0001, 0.05, 0.9):
        floor = Rule((8,), (), conf, 0.7, 9).floor()
        least = min(conf, FAINT_FROM)
        assert 1 / (1 + np.exp(-floor)) == pytest.approx(least, rel=0.02)
        assert 1 / (1 + np.exp(-floor)) < least
    assert Rule((8,), (), 0.0, 0.7, 9).floor() == -np.inf
