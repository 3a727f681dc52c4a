"""How far the footage lies from what is known, against a plain computation."""

import numpy as np
import pytest

from framesel.history import coverage as module
from framesel.history.coverage import coverage
from tests.history.handmade import FRAMES, Handmade

KEYS = {"embeddings": "e", "duplicates": "d"}


def angle(pts: int) -> float:
    return pts / 10 * 0.01


def chord(radians: float) -> float:
    return 2 * np.sin(abs(radians) / 2)


def test_distances_are_those_of_the_frames(hand: Handmade) -> None:
    known = [{(0, 0)}, {(0, 0), (1, 50)}, {(2, 150)}]
    found = coverage(hand.workspace, KEYS, known)
    times = range(0, 10 * FRAMES, 10)
    first = [chord(angle(p)) for p in times]
    second = [chord(angle(p) - angle(50)) for p in times]
    third = [chord(angle(p) - angle(150)) for p in times]
    other = FRAMES * [np.sqrt(2)]  # another video lies at a right angle; the holdout counts not
    plain = [first + other + other, first + second + other, first + second + third]
    for one, far in zip(found, plain, strict=True):
        assert one.distance == pytest.approx(np.mean(far), abs=2e-3)
        assert one.radius == pytest.approx(max(far), abs=2e-3)
        assert one.uncovered == pytest.approx(np.mean(np.array(far) > one.width))
    assert found[0].uncovered > found[1].uncovered > found[2].uncovered
    # the tenth nearest frame of its own video
    ranks = [sorted(chord(angle(p) - angle(q)) for q in times)[10] for p in times]
    assert found[0].width == pytest.approx(np.median(ranks), abs=2e-3)


def test_nothing_known_leaves_everything(hand: Handmade) -> None:
    (found,) = coverage(hand.workspace, KEYS, [set()])
    assert found.uncovered == 1.0
    assert found.distance == pytest.approx(2.0)


def test_a_duplicate_that_is_labelled_covers_what_its_keeper_does(hand: Handmade) -> None:
    keepers = {key: (key[0], key[1] - key[1] % 20) for key in hand.keys}
    hand.duplicates("d", keepers)
    (of_copy,) = coverage(hand.workspace, KEYS, [{(0, 30)}])
    (of_keeper,) = coverage(hand.workspace, KEYS, [{(0, 20)}])
    assert of_copy == of_keeper
    assert of_copy.distance < np.sqrt(2)


def test_many_frames_are_measured_on_some(hand: Handmade, monkeypatch: pytest.MonkeyPatch) -> None:
    (whole,) = coverage(hand.workspace, KEYS, [{(0, 0), (1, 0), (2, 70)}])
    monkeypatch.setattr(module, "MOST_FRAMES", 24)
    (some,) = coverage(hand.workspace, KEYS, [{(0, 0), (1, 0), (2, 70)}])
    assert some.distance == pytest.approx(whole.distance, rel=0.1)


@pytest.mark.parametrize("keys", [{}, {"embeddings": "e"}, KEYS | {"duplicates": "gone"}])
def test_without_tables_nothing_is_known(hand: Handmade, keys: dict[str, str]) -> None:
    assert coverage(hand.workspace, keys, [set()]) == []
