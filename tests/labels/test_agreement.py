"""How far people agree, against worked examples and scikit-learn."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from framesel.annotation.sheet import Box
from framesel.labels.agreement import (
    agreements,
    class_alpha,
    cohen_kappa,
    nominal_alpha,
)
from framesel.uncertainty.matching import iou
from tests.labels.words import labels, word

DOG, CAT = Box("dog", 0, 0, 10, 10), Box("cat", 50, 50, 70, 70)


def test_two_people_on_the_frames_that_both_labelled() -> None:
    said = labels(
        [
            word([DOG, CAT], who="ann", pts=1),
            word([Box("dog", 0, 0, 10, 8), Box("dog", 50, 50, 70, 70)], who="bob", pts=1),
            word([DOG], who="ann", pts=2),
            word([], who="bob", pts=2),
            word([DOG], who="ann", pts=3),
            word([CAT], who="cid", pts=4),
        ]
    )
    (found,) = agreements(said)
    assert (found.one, found.other, found.frames, found.boxes) == ("ann", "bob", 2, (3, 2))
    assert found.matched == 2
    assert found.f1 == pytest.approx(2 * 2 / 5)
    assert found.mean_iou == pytest.approx((0.8 + 1.0) / 2)
    # of two pairs one agrees; by chance: 1/2 * 2/2 for dog, 1/2 * 0 for cat
    assert found.kappa == pytest.approx((0.5 - 0.5) / 0.5)


def test_who_agrees_that_nothing_is_there_agrees_without_figures() -> None:
    (found,) = agreements(labels([word([], who="a"), word([], who="b")]))
    assert (found.frames, found.matched) == (1, 0)
    assert (found.f1, found.mean_iou, found.kappa) == (None, None, None)
    (alone,) = agreements(labels([word([DOG], who="a"), word([], who="b")]))
    assert (alone.f1, alone.kappa) == (0.0, None)


def test_of_three_every_two_are_compared() -> None:
    three = labels([word([DOG], who=who) for who in "cab"])
    assert [(a.one, a.other, a.f1) for a in agreements(three)] == [
        ("a", "b", 1.0),
        ("a", "c", 1.0),
        ("b", "c", 1.0),
    ]


def test_boxes_of_one_place_are_paired_by_class() -> None:
    dog, cat = DOG, Box("cat", *DOG.xyxy)
    (found,) = agreements(labels([word([dog, cat], who="a"), word([cat, dog], who="b")]))
    assert (found.matched, found.kappa) == (2, 1.0)


names = st.sampled_from(["dog", "cat", "cow"])


@given(st.lists(st.tuples(names, names), min_size=1, max_size=40))
def test_kappa_is_that_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    from sklearn.metrics import cohen_kappa_score

    mine = cohen_kappa(pairs)
    one, other = zip(*pairs, strict=True)
    if len({*one, *other}) == 1:
        assert mine is None
        return
    assert mine is not None
    assert mine == pytest.approx(cohen_kappa_score(one, other))
    assert mine == pytest.approx(cohen_kappa([(b, a) for a, b in pairs]))


def test_kappa_of_nothing_and_of_one_name() -> None:
    assert cohen_kappa([]) is None
    assert cohen_kappa([("dog", "dog")] * 3) is None
    assert cohen_kappa([("dog", "dog"), ("cat", "cat")]) == 1.0


def test_alpha_of_the_worked_examples() -> None:
    """The two of Krippendorff (2011), sections B and C, and the one of Wikipedia."""
    meg = "a a b b d c c c e d d a".split()
    owen = "b a b b b c c c e d d d".split()
    assert nominal_alpha(list(zip(meg, owen, strict=True))) == pytest.approx(0.692, abs=5e-4)
    four = [
        "1 2 3 3 2 1 4 1 2 . . .",
        "1 2 3 3 2 2 4 1 2 5 . 3",
        ". 3 3 3 2 3 4 2 2 5 1 .",
        "1 2 3 3 2 4 4 1 2 5 1 .",
    ]
    assert nominal_alpha(_units(four)) == pytest.approx(0.743, abs=5e-4)
    three = [
        ". . . . . 3 4 1 2 1 1 3 3 . 3",
        "1 . 2 1 3 3 4 3 . . . . . . .",
        ". . 2 1 3 4 4 . 2 1 1 3 3 . 4",
    ]
    assert nominal_alpha(_units(three)) == pytest.approx(0.691, abs=5e-4)


def _units(people: list[str]) -> list[list[str]]:
    rows = [text.split() for text in people]
    return [[name for name in unit if name != "."] for unit in zip(*rows, strict=True)]


def test_alpha_where_nothing_can_be_said() -> None:
    assert nominal_alpha([]) is None
    assert nominal_alpha([["a"], ["b"]]) is None
    assert nominal_alpha([["a", "a"], ["a", "a"]]) is None


def test_alpha_of_objects() -> None:
    cow = Box("cow", *CAT.xyxy)
    people = {"a": [DOG, CAT], "b": [DOG, CAT], "c": [DOG, cow]}
    said = labels([word(boxes, who=who) for who, boxes in people.items()])
    assert class_alpha(said) == nominal_alpha([["dog"] * 3, ["cat", "cat", "cow"]])


boxes = st.builds(
    lambda label, x, y, w, h: Box(label, x, y, x + w, y + h),
    names,
    *[st.integers(0, 30)] * 2,
    *[st.integers(1, 30)] * 2,
)
drawings = st.lists(boxes, max_size=5, unique_by=lambda box: box.xyxy)


@given(drawings, drawings)
def test_agreement_is_symmetric_and_one_with_oneself(one: list[Box], other: list[Box]) -> None:
    assume(one)
    (same,) = agreements(labels([word(one, who="a"), word(one, who="b")]))
    assert (same.f1, same.mean_iou) == (1.0, 1.0)
    (ab,) = agreements(labels([word(one, who="a"), word(other, who="b")]))
    (ba,) = agreements(labels([word(other, who="a"), word(one, who="b")]))
    assert ab.boxes == ba.boxes[::-1]
    overlaps = iou(np.array([b.xyxy for b in one]), np.array([b.xyxy for b in other]))
    assume(len(set(overlaps[overlaps > 0].tolist())) == np.count_nonzero(overlaps))
    assert ab.f1 == ba.f1
    assert ab.mean_iou == pytest.approx(ba.mean_iou)
