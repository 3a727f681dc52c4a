"""What was labelled, by whom it may be learnt from, and what it cost."""

import pytest

from framesel.errors import UsageError
from framesel.history.labelled import Labelled, cost_model, labelled
from tests.history.handmade import Handmade


def test_counts_by_class_with_the_holdout_apart(rounds: Handmade) -> None:
    found = labelled(rounds.workspace, rounds.recipe(), 1)
    assert (found.frames, found.boxes, found.empty) == (3, 3, 1)
    assert found.by_class == {"bird": 2, "drone": 1}
    assert (found.held_frames, found.held_boxes) == (1, 1)
    assert labelled(rounds.workspace, rounds.recipe(), 0) == Labelled()


def test_old_names_count_as_the_new_ones(rounds: Handmade) -> None:
    recipe = rounds.recipe("train.rename={drone: bird}")
    assert labelled(rounds.workspace, recipe, 2).by_class == {"bird": 4}


def test_seconds_are_told_or_estimated(rounds: Handmade) -> None:
    # four frames with four boxes are estimated, two told five seconds each
    usual = labelled(rounds.workspace, rounds.recipe(), 2)
    assert usual.cost_s == pytest.approx(4 * 8 + 4 * 4 + 2 * 5)
    assert usual.told == pytest.approx(2 / 6)
    limits = "selection.limits.labelling={most_s: 100, frame_s: 1, box_s: 10}"
    dear = labelled(rounds.workspace, rounds.recipe(limits), 2)
    assert dear.cost_s == pytest.approx(4 * 1 + 4 * 10 + 2 * 5)
    assert cost_model(rounds.recipe(limits)) == (1.0, 10.0)


def test_two_annotators_cost_twice_and_count_once(hand: Handmade) -> None:
    hand.label({(0, 0): ["bird"]}, seconds=3.0)
    hand.label({(0, 0): ["bird"]}, seconds=4.0, who="other")
    found = labelled(hand.workspace, hand.recipe(), 2)
    assert (found.frames, found.boxes, found.cost_s, found.told) == (1, 1, 7.0, 1.0)


def test_an_annotator_who_came_later_is_no_mistake(rounds: Handmade) -> None:
    rounds.label({(0, 60): ["bird", "bird"]}, who="later")
    recipe = rounds.recipe("train.rule='annotator:later'")
    assert labelled(rounds.workspace, recipe, 2).frames == 0
    found = labelled(rounds.workspace, recipe, 3)
    assert (found.frames, found.boxes) == (1, 2)
    with pytest.raises(UsageError, match="no rule 'most'"):
        labelled(rounds.workspace, rounds.recipe("train.rule=most"), 3)
