"""`framesel rounds`: a table, what changed, what is recommended."""

import json

import pytest
from typer.testing import CliRunner

from framesel.cli.app import app
from framesel.cli.summing_up import round_lines
from tests.history.handmade import Handmade


def said(*arguments: str) -> str:
    found = CliRunner().invoke(app, ["rounds", *arguments])
    assert found.exit_code == 0, found.output
    return found.stdout


def test_a_table_and_what_is_recommended(rounds: Handmade) -> None:
    lines = said(str(rounds.root)).splitlines()
    head, first, second, third = (line.split() for line in lines[:4])
    assert head[:5] == ["round", "picks", "labelled", "boxes", "hours"]
    assert first[:5] == ["1", "3", "3", "3", "0.01"]
    assert second[:5] == ["2", "2", "5", "4", "0.02"]
    assert "better" in second
    assert third[5:8] == ["-", "-", "-"]
    text = "\n".join(lines)
    assert "round 2 changed selection: budget: null → 2" in text
    assert "stop rules, after round 2:" in text
    assert "  coverage     go on" in text
    assert lines[-1].startswith("Going on is recommended")


def test_all_numbers_for_programs(rounds: Handmade) -> None:
    told = json.loads(said(str(rounds.root), "--json"))
    assert [one["number"] for one in told["rounds"]] == [1, 2, 3]
    assert told["rounds"][1]["trust"]["auroc"] == 0.55
    assert told["advice"]["stop"] is False
    assert {one["round"] for one in told["advice"]["rulings"]} == {1, 2}


def test_nothing_was_chosen_yet(hand: Handmade) -> None:
    assert said(str(hand.root)).startswith("no round has picks yet")


def test_text_from_outside_does_not_steer_the_terminal(rounds: Handmade) -> None:
    rounds.trust("t3", {"scores": "u3", "detections": "x3"}, why="\x1b[2Jgone\nand more")
    rounds.round(3, [(2, 50)], {"detections": "x3", "trust": "t3"}, imports=2, closed=False)
    text = said(str(rounds.root))
    assert "\x1b" not in text
    assert "scores of round 3: trusted: ?[2Jgone?and more" in text


@pytest.mark.parametrize("arguments", [[], ["/nowhere/at/all"]])
def test_mistakes_are_told(arguments: list[str]) -> None:
    assert CliRunner().invoke(app, ["rounds", *arguments]).exit_code != 0


def test_a_run_ends_with_what_the_newest_model_is_worth(rounds: Handmade) -> None:
    model, advice = round_lines(rounds.workspace)
    assert model.startswith("  model       of round 2: mAP50 0.693 [")
    assert model.endswith("on the holdout frames, 5 labels")
    assert advice.startswith("  rounds      Going on is recommended")


def test_without_a_model_a_run_ends_as_ever(hand: Handmade) -> None:
    hand.round(1, [(0, 0)])
    assert list(round_lines(hand.workspace)) == []
