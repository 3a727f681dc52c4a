"""Picks against random frames: how uncertain they were, and what the detector saw in them."""

import math

import numpy as np
import pytest

from framesel.history.balance import balance
from framesel.history.behind import behind
from framesel.history.uncertainty import uncertainty
from framesel.rounds import state
from tests.history.handmade import FRAMES, Handmade


def this(hand: Handmade, number: int) -> tuple[state.Round, dict[str, str]]:
    found = next(one for one in state.rounds(hand.workspace) if one.number == number)
    return found, behind(hand.workspace, found.selection)


def test_picks_are_held_against_controls(rounds: Handmade) -> None:
    found = uncertainty(rounds.workspace, *this(rounds, 1))
    assert found is not None
    assert found.picked == pytest.approx(0.8)
    assert (found.picks, found.controls) == (2, 1)
    assert found.control == pytest.approx(0.2)
    n = 4 * FRAMES
    assert found.pool == pytest.approx((0.1 * (n - 3) + 0.9 + 0.7 + 0.2) / n)
    assert found.ratio == pytest.approx(4.0)
    assert math.isnan(found.error)
    assert found.json()["error"] is None


def test_without_controls_all_frames_stand_for_chance(rounds: Handmade) -> None:
    found = uncertainty(rounds.workspace, *this(rounds, 3))
    assert found is not None
    assert found.controls == 0
    assert found.ratio == pytest.approx(1.0)
    assert found.json()["control"] is None


def test_a_calibrated_score_tells_the_chance_of_an_error(rounds: Handmade) -> None:
    found = uncertainty(rounds.workspace, *this(rounds, 2))
    assert found is not None
    assert found.error == pytest.approx(0.125)


def test_guesses_in_picks_and_in_all_frames(rounds: Handmade) -> None:
    found = balance(rounds.workspace, *this(rounds, 2))
    assert found is not None
    assert found.classes == ("bird", "drone")
    np.testing.assert_array_equal(found.pool, [2 * FRAMES, 2 * FRAMES])
    np.testing.assert_array_equal(found.picks, [2, 0])


def test_unsure_boxes_do_not_count(hand: Handmade) -> None:
    hand.detections("x", {(0, 0): [(1, 1, 9, 9, 1, 0.9), (1, 1, 9, 9, 0, 0.2)]})
    hand.round(1, [(0, 0)], {"detections": "x"})
    found = balance(hand.workspace, *this(hand, 1))
    assert found is not None
    assert found.json() == {"classes": ["drone"], "picks": [1], "pool": [1]}


def test_without_a_detector_nothing_is_known(hand: Handmade) -> None:
    hand.round(1, [(0, 0)])
    assert uncertainty(hand.workspace, *this(hand, 1)) is None
    assert balance(hand.workspace, *this(hand, 1)) is None
