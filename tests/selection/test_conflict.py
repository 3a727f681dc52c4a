"""Limits that cannot be kept are explained with the fewest that conflict."""

from typing import Any

import numpy as np
import pytest

from framesel.errors import SelectionError
from framesel.selection import Candidates
from framesel.selection.limits.compile_limits import compile_limits
from framesel.selection.limits.conflict import smallest_conflict
from framesel.selection.limits.room import Room
from framesel.selection.limits.rules import budget_text
from framesel.selection.limits.settings import Limits

from .test_feasible import draw, has_choice


def footage() -> Candidates:
    """40 frames of four videos, ten each at 10 a second; four show a person, none with a bear."""
    person = np.arange(40) % 10 == 3
    return Candidates(
        np.tile(np.array([[1, 0]], np.float32), (40, 1)),
        video_no=np.arange(40) // 10,
        pts_s=np.arange(40) % 10 / 10,
        class_counts=np.stack([person * 5, ~person], axis=1),
        classes=("person", "bear"),
        metadata={"camera": np.array(["north", "south"])[np.arange(40) // 20]},
    )


def told(budget: int, **given: Any) -> str:
    with pytest.raises(SelectionError) as caught:
        Room(footage(), budget, Limits.model_validate(given))
    return str(caught.value)


def test_too_few_candidates() -> None:
    text = told(20, classes={"person": {"min": 5}}, per_video={"min": 2}, boxes=500)
    assert text.startswith("at least 5 with person: there are only 4 such candidates")


def test_a_budget_too_small_says_what_it_takes() -> None:
    text = told(11, per_video={"min": 3}, gap_s=0.2, classes={"bear": {"min": 1}})
    assert "at least 3 of each of 4 videos; a budget of 11 frames (they take at least 12 f" in text
    assert "gap" not in text
    assert "bear" not in text


def test_boxes_too_few_say_what_it_takes() -> None:
    text = told(20, classes={"person": {"min": 3}}, boxes=14, gap_s=0.1)
    assert "at least 3 with person; at most 14 boxes (they take at least 15 boxes)" in text


def test_labelling_too_short_says_what_it_takes() -> None:
    text = told(20, classes={"person": {"min": 3}}, labelling={"most_s": 60})
    assert "at most 60 s of labelling (they take at least 84 s of labelling)" in text


def test_a_gap_against_a_named_value() -> None:
    text = told(40, metadata={"camera": {"north": {"min": 5}}}, gap_s=0.5)
    assert "at least 5 of camera north; 0.5 s between picks of a video. Loosen" in text


def test_two_maxima_against_a_minimum() -> None:
    given = {"metadata": {"camera": {"north": {"min": 3}}}, "per_video": {"max": 1}}
    assert "at least 3 of camera north; at most 1 of each of 4 videos" in told(30, **given)


def test_unknown_names_say_what_was_meant() -> None:
    assert "did you mean 'person'?" in told(5, classes={"persn": {"max": 5}})
    assert "did you mean 'camera'?" in told(5, metadata={"camra": {"x": {"max": 5}}})
    assert "did you mean 'north'?" in told(5, metadata={"camera": {"noth": {"max": 5}}})


def test_counts_are_needed_where_boxes_are_counted() -> None:
    bare = Candidates(np.tile(np.array([[1, 0]], np.float32), (4, 1)))
    for given in ({"boxes": 5}, {"labelling": {"most_s": 9}}, {"classes": {"a": {"max": 1}}}):
        with pytest.raises(SelectionError, match="no detector has looked"):
            Room(bare, 2, Limits.model_validate(given))
    by_frame = Limits.model_validate({"labelling": {"most_s": 24, "box_s": 0}})
    assert Room(bare, 4, by_frame).about() == 3


def test_conflicts_cannot_be_kept_and_cannot_shrink() -> None:
    found = 0
    for seed in range(400):
        case = draw(seed)
        bounds = compile_limits(case.candidates, case.budget, case.limits)
        if has_choice(bounds):
            continue
        found += 1
        conflict = smallest_conflict(bounds)
        assert not has_choice(bounds.only(conflict)), f"seed {seed}"
        for clause in conflict:
            fewer = [other for other in conflict if other != clause]
            assert has_choice(bounds.only(fewer)), f"seed {seed}"
    assert found > 60


def test_what_cannot_shrink_is_found_by_taking_out_where_there_are_many_limits() -> None:
    rng = np.random.default_rng(4)
    names = tuple(f"class{number}" for number in range(30))
    candidates = Candidates(
        np.tile(np.array([[1, 0]], np.float32), (200, 1)),
        class_counts=rng.random((200, 30)) < 0.05,
        classes=names,
        video_no=np.arange(200) // 20,
    )
    limits = {"classes": {name: {"min": 1, "max": 9} for name in names}, "per_video": {"min": 2}}
    bounds = compile_limits(candidates, 19, Limits.model_validate(limits))
    conflict = smallest_conflict(bounds)
    assert conflict == ("at least 2 of each of 10 videos", budget_text(19))
