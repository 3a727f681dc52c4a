"""Figures of a detector, against the package's evaluation and counting by hand."""

import numpy as np
import pytest

from framesel.evaluation.boxes import Found, Truth
from framesel.evaluation.metrics import evaluate
from framesel.simulation.detector.measure import REPLICATES, measured, samples
from framesel.simulation.detector.pool import NO_CLASS, Judged
from tests.simulation.detector.small import CLASSES, Knowing, judged, pool


def mixed(judged_: Judged) -> Found:
    """Half of the scenes are known."""
    return Knowing(pool(0), judged_, np.zeros(1, np.int64), np.arange(0, 16, 2)).judged()


def test_figures_are_those_of_the_evaluation() -> None:
    there = judged()
    found = mixed(there)
    mine = measured(found, there, 1)
    theirs = evaluate(there.truth, found, CLASSES, there.video_no, replicates=0)
    assert mine["map50"][0] == pytest.approx(theirs.map50.value)
    assert mine["map50_95"][0] == pytest.approx(theirs.map50_95.value)
    assert mine["recall"][0] == pytest.approx(np.mean([c.recall for c in theirs.classes]))
    assert mine["rare_map50"][0] == pytest.approx(theirs.classes[1].ap50.value)
    assert mine["rare_recall"][0] == pytest.approx(theirs.classes[1].recall)
    assert {len(values) for values in mine.values()} == {1 + REPLICATES}


def test_samples_are_evaluations_of_repeated_videos() -> None:
    there = judged()
    found = mixed(there)
    mine = measured(found, there, NO_CLASS)
    assert set(mine) == {"map50", "map50_95", "recall"}
    for at in (1, 7):
        times = samples(16)[at].astype(np.int64)
        rows = np.concatenate(
            [np.flatnonzero(there.video_no == v) for v in np.repeat(range(16), times)]
        )
        offsets = np.arange(len(rows) + 1)  # one box in each picture
        again = evaluate(
            Truth(offsets, there.truth.xyxy[rows], there.truth.class_no[rows]),
            Found(offsets, found.xyxy[rows], found.class_no[rows], found.conf[rows]),
            CLASSES,
            np.arange(len(rows)),
            replicates=0,
        )
        assert mine["map50"][at] == pytest.approx(again.map50.value)
        assert mine["recall"][at] == pytest.approx(np.mean([c.recall for c in again.classes]))


def test_all_arms_are_judged_by_the_same_samples() -> None:
    assert np.array_equal(samples(9), samples(9))
    assert (samples(9)[0] == 1).all()
    assert (samples(9).sum(axis=1) == 9).all()
