"""One word from several people's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.annotation.sheet import Box
from framesel.errors import UsageError
from framesel.labels.consensus import agreed_box, consensus
from framesel.labels.labels import Labels
from framesel.labels.objects import objects
from tests.labels.words import labels, word

DOG = Box("dog", 10, 10, 30, 30)
CAT = Box("cat", 50, 50, 90, 90)


def drawn(found: Labels, key: tuple[int, int] = (0, 0)) -> list[tuple[object, ...]]:
    """Label and edges of what a frame is said to hold."""
    return [(b.label, *b.xyxy) for b in found.by_frame[key][""]]


def said(by: Mapping[str, Sequence[Box]], classes: Sequence[str] = ("dog", "cat")) -> Labels:
    """Words of several on one frame."""
    return labels([word(boxes, who=who) for who, boxes in by.items()], classes)


def test_one_word_stays_as_it_is() -> None:
    box = Box("dog", 1.25, 2, 3, 4, score=0.5, source="auto", track=7, occluded=True)
    found = consensus(said({"ann": [box]}))
    assert found.by_frame == {(0, 0): {"": (box,)}}
    assert found.classes == ("dog", "cat")


def test_what_more_than_half_drew_stays_with_median_edges() -> None:
    near, far = Box("dog", 12, 10, 30, 33), Box("dog", 11, 9, 40, 30)
    found = consensus(said({"ann": [DOG, CAT], "bob": [near], "cid": [far]}))
    assert drawn(found) == [("dog", 11, 10, 30, 30)]
    assert found.frames["boxes"].to_pylist() == [1]


def test_of_two_both_must_have_drawn_it() -> None:
    assert drawn(consensus(said({"ann": [DOG], "bob": []}))) == []
    found = consensus(said({"ann": [DOG], "bob": [Box("dog", 12, 10, 30, 30)]}))
    assert drawn(found) == [("dog", 11, 10, 30, 30)]


def test_union_keeps_what_anyone_drew() -> None:
    found = consensus(said({"ann": [DOG], "bob": [CAT], "cid": []}), "union")
    assert drawn(found) == [("dog", *DOG.xyxy), ("cat", *CAT.xyxy)]


def test_the_class_that_most_gave_and_of_two_the_first_declared() -> None:
    cat = Box("cat", *DOG.xyxy)
    assert drawn(consensus(said({"a": [DOG], "b": [cat], "c": [cat]})))[0][0] == "cat"
    two = {"a": [DOG], "b": [cat]}
    assert drawn(consensus(said(two, ("dog", "cat"))))[0][0] == "dog"
    assert drawn(consensus(said(two, ("cat", "dog"))))[0][0] == "cat"


def test_newest_is_the_last_word_and_annotator_is_one_persons() -> None:
    both = labels(
        [word([DOG], who="bob"), word([CAT], who="ann"), word([DOG], who="bob", pts=5)], ("dog",)
    )
    newest = consensus(both, "newest")
    assert drawn(newest) == [("cat", *CAT.xyxy)]
    assert drawn(newest, (0, 5)) == [("dog", *DOG.xyxy)]
    only = consensus(both, "annotator:ann")
    assert only.keys == ((0, 0),)
    assert drawn(only) == [("cat", *CAT.xyxy)]


@pytest.mark.parametrize("rule", ["most", "annotator:eve", ""])
def test_what_nobody_can_follow_is_refused(rule: str) -> None:
    with pytest.raises(UsageError, match=r"eve|there is no rule"):
        consensus(said({"ann": [DOG]}), rule)


def test_what_was_spent_is_what_all_spent() -> None:
    both = labels([word([], who="a", seconds=3.0), word([], who="b", seconds=4.5)], ())
    assert consensus(both).frames["seconds"].to_pylist() == [7.5]
    assert consensus(said({"a": [], "b": []})).frames["seconds"].to_pylist() == [None]


def test_what_else_is_said_of_an_object_is_voted_on() -> None:
    three = {
        "a": Box("dog", 0, 0, 9, 9, source="auto", track=4, occluded=True),
        "b": Box("dog", 0, 0, 9, 9, source="manual", track=2, occluded=False),
        "c": Box("dog", 0, 0, 9, 9, source="manual", track=2, truncated=False),
    }
    found = agreed_box(three, {})
    assert (found.source, found.track, found.occluded, found.truncated) == (
        "manual", 2, True, False,
    )  # fmt: skip


def test_an_annotator_draws_an_object_once() -> None:
    twice = {"a": [DOG, Box("dog", 10, 10, 30, 29)], "b": [DOG]}
    found = objects(twice)
    assert sorted(len(one) for one in found) == [1, 2]
    assert {"a": DOG, "b": DOG} in found


def test_a_chain_of_boxes_is_not_one_object() -> None:
    a, b, c = (Box("dog", x, 0, x + 30, 30) for x in (0, 8, 16))
    assert {len(one) for one in objects({"a": [a], "b": [b], "c": [c]})} == {1, 2}


def test_at_equal_overlap_the_own_class_goes_first() -> None:
    dog, cat = Box("dog", *DOG.xyxy), Box("cat", *DOG.xyxy)
    found = objects({"a": [dog, cat], "b": [cat, dog]})
    assert found == [{"a": dog, "b": dog}, {"a": cat, "b": cat}]


boxes = st.builds(
    lambda label, x, y, w, h: Box(label, x, y, x + w, y + h),
    st.sampled_from(["dog", "cat"]),
    *[st.integers(0, 40)] * 2,
    *[st.integers(1, 40)] * 2,
)


@given(st.lists(boxes, max_size=5), st.integers(1, 4))
def test_who_agrees_with_himself_gives_what_he_said(one: list[Box], people: int) -> None:
    distinct = list({box.xyxy: box for box in one}.values())
    found = consensus(said({f"p{no}": distinct for no in range(people)}))
    assert sorted(drawn(found)) == sorted((b.label, *b.xyxy) for b in distinct)


@given(st.dictionaries(st.sampled_from("abcd"), st.lists(boxes, max_size=4), min_size=1))
def test_every_box_is_of_one_object_and_objects_hold_together(by: dict[str, list[Box]]) -> None:
    found = objects(by)
    placed = sorted((who, box.label, box.xyxy) for one in found for who, box in one.items())
    assert placed == sorted((w, box.label, box.xyxy) for w, drew in by.items() for box in drew)
    majority = drawn(consensus(said(by)))
    union = drawn(consensus(said(by), "union"))
    assert all(row in union for row in majority)
    assert len(union) == len(found)
