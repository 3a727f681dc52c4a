"""All rounds together: what belongs to which, the curve, what is to be said."""

import pytest

from framesel.errors import WorkspaceError
from framesel.history.history import history
from tests.history.handmade import Handmade, judged


def test_each_round_has_what_belongs_to_it(rounds: Handmade) -> None:
    found = history(rounds.workspace, rounds.recipe())
    assert [turn.number for turn in found.turns] == [1, 2, 3]
    first, second, third = found.turns
    assert (first.picks, second.picks, third.picks) == (3, 2, 1)
    assert (first.imports, second.imports, third.imports) == (1, 2, 2)
    assert (first.labelled.frames, second.labelled.frames) == (3, 5)
    assert third.model == ""
    assert third.measured is None
    assert (first.closed, third.closed) == (True, False)
    assert second.trust is not None
    assert second.changed[0] == "selection: budget: null → 2"
    assert second.measured is not None
    assert second.measured.difference == {"round": 1, "word": "better"}


def test_the_curve_is_measured_on_the_holdout(rounds: Handmade) -> None:
    found = history(rounds.workspace, rounds.recipe())
    assert found.on == "holdout"
    assert [(p.round, p.frames, p.boxes, p.cost_s) for p in found.curve] == [
        (1, 3, 3, 48.0), (2, 5, 4, 58.0),
    ]  # fmt: skip
    assert [p.estimate("map50") for p in found.curve] == [judged(10).map50, judged(14).map50]


def test_labels_that_came_before_the_first_round_are_round_0(hand: Handmade) -> None:
    hand.label({(0, 0): ["bird"]})
    hand.round(1, [(1, 0)], imports=1, closed=False)
    found = history(hand.workspace, hand.recipe())
    assert [(turn.number, turn.picks, turn.labelled.frames) for turn in found.turns] == [
        (0, 0, 1), (1, 1, 1),
    ]  # fmt: skip
    hand.model(0, right=5, imports=1)
    zero = history(hand.workspace, hand.recipe()).turn(0)
    assert zero is not None
    assert zero.model == "models/00000000"


def test_a_workspace_without_rounds_has_no_history(hand: Handmade) -> None:
    found = history(hand.workspace, hand.recipe())
    assert found.turns == ()
    assert found.advice is None
    assert found.json()["rounds"] == []


def test_labels_after_the_training_are_said_and_not_counted(rounds: Handmade) -> None:
    rounds.model(3, right=15, imports=2)
    rounds.label({(2, 50): ["bird"], (2, 60): []})
    found = history(rounds.workspace, rounds.recipe())
    assert found.curve[-1].frames == 5
    assert found.turns[-1].labelled.frames == 7
    assert found.remarks == ("2 labelled frames came after the newest training: `framesel train`",)


def test_worse_is_said(rounds: Handmade) -> None:
    rounds.model(2, right=3, imports=2, difference={"round": 1, "word": "worse"})
    (remark,) = history(rounds.workspace, rounds.recipe()).remarks
    assert remark.startswith("the model of round 2 is worse than the one before it")


def test_what_frames_models_are_judged_on_is_said(rounds: Handmade) -> None:
    for number in (1, 2):
        metrics = judged(10 + number).json()
        rounds.model(number, 10, imports=number, holdout=None, val=metrics)
    found = history(rounds.workspace, rounds.recipe())
    assert found.on == "val"
    assert len(found.curve) == 2
    assert "draw a holdout" in found.remarks[0]
    for number in (1, 2):
        rounds.model(number, 10, imports=number, holdout=None)
    found = history(rounds.workspace, rounds.recipe())
    assert found.on is None
    assert found.curve == ()
    assert found.remarks[0].startswith("no model was judged")


def test_a_holdout_that_grew_is_said(rounds: Handmade) -> None:
    rounds.model(2, 10, imports=2, holdout=judged(10, objects=40).json())
    (remark,) = history(rounds.workspace, rounds.recipe()).remarks
    assert remark.startswith("the holdout grew from 20 to 40 labelled frames")


def test_damaged_metrics_are_named(rounds: Handmade) -> None:
    path = rounds.root / "models/00000001/metrics.json"
    path.write_text('{"holdout": {"map50": 3}}')
    with pytest.raises(WorkspaceError, match=r"00000001/metrics\.json is damaged"):
        history(rounds.workspace, rounds.recipe())
    path.unlink()
    found = history(rounds.workspace, rounds.recipe())
    assert [point.round for point in found.curve] == [2]
