"""Revival: a near-duplicate in which the detector sees something else is a frame of its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.selection.duplicates.revive import Sightings, revive

Box = tuple[int, float, float, float, float]  # class, confidence, x, y, size


def seen(*frames: list[Box]) -> Sightings:
    """Square boxes by class, confidence, centre and size."""
    boxes = np.array([box for frame in frames for box in frame], np.float32).reshape(-1, 5)
    centre, half = boxes[:, 2:4], boxes[:, 4:] / 2
    offsets = np.concatenate([[0], np.cumsum([len(frame) for frame in frames])])
    return Sightings(
        offsets.astype(np.int64),
        np.concatenate([centre - half, centre + half], axis=1),
        boxes[:, 0].astype(np.int32),
        boxes[:, 1],
    )


CAR: Box = (1, 0.8, 50, 50, 20)


@pytest.mark.parametrize(
    ("frame", "agrees"),
    [
        ([CAR], True),
        ([(1, 0.8, 100, 50, 20)], True),  # it drove on: 50 px are less than 3 diagonals
        ([(1, 0.1, 52, 50, 20)], True),  # it flickers under the threshold
        ([CAR, (0, 0.2, 10, 10, 5)], True),  # a doubtful box is no object
        ([], False),  # it is gone
        ([(2, 0.8, 50, 50, 20)], False),  # another class
        ([CAR, CAR], False),  # another number
        ([CAR, (0, 0.3, 10, 10, 5)], False),  # something new, just confident enough
        ([(1, 0.8, 300, 50, 20)], False),  # too far away to be the same
        ([(1, 0.8, 50, 50, 60)], False),  # nine times as large
    ],
)
def test_what_counts_as_the_same(frame: list[Box], agrees: bool) -> None:
    found = revive(np.array([0, 0]), seen([CAR], frame))
    assert (found[1] == 0) == agrees
    turned = revive(np.array([1, 1]), seen(frame, [CAR]))
    assert (turned[0] == 1) == agrees


def test_a_revived_frame_stands_for_those_that_agree_with_it() -> None:
    empty: list[Box] = []
    bird: list[Box] = [(0, 0.9, 5, 5, 4)]
    keeper = np.array([0, 0, 0, 0, 0, 5, 5, -1])
    found = revive(keeper, seen(empty, [CAR], empty, [CAR], bird, empty, [CAR], [CAR]))
    assert found.tolist() == [0, 1, 0, 1, 4, 5, 6, -1]


def test_thresholds_are_those_that_were_asked_for() -> None:
    pair = seen([CAR], [(1, 0.8, 75, 50, 20)])
    assert revive(np.array([0, 0]), pair, reach=0.5).tolist() == [0, 1]
    assert revive(np.array([0, 0]), pair, reach=1.0).tolist() == [0, 0]
    faint = seen([], [(1, 0.25, 5, 5, 4)])
    assert revive(np.array([0, 0]), faint).tolist() == [0, 0]
    assert revive(np.array([0, 0]), faint, confident=0.2).tolist() == [0, 1]


@given(st.integers(0, 10_000))
def test_nothing_is_lost_and_nothing_chains(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 40))
    kept = rng.random(n) < 0.3
    kept[0] = True
    keeper = np.where(kept, np.arange(n), rng.choice(np.flatnonzero(kept), n))
    keeper[~kept & (rng.random(n) < 0.1)] = -1
    boxes = [
        [
            (int(rng.integers(2)), float(rng.random()), float(rng.integers(80)), 9.0, 6.0)
            for _ in range(rng.integers(0, 3))
        ]
        for _ in range(n)
    ]
    found = revive(keeper, seen(*boxes))
    assert np.array_equal(found == -1, keeper == -1)
    there = found >= 0
    assert np.array_equal(found[found[there]], found[there])  # who stands for another is kept
    assert np.array_equal(found[kept], np.flatnonzero(kept))
    moved = there & (found != keeper) & (found != np.arange(n))
    assert (keeper[found[moved]] == keeper[moved]).all()  # within what one keeper stood for
