"""Stop rules on recorded curves."""

import numpy as np
import pytest

from framesel.simulation.detector.arms import arms_named
from framesel.simulation.detector.replayed import RULES, curve, replay_grid
from framesel.simulation.detector.results import Record

FRAMES = np.array([10.0, 20.0, 40.0, 80.0, 160.0])


def record(arm: str, map50: list[float], uncovered: list[float], agreement: list[float]) -> Record:
    drawn = np.array(map50)[:, None] + np.array([0.0, -0.02, 0.02])
    unknown = np.full(5, np.nan)
    figures = {
        "frames": FRAMES,
        "boxes": FRAMES / 2,
        "agreement": np.array(agreement),
        "kappa": np.array(agreement),
        "uncertain": unknown,
        "ratio": unknown,
        "heard": np.array([0.0, 0, 1, 1, 1]),
        "uncovered": np.array(uncovered),
        "radius": np.linspace(1, 0.5, 5),
    }
    budgets = tuple(int(frames) for frames in FRAMES)
    picks = tuple(np.arange(budget) for budget in budgets)
    return Record("dwell", arm, 0, budgets, picks, figures, {"map50": drawn})


FLAT = record("cover", [0.5] * 5, [0.2, 0.04, 0.03, 0.02, 0.01], [np.nan, 0.99, 0.99, 0.99, 0.99])
RISING = record("random", [0.1, 0.3, 0.5, 0.7, 0.9], [0.9] * 5, [np.nan, 0.2, 0.2, 0.2, 0.2])


def test_what_was_known_is_told_as_the_rules_want_it() -> None:
    known = curve(FLAT, informed=True)
    assert [one.labels for one in known] == FRAMES.tolist()
    assert known[0].error == pytest.approx(0.02)
    assert known[0].batch_s == pytest.approx(8 * 10 + 4 * 5)
    assert np.isnan(known[-1].batch_s)
    assert [one.informed for one in known] == [False, False, True, True, True]
    assert not any(one.informed for one in curve(FLAT, informed=False))


def test_rules_end_what_brings_nothing_and_not_what_rises() -> None:
    arms = arms_named(["cover", "random", "stratified"])
    found = replay_grid("dwell, ridge", [FLAT, RISING], arms, RULES)
    assert found is not None
    rows = {(row[0], row[1]): row[2:] for row in found.rows}
    # Covered from 20 of 160 frames on, at the same mAP.
    assert rows["cover", "coverage"] == ("1 of 1", "20", "88%", "0.000")
    assert rows["cover", "predictions"][0] == "1 of 1"
    # A point is worth an hour: nothing gained is not worth the quarter of one.
    assert (rows["cover", "value"][0], rows["random", "value"][0]) == ("1 of 1", "0 of 1")
    assert rows["random", "recommended"] == ("0 of 1", "160", "0%", "0.000")
    assert ("stratified", "coverage") not in rows  # it chooses anew: there is nothing to end


def test_what_is_lost_is_told() -> None:
    covered = [0.01] * 5
    risen = record("cover", [0.1, 0.3, 0.5, 0.7, 0.9], covered, [np.nan, 0.2, 0.2, 0.2, 0.2])
    found = replay_grid("dwell, ridge", [risen], arms_named(["cover"]), RULES)
    assert found is not None
    (row,) = [row for row in found.rows if row[1] == "coverage"]
    assert row[2:] == ("1 of 1", "10", "94%", "0.800")
    assert replay_grid("dwell, ridge", [], arms_named(["cover"]), RULES) is None
