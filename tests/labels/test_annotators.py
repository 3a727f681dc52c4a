"""What each annotator did."""

import pytest

from framesel.annotation.sheet import Box
from framesel.labels.annotators import annotators
from tests.labels.words import labels, word

DOG, CAT = Box("dog", 0, 0, 10, 10), Box("cat", 50, 50, 70, 70)


def test_frames_boxes_and_what_they_cost() -> None:
    said = labels(
        [
            word([DOG, CAT], who="ann", pts=1, seconds=9.0),
            word([], who="ann", pts=2, seconds=3.0),
            word([DOG], who="ann", pts=3),
            word([], who="bob", pts=9, seconds=5.0),
        ]
    )
    ann, bob = annotators(said)
    assert (ann.name, ann.frames, ann.empty, ann.boxes, ann.seconds) == ("ann", 3, 1, 3, 12.0)
    assert (ann.seconds_per_frame, ann.seconds_per_box) == (6.0, 6.0)
    assert (ann.shared, ann.f1, ann.mean_iou, ann.same_class) == (0, None, None, None)
    assert (bob.seconds_per_frame, bob.seconds_per_box) == (5.0, None)


def test_who_says_no_time_costs_nobody_knows_what() -> None:
    (one,) = annotators(labels([word([DOG])]))
    assert (one.name, one.seconds, one.seconds_per_frame, one.seconds_per_box) == (
        "", None, None, None,
    )  # fmt: skip


def test_agreement_with_what_most_say() -> None:
    said = labels(
        [
            word([DOG, CAT], who="a"),
            word([DOG, CAT], who="b"),
            word([Box("cow", 0, 0, 10, 8), Box("dog", 80, 80, 90, 90)], who="c"),
            word([CAT], who="c", pts=7),
        ]
    )
    a, b, c = annotators(said)
    assert (a.shared, a.f1, a.mean_iou, a.same_class) == (1, 1.0, 1.0, 1.0)
    assert b.f1 == 1.0
    # of c's two boxes and the two that most drew, one pair
    assert (c.frames, c.shared, c.f1, c.same_class) == (2, 1, 0.5, 0.0)
    assert c.mean_iou == pytest.approx(0.8)


def test_nobody_said_anything() -> None:
    assert annotators(labels([])) == []
