"""Isotonic calibration, difficulty, and AUROC with its interval."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from framesel.errors import UsageError
from framesel.uncertainty.calibration import (
    Calibration,
    auroc,
    auroc_interval,
    calibrate,
    difficulty,
)

labelled = st.lists(
    st.tuples(st.integers(-4, 4).map(float), st.booleans()), min_size=1, max_size=30
).map(lambda rows: (np.array([r[0] for r in rows]), np.array([r[1] for r in rows])))


def pool_adjacent_violators(score: np.ndarray, error: np.ndarray) -> np.ndarray:
    """The rising fit with least squares, by merging blocks: mean errors of each frame's block."""
    blocks: list[list[float]] = []  # score, mean, weight
    for value in np.unique(score):
        held = error[score == value]
        blocks.append([value, held.mean(), len(held)])
        while len(blocks) > 1 and blocks[-2][1] >= blocks[-1][1]:
            _, mean, weight = blocks.pop()
            low, before, many = blocks.pop()
            blocks.append([low, (mean * weight + before * many) / (weight + many), weight + many])
    starts = np.array([b[0] for b in blocks])
    return np.array([b[1] for b in blocks])[np.searchsorted(starts, score, side="right") - 1]


@given(labelled)
def test_probabilities_are_the_best_rising_fit(rows: tuple[np.ndarray, np.ndarray]) -> None:
    score, error = rows
    found = calibrate(score, error).probability(score)
    np.testing.assert_allclose(found, pool_adjacent_violators(score, error), atol=1e-9)
    assert found.mean() == pytest.approx(error.mean())


def test_a_worked_example() -> None:
    learnt = calibrate([0, 1, 2, 3, np.nan], [False, True, False, True, True])
    np.testing.assert_allclose(learnt.probability([0, 1, 2, 3]), [0, 0.5, 0.5, 1])
    np.testing.assert_allclose(learnt.probability([-9, 0.5, 2.5, 9]), [0, 0.25, 0.75, 1])
    assert np.isnan(learnt.probability(np.nan))
    assert (learnt.n, learnt.positives, learnt.auroc) == (4, 2, 0.75)


@given(labelled)
def test_it_survives_json(rows: tuple[np.ndarray, np.ndarray]) -> None:
    learnt = calibrate(*rows)
    again = Calibration.from_dict(json.loads(json.dumps(learnt.to_dict(), allow_nan=False)))
    grid = np.linspace(-5, 5, 41)
    assert np.array_equal(again.probability(grid), learnt.probability(grid))
    assert again.to_dict() == learnt.to_dict()


@pytest.mark.parametrize(
    "change",
    [
        {"x": []},
        {"x": "abc"},
        {"x": [2, 1]},
        {"x": [float("nan"), 1]},
        {"y": [0.1]},
        {"y": [0.9, 0.1]},
        {"y": [0.1, 1.5]},
        {"n": None},
    ],
)
def test_a_damaged_calibration_is_refused(change: dict[str, object]) -> None:
    stored = {"x": [0, 1], "y": [0.2, 0.3], "auroc": 0.6, "n": 9, "positives": 4}
    assert Calibration.from_dict(stored).probability(0.5) == pytest.approx(0.25)
    with pytest.raises(UsageError, match="calibrat"):
        Calibration.from_dict(stored | change)


def test_frames_that_all_hold_an_error_still_calibrate() -> None:
    learnt = calibrate([0.1, 0.4], [True, True])
    assert np.isnan(learnt.auroc)
    assert learnt.probability([0.0, 1.0]).tolist() == [1.0, 1.0]
    assert Calibration.from_dict(learnt.to_dict()).positives == 2


def test_nothing_to_calibrate_with() -> None:
    for score, error in (([], []), ([np.nan], [True]), ([np.inf], [True])):
        with pytest.raises(UsageError, match="labelled frames"):
            calibrate(score, error)
    with pytest.raises(UsageError, match="shape"):
        calibrate([1.0, 2.0], [True])


def test_difficulty_is_the_calibrated_probability() -> None:
    learnt = Calibration((0.0, 1.0), (0.0, 1.0), 0.9, 10, 5)
    words = difficulty([0.0, 0.33, 0.34, 0.66, 0.67, 1.0, np.nan], learnt)
    assert words.tolist() == ["easy", "easy", "medium", "medium", "hard", "hard", "unknown"]


def test_uncalibrated_difficulty_is_three_equal_parts() -> None:
    words = difficulty(np.append(np.arange(9.0)[::-1], np.nan))
    assert words.tolist() == ["hard"] * 3 + ["medium"] * 3 + ["easy"] * 3 + ["unknown"]
    assert difficulty(np.zeros(5)).tolist() == ["medium"] * 5
    assert difficulty([]).tolist() == []


@given(labelled)
def test_auroc_is_sklearns(rows: tuple[np.ndarray, np.ndarray]) -> None:
    score, error = rows
    if error.all() or not error.any():
        assert np.isnan(auroc(score, error))
    else:
        assert auroc(score, error) == pytest.approx(roc_auc_score(error, score))
        assert auroc(np.append(score, np.nan), np.append(error, True)) == auroc(score, error)
        assert auroc(-score, error) == pytest.approx(1 - auroc(score, error))


def test_the_interval_is_that_of_drawn_clips() -> None:
    rng = np.random.default_rng(1)
    group = np.repeat(list("abcdefgh"), 10)
    error = rng.random(80) < 0.4
    score = np.round(error + rng.normal(0, 1.5, 80), 1)
    score[3] = np.nan
    draws = np.random.default_rng(7)
    by_hand = []
    for _ in range(200):
        rows = np.concatenate(
            [np.flatnonzero(group == "abcdefgh"[g]) for g in draws.integers(8, size=8)]
        )
        rows = rows[~np.isnan(score[rows])]
        by_hand.append(roc_auc_score(error[rows], score[rows]))
    low, high = auroc_interval(score, error, group, n=200, seed=7, level=0.9)
    np.testing.assert_allclose([low, high], np.quantile(by_hand, [0.05, 0.95]))
    assert low < auroc(score, error) < high


def test_clips_make_the_interval_wider_than_frames_would() -> None:
    rng = np.random.default_rng(5)
    group = np.repeat(np.arange(12), 30)
    error = np.repeat(rng.random(12) < 0.5, 30)
    score = np.repeat(rng.normal(0, 1, 12), 30) + error
    clips = np.ptp(auroc_interval(score, error, group, n=300))
    frames = np.ptp(auroc_interval(score, error, np.arange(360), n=300))
    assert clips > 2 * frames


def test_an_interval_without_errors_is_unknown() -> None:
    assert np.isnan(auroc_interval([1.0, 2.0], [True, True], [0, 1], n=20)).all()
    assert np.isnan(auroc_interval([], [], [], n=20)).all()
