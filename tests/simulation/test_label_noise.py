"""Mistakes in labels are made at the asked rates, and each is written down."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.simulation.label_noise import noisy_labels
from framesel.simulation.objects import COLOURS
from framesel.simulation.truth import ObjectTruth

SIZE_WH = (160, 90)


def boxes(count: int, seed: int) -> list[ObjectTruth]:
    rng = np.random.default_rng(seed)
    made = []
    for track in range(count):
        low = rng.uniform(0, [150, 80])
        (left, top), (right, bottom) = low, np.minimum(low + rng.uniform(2, 60, 2), SIZE_WH)
        label = str(rng.choice(list(COLOURS)))
        made.append(ObjectTruth(label, track, (left, top, right, bottom), (1, 2, 3), 1.0))
    return made


def iou(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    def area(box: tuple[float, ...]) -> float:
        return max(box[2] - box[0], 0) * max(box[3] - box[1], 0)

    both = area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))
    return both / (area(a) + area(b) - both)


@given(
    seed=st.integers(0, 2**32 - 1),
    shares=st.tuples(*[st.floats(0, 0.33)] * 3),
    count=st.integers(0, 30),
)
def test_truth_and_record_give_the_labels(
    seed: int, shares: tuple[float, float, float], count: int
) -> None:
    truth = boxes(count, seed)
    made = noisy_labels(truth, *shares, np.random.default_rng(seed), size_wh=SIZE_WH)
    redone: dict[int, ObjectTruth | None] = dict(enumerate(truth))
    for change in made.changes:
        assert redone[change.index] is change.before
        redone[change.index] = change.after
    assert tuple(item for item in redone.values() if item is not None) == made.objects
    assert len({change.index for change in made.changes}) == len(made.changes)
    again = noisy_labels(truth, *shares, np.random.default_rng(seed), size_wh=SIZE_WH)
    assert again == made


def test_each_mistake_is_what_it_says() -> None:
    truth = boxes(3000, 1)
    made = noisy_labels(truth, 0.1, 0.2, 0.3, np.random.default_rng(0), size_wh=SIZE_WH)
    counts = Counter(change.kind for change in made.changes)
    for kind, share in (("drop", 0.1), ("shift", 0.2), ("swap", 0.3)):
        assert abs(counts[kind] / len(truth) - share) < 0.03
    for change in made.changes:
        before, after = change.before, change.after
        if change.kind == "drop":
            assert after is None
            continue
        assert after is not None
        if change.kind == "swap":
            assert after.label in set(COLOURS) - {before.label}
            assert after.xyxy == before.xyxy
        else:
            assert after.label == before.label
            left, top, right, bottom = after.xyxy
            assert 0 <= left < right <= SIZE_WH[0]
            assert 0 <= top < bottom <= SIZE_WH[1]
            assert 0.05 < iou(before.xyxy, after.xyxy) < 0.65


def test_shares_of_one_and_none() -> None:
    truth = boxes(20, 2)
    rng = np.random.default_rng(0)
    assert noisy_labels(truth, 0, 0, 0, rng, size_wh=SIZE_WH).objects == tuple(truth)
    assert noisy_labels(truth, 1, 0, 0, rng, size_wh=SIZE_WH).objects == ()


@pytest.mark.parametrize("shares", [(-0.1, 0, 0), (0.5, 0.5, 0.1), (float("nan"), 0, 0)])
def test_shares_that_are_none(shares: tuple[float, float, float]) -> None:
    with pytest.raises(UsageError, match="label noise"):
        noisy_labels([], *shares, np.random.default_rng(0), size_wh=SIZE_WH)


def test_nothing_to_swap_with() -> None:
    (item,) = boxes(1, 0)
    with pytest.raises(UsageError, match="two classes"):
        noisy_labels(
            [item], 0, 0, 1, np.random.default_rng(0), size_wh=SIZE_WH, classes=[item.label]
        )
