"""Misses and false boxes, as COCO's evaluation counts them."""

import numpy as np
import pytest

from framesel.errors import UsageError
from framesel.uncertainty.frame_errors import FrameErrors, frame_errors

Row = tuple[tuple[float, float, float, float], int, float]


def errors(boxes: list[list[Row]], truth: list[list[Row]], **settings: float) -> FrameErrors:
    def columns(frames: list[list[Row]]) -> tuple[np.ndarray, ...]:
        rows = [row for frame in frames for row in frame]
        return (
            np.array([r[0] for r in rows], np.float32).reshape(-1, 4),
            np.array([r[1] for r in rows], np.int64),
            np.array([r[2] for r in rows], np.float32),
            np.concatenate([[0], np.cumsum([len(f) for f in frames])]),
        )

    xyxy, class_no, confidence, offsets = columns(boxes)
    truth_xyxy, truth_class, _, truth_offsets = columns(truth)
    return frame_errors(
        xyxy, class_no, confidence, offsets, truth_xyxy, truth_class, truth_offsets, **settings
    )


HERE, THERE = (0.0, 0.0, 10.0, 10.0), (50.0, 50.0, 60.0, 60.0)


def counts(found: FrameErrors) -> list[tuple[int, int]]:
    return list(zip(found.missed.tolist(), found.false.tolist(), strict=True))


def test_the_four_cases() -> None:
    boxes = [[(HERE, 0, 0.9)], [], [(THERE, 0, 0.9)], []]
    truth = [[(HERE, 0, 1)], [(HERE, 0, 1)], [], []]
    found = errors(boxes, truth)
    assert counts(found) == [(0, 0), (1, 0), (0, 1), (0, 0)]
    assert found.any.tolist() == [False, True, True, False]


def test_a_wrong_class_is_a_miss_and_a_false_box() -> None:
    boxes, truth = [[(HERE, 1, 0.9)]], [[(HERE, 0, 1)]]
    assert counts(errors(boxes, truth)) == [(1, 1)]
    assert counts(errors(boxes, truth, class_aware=False)) == [(0, 0)]


def test_a_second_box_on_an_object_is_false() -> None:
    boxes = [[(HERE, 0, 0.5), (HERE, 0, 0.9)]]
    assert counts(errors(boxes, [[(HERE, 0, 1)]])) == [(0, 1)]


def test_boxes_that_are_not_confident_do_not_count() -> None:
    boxes, truth = [[(HERE, 0, 0.2)]], [[(HERE, 0, 1)]]
    assert counts(errors(boxes, truth)) == [(1, 0)]
    assert counts(errors(boxes, truth, confident=0.2)) == [(0, 0)]


def test_an_overlap_of_exactly_the_threshold_is_a_hit() -> None:
    half = (0.0, 0.0, 10.0, 5.0)
    assert counts(errors([[(half, 0, 0.9)]], [[(HERE, 0, 1)]])) == [(0, 0)]
    assert counts(errors([[(half, 0, 0.9)]], [[(HERE, 0, 1)]], least_iou=0.51)) == [(1, 1)]


def test_the_more_confident_box_chooses_first() -> None:
    # The sure one takes the label that it overlaps most (A); the other has only A: COCO's greedy
    # rule counts it false, where the best pairing would give both a label.
    a, b = (0.0, 0.0, 10.0, 10.0), (4.0, 0.0, 14.0, 10.0)
    sure, unsure = (1.0, 0.0, 11.0, 10.0), (-3.0, 0.0, 7.0, 10.0)
    truth = [[(a, 0, 1), (b, 0, 1)]]
    assert counts(errors([[(unsure, 0, 0.5), (sure, 0, 0.9)]], truth)) == [(1, 1)]
    assert counts(errors([[(unsure, 0, 0.9), (sure, 0, 0.5)]], truth)) == [(0, 0)]


def test_counts_hold_whatever_the_order_of_the_boxes() -> None:
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 60, (40, 2))
    rows = [((x, y, x + 20, y + 20), int(c), float(s)) for (x, y), c, s in
            zip(corner, rng.integers(0, 2, 40), rng.permutation(40) / 40, strict=True)]  # fmt: skip
    first = errors([rows[:25]], [rows[25:]])
    again = errors([rows[:25][::-1]], [rows[25:][::-1]])
    assert counts(first) == counts(again)
    assert first.missed[0] - first.false[0] == 15 - sum(r[2] >= 0.25 for r in rows[:25])


def test_it_agrees_with_a_loop_over_plain_numbers() -> None:
    rng = np.random.default_rng(3)
    for _ in range(50):
        overlap_rows = rng.uniform(0, 30, (6, 2))
        boxes = [((x, y, x + 20, y + 20), 0, float(s)) for (x, y), s in
                 zip(overlap_rows, rng.uniform(0.3, 1, 6), strict=True)]  # fmt: skip
        truth = [((x, y, x + 20, y + 20), 0, 1.0) for x, y in rng.uniform(0, 30, (4, 2))]
        assert counts(errors([boxes], [truth])) == [plain(boxes, truth)]


def plain(boxes: list[Row], truth: list[Row]) -> tuple[int, int]:
    """The rule as a loop over Python numbers."""

    def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
        w = min(a[2], b[2]) - max(a[0], b[0])
        h = min(a[3], b[3]) - max(a[1], b[1])
        both = max(w, 0) * max(h, 0)
        return both / (800 - both)

    free, false = dict(enumerate(truth)), 0
    for box in sorted(boxes, key=lambda b: -b[2]):
        best = max(free, key=lambda t: overlap(box[0], free[t][0]), default=None)
        if best is not None and overlap(box[0], free[best][0]) >= 0.5:
            del free[best]
        else:
            false += 1
    return len(free), false


def test_no_frames_and_columns_that_do_not_fit() -> None:
    assert counts(errors([], [])) == []
    with pytest.raises(UsageError, match="same frames"):
        errors([[]], [[], []])
    empty = np.zeros((0, 4)), np.zeros(0), np.zeros(0)
    with pytest.raises(UsageError, match="speak of 2 boxes"):
        frame_errors(*empty, np.array([0, 2]), empty[0], empty[1], np.array([0, 0]))
    with pytest.raises(UsageError, match="must rise"):
        frame_errors(*empty, np.array([1, 0]), empty[0], empty[1], np.array([0, 0]))
