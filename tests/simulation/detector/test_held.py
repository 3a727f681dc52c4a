"""Frames that are shown again."""

import numpy as np

from framesel.simulation.detector.held import NOISE, SHAKE_PX, shown_again
from framesel.simulation.detector.material import truth_of


def test_labels_move_exactly_as_the_picture_does() -> None:
    image = np.full((48, 64, 3), 90, np.uint8)
    image[20:30, 12:26] = 200
    truth = truth_of(1, np.zeros(1, np.int64), np.zeros(1, np.int64), np.array([[12, 20, 26, 30]]))
    moves = set()
    for nth in range(1, 60):
        shown, boxes = shown_again(image, truth, (3, 15, nth))
        # What is bright is the object: its first and last row and column are the box.
        ys, xs = np.nonzero(shown.mean(axis=2) > 145)
        assert (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1) == tuple(boxes.xyxy[0])
        moves.add((int(boxes.xyxy[0, 0]) - 12, int(boxes.xyxy[0, 1]) - 20))
        assert abs(shown[5:15, 40:60].astype(float).std() - NOISE) < 0.6
    assert (0, 0) not in moves
    assert len(moves) > 15
    assert max(max(abs(x), abs(y)) for x, y in moves) == SHAKE_PX


def test_a_box_that_leaves_the_picture_is_cut_or_dropped() -> None:
    image = np.full((48, 64, 3), 90, np.uint8)
    xyxy = np.array([[0, 10, 1, 20], [50, 10, 64, 20]], np.float32)
    truth = truth_of(1, np.zeros(2, np.int64), np.arange(2), xyxy)
    numbers = set()
    for nth in range(1, 40):
        _, boxes = shown_again(image, truth, (0, 0, nth))
        assert boxes.xyxy.min() >= 0
        assert (boxes.xyxy[:, 2] <= 64).all()
        numbers.add(len(boxes.xyxy))
    assert numbers == {1, 2}


def test_the_same_showing_is_the_same_and_no_two_are() -> None:
    image = np.random.default_rng(0).integers(0, 256, (48, 64, 3)).astype(np.uint8)
    truth = truth_of(1, np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 4), np.float32))
    once, again = (shown_again(image, truth, (1, 2, 3))[0] for _ in range(2))
    assert np.array_equal(once, again)
    assert not np.array_equal(once, shown_again(image, truth, (1, 2, 4))[0])
