"""The stop rules hear what the rounds tell."""

import numpy as np
import pytest

from framesel.history.advice import advice
from framesel.history.comparing import draw_stop_set
from framesel.history.history import history
from framesel.history.turn import History
from framesel.stopping.settings import Stop
from framesel.stopping.verdict import RULES, Verdict
from tests.history.handmade import Handmade


def rulings(found: History, number: int) -> dict[str, Verdict]:
    assert found.advice is not None
    return {one.rule: one for one in found.advice.rulings[number]}


def test_rules_hear_of_every_round_with_a_model(rounds: Handmade) -> None:
    draw_stop_set(rounds.workspace, rounds.recipe())
    settings = ("stop.window=1", "stop.point_value=10", "stop.hour_cost=3600")
    found = history(rounds.workspace, rounds.recipe(*settings))
    assert found.advice is not None
    assert list(found.advice.rulings) == [1, 2]
    told = rulings(found, 2)
    assert tuple(told) == RULES
    assert told["predictions"].numbers["agreement"] == 1.0
    assert told["uncertainty"].numbers["error"] == pytest.approx(0.125)
    assert told["coverage"].numbers["uncovered"] == found.turns[1].coverage.uncovered  # type: ignore[union-attr]
    # two frames more than in round 1, told to have taken ten seconds: a second costs 1
    assert told["value"].numbers["cost"] == pytest.approx(10.0)
    assert told["plateau"].numbers["batch"] == 2
    before = rulings(found, 1)
    assert before["predictions"].numbers["agreement"] < 0.9


def test_enough_rules_in_enough_rounds_say_stop(rounds: Handmade) -> None:
    draw_stop_set(rounds.workspace, rounds.recipe())
    lax = ["stop.window=1", "stop.agreement=0", "stop.kappa=0", "stop.uncovered=1"]
    found = history(rounds.workspace, rounds.recipe(*lax))
    assert found.advice is not None
    assert found.advice.stop
    assert found.advice.recommendation.rules == ("predictions", "coverage")
    strict = history(rounds.workspace, rounds.recipe(*lax, "stop.needed=3"))
    assert strict.advice is not None
    assert not strict.advice.stop


def test_an_uncertainty_that_had_no_say_decides_nothing(rounds: Handmade) -> None:
    found = history(rounds.workspace, rounds.recipe())
    assert [turn.informed for turn in found.turns] == [False, False, False]
    rounds.round(
        1, [(0, 0), (1, 0)], {"detections": "x1", "scores": "u1"}, controls=1, utility="utility"
    )
    found = history(rounds.workspace, rounds.recipe())
    assert found.turns[0].informed
    verdict = rulings(found, 1)["uncertainty"]
    assert verdict.stop is False
    assert verdict.numbers["ratio"] == pytest.approx(0.9 / 0.7)


def test_auto_had_a_say_if_it_was_trusted(rounds: Handmade) -> None:
    inputs = {"detections": "x2", "trust": "t2"}
    rounds.round(2, [(0, 50), (1, 50)], inputs, imports=1, utility="auto")
    assert not history(rounds.workspace, rounds.recipe()).turns[1].informed
    rounds.trust("t2", {"scores": "u2", "detections": "x2"})
    assert history(rounds.workspace, rounds.recipe()).turns[1].informed


def test_without_a_model_coverage_alone_can_judge(hand: Handmade) -> None:
    hand.round(1, [(0, 0)])
    hand.round(2, [(1, 0), (2, 0)], closed=False)
    found = history(hand.workspace, hand.recipe())
    assert found.advice is not None
    assert list(found.advice.rulings) == [1, 2]
    told = rulings(found, 2)
    assert {name for name, one in told.items() if one.stop is not None} == {"coverage"}
    assert found.advice.fit() is None


def test_the_fitted_curve_is_drawn_up_to_the_next_batch(rounds: Handmade) -> None:
    frames = np.array([(2, p) for p in range(10, 150, 10) if p != 50])
    for number, imports in ((3, 3), (4, 4), (5, 5)):
        rounds.label({tuple(key): [] for key in frames[4 * (number - 3) :][:4].tolist()})
        rounds.round(number, [(2, 50 + number)], imports=imports - 1)
        rounds.model(number, right=13 + number, imports=imports)
    found = history(rounds.workspace, rounds.recipe())
    fit = advice(found, Stop()).fit()
    assert fit is not None
    assert [point.frames for point in found.curve] == [3, 5, 9, 13, 17]
    assert (fit["frames"][0], fit["frames"][-1]) == (3.0, 21.0)
    low, value, high = (np.array(fit[name], float) for name in ("low", "value", "high"))
    assert (np.diff(value) >= 0).all()
    assert (low <= high).all()
    assert abs(value[-1] - 0.9) < 0.2
