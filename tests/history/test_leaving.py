"""What a round leaves in its folder."""

import csv
import json
from pathlib import Path

import pytest

from framesel.errors import UsageError
from framesel.history import leaving
from framesel.history.advice import Advice, advice
from framesel.history.leaving import write_round
from framesel.history.turn import History
from framesel.stopping.settings import Stop
from tests.history.handmade import Handmade

FILES = {"picks.csv", "labels.csv", "summary.json", "metrics.json", "metrics.prom"}


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_round_leaves_its_files(rounds: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Advice] = []

    def heard(until: History, stop: Stop) -> Advice:
        asked.append(advice(until, stop))
        return asked[-1]

    monkeypatch.setattr(leaving, "advice", heard)
    found = write_round(rounds.workspace, rounds.recipe(), 2, page=False)
    folder = rounds.workspace.round(2)
    assert set(contents(folder)) > FILES
    picks = rows(folder / "picks.csv")
    assert [(row["video"], row["video_no"], row["pts"], row["source"]) for row in picks] == [
        ("v0.mp4", "0", "50", "coverage"),
        ("v1.mp4", "1", "50", "control"),
    ]
    summary = json.loads((folder / "summary.json").read_text("utf-8"))
    turn = found.turn(2)
    assert turn is not None
    assert summary.pop("advice") == asked[0].recommendation.json()
    assert summary == json.loads(json.dumps(turn.json()))
    assert summary["model"] == "models/00000002"
    # what the rules said when round 1 was the last
    now = write_round(rounds.workspace, rounds.recipe(), 1, page=False).advice
    assert now is not None
    assert (max(asked[1].rulings), max(now.rulings)) == (1, 2)
    summary = json.loads((rounds.workspace.round(1) / "summary.json").read_text("utf-8"))
    assert summary["advice"] == asked[1].recommendation.json()


def test_labels_are_those_that_are_new(rounds: Handmade) -> None:
    for number in (1, 2, 3):
        write_round(rounds.workspace, rounds.recipe(), number, page=False)
    told = {
        number: [
            (row["video_no"], row["pts"], row["label"])
            for row in rows(rounds.workspace.round(number) / "labels.csv")
        ]
        for number in (1, 2, 3)
    }
    assert told[1] == [
        ("0", "0", "bird"), ("1", "0", ""), ("2", "0", "bird"), ("2", "0", "drone"),
        ("3", "0", "bird"),
    ]  # fmt: skip
    assert told[2] == [("0", "50", "drone"), ("1", "50", "")]
    assert told[3] == []


def test_the_same_again_leaves_the_same_bytes(rounds: Handmade) -> None:
    write_round(rounds.workspace, rounds.recipe(), 1, page=False)
    first = contents(rounds.workspace.round(1))
    assert not any(str(rounds.root).encode() in content for content in first.values())
    write_round(rounds.workspace, rounds.recipe(), 1, page=False)
    assert contents(rounds.workspace.round(1)) == first


def test_what_came_before_the_first_round_has_no_picks(hand: Handmade) -> None:
    hand.label({(0, 0): ["bird"]})
    hand.model(0, right=5, imports=1)
    write_round(hand.workspace, hand.recipe(), 0, page=False)
    left = set(contents(hand.workspace.round(0)))
    assert FILES - {"picks.csv"} <= left
    assert "picks.csv" not in left


def test_a_round_that_is_not_there_is_named(rounds: Handmade) -> None:
    with pytest.raises(UsageError, match="no round 7; there are 1, 2, 3"):
        write_round(rounds.workspace, rounds.recipe(), 7)
