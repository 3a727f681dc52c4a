"""Evidence of missed objects."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from framesel.errors import UsageError
from framesel.uncertainty.calibration import auroc
from framesel.uncertainty.matching import iou
from framesel.uncertainty.silence import (
    confident_count,
    faint,
    nearby,
    neighbours,
    silence,
    together,
)

from .structures import at, boxes

NAN = np.nan


def test_nearly_a_box_is_more_evidence_than_nothing() -> None:
    found = boxes(
        [[], [], [(at(0), (0.1, 0.01))], [(at(0), (0.2, 0.01))]],
        peak=logit([0.001, 0.03, 0.1, 0.2]),
        faint=[0.0, 0.03, 0.0, 0.0],
    )
    values = faint(found)
    assert (np.diff(values) > 0).all()
    assert values[0] == pytest.approx(0.001)
    assert values[1] == pytest.approx(0.03)  # the peak; as a Poisson number it would be 0.02955
    # Two independent classes: odds 1/9 and 1/99, of which none is true with 1 / (1 + sum).
    assert values[2] == pytest.approx(1 - 1 / (1 + 1 / 9 + 1 / 99))


def test_places_are_joined_as_independent() -> None:
    picture = [(at(0), (0.1,)), (at(60), (0.2,))]
    values = faint(boxes([picture], classes=1, faint=[0.3]))
    assert values[0] == pytest.approx(1 - 0.9 * 0.8 * np.exp(-0.3))


def test_one_place_counts_once_and_a_found_object_is_not_missed() -> None:
    twice = [(at(0), (0.1,)), (at(1), (0.2,))]
    assert faint(boxes([twice], classes=1))[0] == pytest.approx(0.2)
    on_a_sure_one = [(at(0), (0.9,)), (at(1), (0.2,))]
    assert faint(boxes([on_a_sure_one], classes=1, peak=[logit(0.9)]))[0] == 0
    beside_it = [(at(0), (0.9,)), (at(60), (0.2,))]
    assert faint(boxes([beside_it], classes=1))[0] == pytest.approx(0.2)


@given(st.integers(0, 2**32 - 1))
def test_places_are_found_as_by_a_plain_search(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pictures = [
        [(at(*rng.uniform(0, 30, 2)), (float(p),)) for p in rng.uniform(0.02, 0.4, count)]
        for count in rng.integers(0, 7, 3)
    ]
    expected = []
    for picture in pictures:
        kept: list[tuple[float, ...]] = []
        doubt = 1.0
        for xyxy, (p,) in sorted(picture, key=lambda box: -box[1][0]):
            if not kept or iou(np.array([xyxy]), np.array(kept)).max() < 0.5:
                kept.append(tuple(xyxy))
                doubt *= 1.0 if p >= 0.25 else 1 - p
        expected.append(1 - doubt)
    np.testing.assert_allclose(faint(boxes(pictures, classes=1)), expected, atol=1e-6)


def test_the_rest_of_the_classes_counts_too() -> None:
    stored = boxes([[(at(0), (0.1, 0.05))]])
    cut = replace(
        stored,
        top_class=stored.top_class[:, :1],
        top_logit=stored.top_logit[:, :1],
        rest=np.array([[0.05 / 0.95, 0, 0, 0]], np.float32),
    )
    np.testing.assert_allclose(faint(cut), faint(stored), rtol=1e-6)


def test_what_is_unknown_says_nothing() -> None:
    assert faint(boxes([[], [(at(0), (0.9, 0.1))]])).tolist() == [0, 0]
    assert faint(boxes([])).shape == (0,)


@given(st.integers(0, 2**32 - 1))
def test_order_of_boxes_and_pictures_does_not_matter(seed: int) -> None:
    rng = np.random.default_rng(seed)
    pictures = [
        [(at(*rng.uniform(0, 60, 2)), tuple(rng.uniform(0.02, 0.6, 2))) for _ in range(count)]
        for count in rng.integers(0, 7, 4)
    ]
    values = faint(boxes(pictures))
    assert ((values >= 0) & (values <= 1)).all()
    np.testing.assert_allclose(faint(boxes([p[::-1] for p in pictures[::-1]]))[::-1], values, 1e-5)


def test_nearby_is_the_weighted_share_of_fuller_frames() -> None:
    count, seconds = np.array([1, 0, 1, 2]), np.array([0.0, 1.0, 2.0, 3.0])
    w = np.exp(-np.arange(4) / 2)
    expected = [
        w[3] / (w[1] + w[2] + w[3] + 0.5),
        (w[1] + w[1] + w[2]) / (w[1] + w[1] + w[2] + 0.5),
        w[1] / (w[1] + w[1] + w[2] + 0.5),
        0,
    ]
    values = nearby(count, np.zeros(4), seconds, 2.0)
    np.testing.assert_allclose(values, expected, rtol=1e-6)
    mixed = np.array([2, 0, 3, 1])
    again = nearby(count[mixed], np.zeros(4), seconds[mixed], 2.0)
    np.testing.assert_allclose(again, values[mixed])


def test_the_frames_of_a_long_video_are_not_near_those_of_the_next() -> None:
    # From the end of one to the beginning of the other it is an hour back.
    count, video, seconds = [1, 0, 1, 0], [0, 0, 1, 1], [3600.0, 3601.0, 0.0, 1.0]
    alone = nearby(count[:2], video[:2], seconds[:2])
    np.testing.assert_array_equal(nearby(count, video, seconds), [*alone, *alone])


def test_what_is_faint_in_nearby_frames_counts_up_to_one_object() -> None:
    w = np.exp(-0.1 / 0.5)
    share = w / (w + 0.5)
    close = [0.0, 0.1]
    found = nearby([0, 0], [0, 0], close, faint=np.array([0.0, 0.3]))
    np.testing.assert_allclose(found, [0.3 * share, 0], rtol=1e-6)
    # One confident box here, one and a faint second one there: the second is what is missing.
    found = nearby([1, 1], [0, 0], close, faint=np.array([0.0, 0.3]))
    np.testing.assert_allclose(found, [0.3 * share, 0], rtol=1e-6)
    found = nearby([0, 3], [0, 0], close, faint=np.array([0.2, 0.9]))
    np.testing.assert_allclose(found, [share, 0], rtol=1e-6)
    assert nearby([0, 1], [0, 0], close, faint=np.array([NAN, NAN]))[0] == pytest.approx(share)


def test_nearby_stays_within_its_video_and_its_time() -> None:
    assert nearby([0, 1], [0, 1], [0.0, 0.1]).tolist() == [0, 0]
    close, far = nearby([0, 1], [0, 0], [0.0, 0.1])[0], nearby([0, 1], [0, 0], [0.0, 30.0])[0]
    assert close > 0.6
    assert far < 1e-5
    assert nearby([0], [0], [0.0]).tolist() == [0]
    assert nearby([], [], []).shape == (0,)


def test_neighbours_is_a_quarter_of_the_weighted_share_of_fuller_lookalikes() -> None:
    angles = np.deg2rad([0, 10, 20, 180])
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    values = neighbours(np.array([0, 1, 0, 5]), vectors, k=3)
    c = np.cos(np.deg2rad([10, 20]))
    expected = [c[0] / c.sum(), 0, c[0] / c.sum(), 0]
    np.testing.assert_allclose(4 * values, expected, rtol=1e-5)
    faint_ones = neighbours(np.zeros(4), vectors, k=3, faint=np.array([0.0, 0.4, 0.0, 0.0]))
    np.testing.assert_allclose(4 * faint_ones, 0.4 * np.array(expected), rtol=1e-5)
    assert neighbours(np.array([0]), vectors[:1]).tolist() == [0]


def test_all_evidence_together() -> None:
    found = boxes([[], [(at(0), (0.9, 0.1))], []], peak=logit([0.2, 0.9, 0.01]), faint=[0, 0, 0])
    vectors = np.eye(3)[[0, 0, 1]]
    gap = np.array([0.5, 0.0, 1.7])
    values = silence(found, gap=gap, video_no=np.zeros(3), pts_s=np.arange(3.0), vectors=vectors)
    assert list(values) == ["silence", "faint", "gap", "nearby", "neighbours"]
    count = confident_count(found)
    nearest = neighbours(count, vectors, faint=values["faint"])
    assert np.array_equal(values["neighbours"], nearest)
    before_and_after = nearby(count, np.zeros(3), np.arange(3.0), faint=values["faint"])
    assert np.array_equal(values["nearby"], before_and_after)
    assert values["gap"].tolist() == [0.5, 0, 1]
    parts = [values[name].astype(float) for name in list(values)[1:]]
    np.testing.assert_allclose(
        values["silence"], 1 - np.prod([1 - part for part in parts], axis=0), atol=1e-6
    )
    assert all(column.dtype == np.float32 for column in values.values())


def test_a_missed_object_is_told_from_empty_sky() -> None:
    # Two videos, in which the detector loses sight of an object for every third frame; in the empty
    # ones its responses are as strong. Only the frames before and after tell.
    rng = np.random.default_rng(0)
    seen = [[(at(0), (0.8, 0.1))], [(at(2), (0.7, 0.1))], []] * 10
    found = boxes(seen + [[]] * 30, peak=rng.normal(-4, 1, 60), faint=np.zeros(60))
    video_no, pts_s = np.repeat([0, 1], 30), np.tile(np.arange(30) / 3, 2)
    blind = confident_count(found) == 0
    values = silence(found, video_no=video_no, pts_s=pts_s)
    missed = video_no[blind] == 0
    assert auroc(values["faint"][blind], missed) < 0.75
    assert auroc(values["silence"][blind], missed) > 0.99


def test_evidence_that_is_not_there_is_left_out() -> None:
    found = boxes([[], []], peak=logit([0.2, 0.1]))
    values = silence(found)
    assert list(values) == ["silence", "faint"]
    np.testing.assert_allclose(values["silence"], [0.2, 0.1], rtol=1e-6)
    assert np.isnan(together([np.array([NAN]), np.array([NAN])])).all()
    np.testing.assert_allclose(together([np.array([NAN]), np.array([0.3])]), 0.3)


def test_the_threshold_decides_what_is_silent() -> None:
    found = boxes([[(at(0), (0.3, 0.1))]], peak=logit([0.3]))
    assert confident_count(found).tolist() == [1]
    assert confident_count(found, 0.4).tolist() == [0]
    assert faint(found)[0] == 0
    assert faint(found, 0.4)[0] >= expit(found.peak)[0]


def test_columns_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match="nearby"):
        nearby([1, 2], [0], [0.0, 1.0])
    with pytest.raises(UsageError, match="reach"):
        nearby([1], [0], [0.0], reach_s=0)
    with pytest.raises(UsageError, match="look alike"):
        neighbours(np.zeros(2), np.eye(3))
