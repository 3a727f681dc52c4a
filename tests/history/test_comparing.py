"""Successive models are compared on frames that both have looked at."""

import numpy as np
import pytest

from framesel.evaluation.boxes import Found
from framesel.history.behind import behind
from framesel.history.comparing import agreements, draw_stop_set
from framesel.history.detected import detected
from framesel.learning import found as found_table
from framesel.rounds import models, state, stop_set
from framesel.workspace import write_table
from tests.history.handmade import FRAMES, Handmade
from tests.history.story import BOX


def compared(hand: Handmade) -> dict[int, tuple[float, str]]:
    keys = {
        one.number: behind(hand.workspace, one.selection) for one in state.rounds(hand.workspace)
    }
    known = {model.round: model for model in models.models(hand.workspace)}
    found = agreements(hand.workspace, hand.recipe(), keys, known)
    return {number: (one.f1, one.on) for number, one in found.items()}


def test_models_are_compared_on_the_stop_set(rounds: Handmade) -> None:
    draw_stop_set(rounds.workspace, rounds.recipe())
    found = compared(rounds)
    # every second frame's class differs in round 1; nothing does in round 2
    assert found[1][0] == pytest.approx(0.5, abs=0.1)
    assert found[2] == (1.0, "stop set")
    assert 3 not in found  # its model is not there yet


def test_the_stop_set_is_drawn_once_and_holds_nothing_known(rounds: Handmade) -> None:
    draw_stop_set(rounds.workspace, rounds.recipe("stop.frames=1000"))
    first = stop_set.read(rounds.workspace)
    assert first is not None
    keys = stop_set.keys(first, {f"digest-{n}": n for n in range(4)})
    known = {(0, 0), (1, 0), (2, 0), (0, 50), (1, 50), (2, 50)}
    free = {key for key in rounds.keys if key[0] != 3}
    assert set(keys) == free - known
    draw_stop_set(rounds.workspace, rounds.recipe("stop.frames=3", "stop.seed=1"))
    assert stop_set.read(rounds.workspace) == first


def test_other_classes_are_not_compared(hand: Handmade) -> None:
    hand.detections("a", {(0, 10): [(*BOX, 0, 0.9)]}, classes=("person",))
    hand.detections("b", {(0, 10): [(*BOX, 0, 0.9)]})
    hand.round(1, [(0, 0)], {"detections": "a"})
    hand.round(2, [(1, 0)], {"detections": "b"})
    draw_stop_set(hand.workspace, hand.recipe())
    assert compared(hand) == {}


def leave(hand: Handmade, number: int, boxes: dict[tuple[int, int], int]) -> None:
    """What a model found in the holdout: one box of a class in some frames."""
    rows = [
        {"video_no": v, "pts": p, "set": "holdout", "xyxy": list(BOX), "class_no": [c]}
        | {"conf": [0.9]}
        for (v, p), c in boxes.items()
    ]
    path = hand.root / f"models/{number:08d}" / found_table.NAME
    table = found_table.SCHEMA.empty_table().from_pylist(rows, schema=found_table.SCHEMA)
    write_table(path, found_table.SCHEMA, table.to_batches())


def test_before_the_next_round_they_are_compared_on_the_holdout(rounds: Handmade) -> None:
    rounds.model(3, right=15, imports=2)
    leave(rounds, 2, {(3, 0): 0, (3, 10): 1, (3, 20): 0})
    leave(rounds, 3, {(3, 20): 0, (3, 10): 0, (3, 30): 0})
    # two frames are shared; the models say the same of one
    assert compared(rounds)[3] == (0.5, "holdout")


def test_stored_boxes_come_back_frame_by_frame(hand: Handmade) -> None:
    guesses = {
        key: [(at, 0.0, at + 10.0, 20.0, at % 2, 0.9)] * (at % 3)
        for at, key in enumerate(hand.keys[:FRAMES])
    }
    hand.detections("x", guesses)
    wanted = [hand.keys[5], hand.keys[1], hand.keys[2], (99, 0)]
    found = detected(hand.workspace, "x", wanted)
    assert found is not None
    assert found.keys == tuple(sorted(wanted[:3]))
    for key, boxes in zip(found.keys, split(found.found), strict=True):
        expected = [[v / 100 for v in guess[:4]] for guess in guesses[key]]
        np.testing.assert_allclose(boxes, np.array(expected).reshape(-1, 4), atol=1e-6)
    some = found.only([hand.keys[5], hand.keys[1]])
    assert some.keys == (hand.keys[5], hand.keys[1])
    assert [len(boxes) for boxes in split(some.found)] == [2, 1]
    assert split(some.found)[1][0][0] == pytest.approx(0.01)
    assert detected(hand.workspace, "x", [(99, 0)]) is None


def split(found: Found) -> list[np.ndarray]:
    return [found.xyxy[a:b] for a, b in zip(found.offsets[:-1], found.offsets[1:], strict=True)]
