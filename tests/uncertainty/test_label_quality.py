"""Suspicions about labels: the loop against plain numpy, and faults that must be found."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from framesel.errors import UsageError
from framesel.uncertainty.annotated import Annotated
from framesel.uncertainty.label_kernels import OTHERWISE, apart, compare
from framesel.uncertainty.label_quality import FAR, label_quality, pooled
from tests.uncertainty.annotated import random_annotated

CLASSES = 3


def plain_apart(a: np.ndarray, b: np.ndarray) -> float:
    """Centres and sides, one number after the other."""
    sides_a, sides_b = a[2:] - a[:2], b[2:] - b[:2]
    offset = ((a[:2] + a[2:]) / 2 - (b[:2] + b[2:]) / 2) / ((sides_a + sides_b) / 2)
    ratio = np.log(sides_a / sides_b)
    return float(np.sqrt((offset**2).sum() + 0.1 * (ratio**2).sum()))


@pytest.mark.parametrize("seed", range(4))
def test_the_loop_says_what_plain_numpy_says(seed: int) -> None:
    boxes = random_annotated(seed, classes=CLASSES)
    partner, top, votes, nearest = compare(
        boxes.xyxy,
        boxes.class_no,
        boxes.offsets,
        boxes.seen_xyxy,
        boxes.share,
        boxes.seen_offsets,
        FAR,
    )
    far = np.full((len(boxes.xyxy), len(boxes.seen_xyxy)), np.inf)
    for i, j in np.argwhere(boxes.picture[:, None] == boxes.seen_picture):
        far[i, j] = plain_apart(boxes.xyxy[i], boxes.seen_xyxy[j])
    alike = np.maximum(OTHERWISE * boxes.there, boxes.share[:, boxes.class_no].T)
    surely = np.where(far < 1.0, np.exp(-far) * alike, 0.0)
    expected = np.where(surely.max(axis=1) > 0, surely.argmax(axis=1), -1)
    np.testing.assert_array_equal(partner, expected)
    told = np.where(far < FAR, np.exp(-2 * far), 0.0) @ boxes.share[:, :-1]
    np.testing.assert_allclose(votes[:, 2], told.sum(axis=1), atol=1e-12)
    own = told[np.arange(len(told)), boxes.class_no]
    np.testing.assert_allclose(votes[:, 1], own, atol=1e-12)
    np.testing.assert_allclose(votes[:, 0], told.max(axis=1), atol=1e-12)
    np.testing.assert_array_equal(top[votes[:, 2] > 0], told.argmax(axis=1)[votes[:, 2] > 0])
    np.testing.assert_allclose(nearest, far.min(axis=0), rtol=1e-9)


def scene(videos: int = 4, frames: int = 40, seed: int = 0) -> tuple[Annotated, np.ndarray]:
    """Clean labels of two objects a frame, which a good detector sees with little errors."""
    rng = np.random.default_rng(seed)
    n = videos * frames
    low = np.tile([[20.0, 20.0], [70.0, 60.0]], (n, 1)) + np.repeat(rng.normal(0, 6, (n, 2)), 2, 0)
    xyxy = np.concatenate([low, low + np.array([20, 10])], axis=1)
    class_no = np.tile([0, 1], n)
    logits = rng.normal(0, 0.5, (2 * n, CLASSES + 1))
    logits[np.arange(2 * n), class_no] += 4.0
    share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    offsets = np.arange(0, 2 * n + 1, 2)
    seen = xyxy + rng.normal(0, 0.5, xyxy.shape)
    boxes = Annotated(offsets, xyxy, class_no, offsets, seen, share, np.full((n, 2), 120.0))
    return boxes, np.repeat(np.arange(videos), frames)


def without(boxes: Annotated, row: int) -> Annotated:
    """The same, one label dropped."""
    keep = np.arange(len(boxes.xyxy)) != row
    offsets = boxes.offsets - (boxes.offsets > row)
    return replace(boxes, offsets=offsets, xyxy=boxes.xyxy[keep], class_no=boxes.class_no[keep])


@pytest.mark.parametrize("grouped", [False, True])
def test_each_kind_of_fault_stands_out_in_its_own_score(grouped: bool) -> None:
    boxes, video = scene()
    group = video if grouped else None
    dropped = label_quality(without(boxes, 33), group)
    assert dropped.overlooked.argmax() == 33
    assert dropped.overlooked[33] > 0.9
    assert np.delete(dropped.overlooked, 33).max() < 0.3

    xyxy = boxes.xyxy.copy()
    xyxy[50] += [8, 4, 8, 4]
    shifted = label_quality(replace(boxes, xyxy=xyxy), group)
    assert shifted.located.argmax() == 50
    assert shifted.located[50] > 0.7 > 0.3 > np.delete(shifted.located, 50).max()

    class_no = boxes.class_no.copy()
    class_no[7] = 2
    swapped = label_quality(replace(boxes, class_no=class_no), group)
    assert swapped.swapped.argmax() == 7
    assert (swapped.said[7], swapped.partner[7]) == (1, 7)
    assert swapped.swapped[7] > 0.8 > 0.2 > np.delete(swapped.swapped, 7).max()

    xyxy = boxes.xyxy.copy()
    xyxy[11] = [2, 90, 22, 100]
    made_up = label_quality(replace(boxes, xyxy=xyxy), group)
    assert made_up.spurious.argmax() == 11
    assert made_up.spurious[11] > 0.9
    assert np.delete(made_up.spurious, 11).max() == 0.0
    assert made_up.partner[11] == -1


def test_a_surer_object_of_another_class_behind_it_moves_no_label() -> None:
    boxes, _ = scene()
    person = boxes.seen_xyxy[::2] + np.array([-6.0, -4.0, 6.0, 4.0])  # around the first of each two
    sure = np.tile([0.01, 0.01, 0.95, 0.03], (len(person), 1))
    faint = boxes.share * 0.4
    faint[:, -1] = 1 - faint[:, :-1].sum(axis=1)
    order = np.argsort(np.concatenate([boxes.seen_picture, boxes.seen_picture[::2]]), kind="stable")
    crowded = replace(
        boxes,
        seen_offsets=np.arange(0, 3 * len(person) + 1, 3),
        seen_xyxy=np.concatenate([boxes.seen_xyxy, person])[order],
        share=np.concatenate([faint, sure])[order],
    )
    found = label_quality(crowded)
    assert found.located.max() < 0.3
    assert (found.partner % 3 < 2).all()


@pytest.mark.parametrize("factor", [0.125, 16.0])
def test_scores_do_not_depend_on_the_scale_of_the_pictures(factor: float) -> None:
    boxes = random_annotated(5, pictures=40)
    group = np.arange(40) // 5
    scaled = replace(
        boxes,
        xyxy=boxes.xyxy * factor,
        seen_xyxy=boxes.seen_xyxy * factor,
        size_wh=boxes.size_wh * factor,
    )
    one, two = label_quality(boxes, group), label_quality(scaled, group)
    for name in ("overlooked", "located", "swapped", "spurious", "partner", "said"):
        np.testing.assert_allclose(getattr(one, name), getattr(two, name), rtol=1e-9)
    assert one.overlooked.max() > 0
    assert one.located.max() > 0


def test_a_rare_class_is_not_suspicious_where_the_detector_agrees() -> None:
    boxes, video = scene()
    share, class_no = boxes.share.copy(), boxes.class_no.copy()
    share[9], class_no[9] = [0.02, 0.03, 0.9, 0.05], 2  # the only one of its class
    agreed = replace(boxes, share=share, class_no=class_no)
    assert label_quality(agreed).swapped[9] < 0.1
    assert label_quality(agreed, video).swapped[9] < 0.4
    unseen = replace(agreed, seen_xyxy=boxes.seen_xyxy + 1000.0)
    assert label_quality(unseen).swapped.max() == 0


def test_labels_that_are_guesses_left_alone_make_no_drawn_one_suspicious() -> None:
    boxes, _ = scene()
    xyxy = boxes.seen_xyxy.copy()
    xyxy[20] += [0.5, -0.4, -0.5, 0.3]
    assert label_quality(replace(boxes, xyxy=xyxy)).located.max() < 0.2


def test_a_detector_that_is_always_wrong_in_one_video_accuses_nobody_there() -> None:
    boxes, video = scene()
    second = boxes.class_no == 1
    says_third = second & (video[boxes.picture] >= 2)
    share, class_no = boxes.share.copy(), boxes.class_no.copy()
    share[says_third] = share[says_third][:, [0, 2, 1, 3]]
    class_no[says_third & (video[boxes.picture] == 3)] = 2  # there it is right
    class_no[7] = 2
    wrong = replace(boxes, class_no=class_no, share=share)
    blind = second & (video[boxes.picture] == 2)
    alone, local = label_quality(wrong), label_quality(wrong, video)
    assert alone.swapped[blind].min() > 0.3
    assert local.swapped[blind].max() < 0.7 * alone.swapped[blind].max()
    assert local.swapped.argmax() == 7


def test_pictures_without_labels_or_detections_are_no_obstacle() -> None:
    nothing = np.zeros((0, 4))
    sizes = np.full((2, 2), 10.0)
    none = np.array([0, 0, 0])
    boxes = Annotated(none, nothing, np.zeros(0, np.int64), none, nothing, np.zeros((0, 3)), sizes)
    for group in (None, np.array([0, 1])):
        found = label_quality(boxes, group)
        assert len(found.overlooked) == len(found.swapped) == 0
    full, _ = scene(1, 2)
    blind = replace(
        full, seen_offsets=none, seen_xyxy=nothing, share=np.zeros((0, 4)), size_wh=sizes
    )
    found = label_quality(blind)
    assert (found.partner == -1).all()
    assert (found.located == 0).all()
    np.testing.assert_array_equal(found.said, full.class_no)


def test_a_picture_has_its_greatest_score() -> None:
    found = pooled(np.array([0.2, 0.5, 0.1]), np.array([2, 2, 0]), 4)
    np.testing.assert_array_equal(found, [0.1, 0, 0.5, 0])


def test_a_box_is_not_apart_from_itself() -> None:
    box = np.array([1.0, 2.0, 5.0, 9.0])
    assert apart(box, box) == 0.0
    assert apart(box, box + np.array([4, 0, 4, 0])) == pytest.approx(1.0)


def test_columns_that_do_not_fit_are_refused() -> None:
    boxes, video = scene(1, 3)
    with pytest.raises(UsageError, match="groups"):
        label_quality(boxes, video[:-1])
    with pytest.raises(UsageError, match="rise from 0"):
        replace(boxes, offsets=boxes.offsets[::-1])
    with pytest.raises(UsageError, match="same ones"):
        replace(boxes, seen_offsets=np.array([0, 6]))
    with pytest.raises(UsageError, match="classes of labels"):
        replace(boxes, class_no=boxes.class_no + 3)
    with pytest.raises(UsageError, match="finite"):
        replace(boxes, xyxy=boxes.xyxy * np.nan)
    with pytest.raises(UsageError, match="size_wh"):
        replace(boxes, size_wh=boxes.size_wh * 0)
    with pytest.raises(UsageError, match="columns have"):
        replace(boxes, share=boxes.share[1:])
