"""Average precision: pycocotools on random pictures, and samples against evaluating anew."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.errors import UsageError
from framesel.evaluation.average_precision import average_precision, macro, mean_average_precision
from framesel.evaluation.boxes import Found, Truth
from framesel.evaluation.matching import MOST_BOXES, match
from tests.evaluation.scenes import Scene, coco, offsets, repeated, scene

AREAS = [[0, 1e10], [0, 32**2], [32**2, 96**2], [96**2, 1e10], [100.0, 900.0]]


def plain(one: Scene, **how: object) -> np.ndarray:
    matches = match(one.truth, one.found, len(one.classes), **how)
    group = np.arange(len(one.truth))
    return average_precision(matches, group, np.ones((1, len(one.truth))))[0]


@pytest.mark.parametrize("seed", range(12))
def test_pycocotools_says_the_same(seed: int) -> None:
    one = scene(seed, pictures=4 + 5 * (seed % 4), ties=bool(seed % 3))
    theirs = coco(one.truth, one.found, len(one.classes), AREAS)
    for at, area in enumerate(AREAS):
        ours = plain(one, area_px=tuple(area))
        np.testing.assert_allclose(ours, theirs[at], atol=1e-9, rtol=0, equal_nan=True)


def test_only_the_best_hundred_boxes_of_a_class_count() -> None:
    corner = np.arange(150.0) * 10
    boxes = np.stack([corner, corner, corner + 8, corner + 8], axis=1).astype(np.float32)
    numbers, conf = np.zeros(150, np.int64), np.linspace(0.9, 0.1, 150).astype(np.float32)
    one = Scene(
        Truth(offsets([150]), boxes, numbers),
        Found(offsets([150]), boxes, numbers, conf),
        np.zeros(1),
        ("dot",),
    )
    np.testing.assert_allclose(plain(one), coco(one.truth, one.found, 1)[0], atol=1e-9)
    assert len(match(one.truth, one.found, 1).row) == MOST_BOXES
    assert plain(one)[0, 0] == pytest.approx(67 / 101)  # recalls 0 to 0.66 of 100 / 150


@given(seed=st.integers(0, 10**6), data=st.data())
def test_a_sample_is_the_same_as_its_pictures_repeated(seed: int, data: st.DataObject) -> None:
    one = scene(seed, pictures=8, ties=False)
    weights = np.array(data.draw(st.lists(st.integers(0, 3), min_size=4, max_size=4)), np.float64)
    matches = match(one.truth, one.found, len(one.classes))
    sampled = average_precision(matches, one.video, weights[None])[0]
    pictures = np.repeat(np.arange(8), weights[one.video].astype(int))
    anew = Scene(
        repeated(one.truth, pictures), repeated(one.found, pictures), one.video, one.classes
    )
    expected = plain(anew) if len(pictures) else np.full_like(sampled, np.nan)
    np.testing.assert_allclose(sampled, expected, atol=1e-9, rtol=0)


def test_weights_of_one_change_nothing_and_all_equal_ones_neither() -> None:
    one = scene(3)
    matches = match(one.truth, one.found, len(one.classes))
    values = average_precision(matches, one.video, np.array([[1.0] * 4, [2.0] * 4, [0.0] * 4]))
    np.testing.assert_array_equal(values[0], plain(one))
    np.testing.assert_allclose(values[1], values[0], atol=1e-12)
    assert np.isnan(values[2]).all()


def test_the_mean_is_over_classes_that_occur() -> None:
    values = np.array([[[0.25], [np.nan], [0.75]], [[np.nan]] * 3])
    np.testing.assert_array_equal(macro(values), [[0.5], [np.nan]])


def test_boxes_that_overlap_nothing_or_are_turned_inside_out_find_nothing() -> None:
    boxes = np.array([[0, 0, 0, 0], [9, 9, 1, 1], [np.nan, 0, 4, 4]], np.float32)
    one = Scene(
        Truth(offsets([1]), np.array([[0, 0, 8, 8]], np.float32), np.zeros(1, np.int64)),
        Found(offsets([3]), boxes, np.zeros(3, np.int64), np.full(3, 0.5, np.float32)),
        np.zeros(1),
        ("dot",),
    )
    assert plain(one)[0].tolist() == [0.0] * 10


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"offsets": offsets([1, 1])}, "labels of 1 pictures, a detector's boxes of 2"),
        ({"offsets": offsets([3])}, "offsets that do not fit 2 boxes"),
        ({"conf": np.array([0.5, np.nan], np.float32)}, "finite confidence"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, np.ndarray], complaint: str) -> None:
    columns = {
        "offsets": offsets([2]),
        "xyxy": np.ones((2, 4), np.float32),
        "class_no": np.zeros(2, np.int64),
        "conf": np.ones(2, np.float32),
    }
    truth = Truth(offsets([1]), np.ones((1, 4), np.float32), np.zeros(1, np.int64))
    with pytest.raises(UsageError, match=complaint):
        match(truth, Found(**{**columns, **change}), 1)


def test_a_label_of_an_unknown_class_is_refused() -> None:
    one = scene(0)
    with pytest.raises(UsageError, match="class number 1, but there are 1 classes"):
        match(one.truth, one.found, 1)


def test_the_short_way_says_what_pycocotools_says() -> None:
    one = scene(8)
    expected = coco(one.truth, one.found, len(one.classes))[0]
    told = mean_average_precision(one.truth, one.found, len(one.classes))
    assert told == pytest.approx((np.nanmean(expected[:, 0]), np.nanmean(expected)), abs=1e-9)
