"""What people changed about guesses."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from framesel.annotation.sheet import Box
from framesel.labels.edits import ClassEdits, edits

A, B = (0, 0), (0, 1)
DOG = Box("dog", 100, 100, 200, 200, score=0.5, source="auto")
CAT = Box("cat", 300, 300, 400, 400, score=0.5, source="auto")


def at(box: Box, **edges: Any) -> Box:
    """The same box with other edges, as a person draws it."""
    return replace(box, score=None, source="manual", **edges)


def test_a_worked_example() -> None:
    guesses = {A: [DOG, CAT, at(DOG, x1=500, x2=600)], B: [DOG]}
    labels = {
        A: [
            at(CAT, x1=301.5, y2=401),  # rounded by a format
            replace(DOG, label="cow", x2=220),  # moved and renamed
            Box("dog", 700, 700, 750, 750),  # drawn
        ],
        B: [at(DOG, y1=102.5)],  # moved by more than two pixels
        (5, 5): [],
    }
    found = edits(guesses, labels)
    assert found.classes == {
        "dog": ClassEdits(guessed=3, kept=0, moved=2, renamed=1, removed=1, added=1),
        "cat": ClassEdits(guessed=1, kept=1),
    }
    assert found.classes["dog"].distance == found.distance == 5
    assert (found.frames, found.untouched) == (3, 1)
    assert found.total == ClassEdits(4, 1, 2, 1, 1, 1)
    ious = [98.5 * 100 / (100 * 100 + 98.5), 100 / 120, 97.5 / 100]
    assert found.mean_iou == pytest.approx(sum(ious) / 3)


def test_a_box_that_was_dragged_is_moved_and_one_far_away_is_another() -> None:
    near = edits({A: [DOG]}, {A: [at(DOG, x1=140, x2=240)]}).classes["dog"]
    assert (near.moved, near.removed, near.added) == (1, 0, 0)
    far = edits({A: [DOG]}, {A: [at(DOG, x1=190, x2=290)]}).classes["dog"]
    assert (far.moved, far.removed, far.added) == (0, 1, 1)


def test_a_small_box_is_moved_by_its_overlap() -> None:
    small = Box("dog", 10, 10, 20, 20)
    found = edits({A: [small]}, {A: [replace(small, x1=11, x2=21)]})
    assert found.classes["dog"].moved == 1


def test_only_labelled_frames_count() -> None:
    found = edits({A: [DOG], B: [CAT]}, {B: []})
    assert found.classes == {"cat": ClassEdits(guessed=1, removed=1)}
    assert (found.frames, found.untouched, found.mean_iou) == (1, 0, None)


boxes = st.builds(
    lambda label, x, y, w, h: Box(label, x, y, x + w, y + h),
    st.sampled_from(["dog", "cat"]),
    *[st.integers(0, 90)] * 2,
    *[st.integers(1, 60)] * 2,
)
drawings = st.dictionaries(
    st.tuples(st.integers(0, 1), st.integers(0, 2)), st.lists(boxes, max_size=5), max_size=4
)


@given(drawings)
def test_what_nobody_touched_has_no_edits(said: Mapping[tuple[int, int], Sequence[Box]]) -> None:
    found = edits(said, {key: list(reversed(boxes)) for key, boxes in said.items()})
    count = sum(map(len, said.values()))
    assert (found.distance, found.total.kept, found.untouched) == (0, count, len(said))


@given(drawings, drawings)
def test_every_box_is_counted_once_and_backwards_adds_what_was_removed(
    one: dict[tuple[int, int], list[Box]], other: dict[tuple[int, int], list[Box]]
) -> None:
    one = {key: one.get(key, []) for key in other}
    there, back = edits(one, other).total, edits(other, one).total
    assert there.guessed == sum(map(len, one.values()))
    assert back.guessed == sum(map(len, other.values()))
    assert there.guessed - there.removed == back.guessed - back.removed
    assert (there.removed, there.added) == (back.added, back.removed)
    changed = there.guessed - there.removed - there.kept
    assert max(there.moved, there.renamed) <= changed <= there.moved + there.renamed
