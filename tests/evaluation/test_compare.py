"""Two detectors on the same videos: paired samples, and the word."""

import json

import numpy as np
import pytest

from framesel.errors import UsageError
from framesel.evaluation.boxes import Found, Truth
from framesel.evaluation.compare import Difference, difference
from framesel.evaluation.metrics import evaluate
from tests.evaluation.scenes import coco, offsets, repeated, scene


def test_each_side_is_what_it_is_alone_and_the_interval_is_of_the_same_samples() -> None:
    one, other = scene(6, pictures=12, ties=False), scene(7, pictures=12, ties=False)
    video = np.arange(12) % 5
    told = difference(one.truth, one.found, other.found, one.classes, video, replicates=10, seed=4)
    alone = [
        evaluate(one.truth, found, one.classes, video, replicates=0)
        for found in (one.found, other.found)
    ]
    assert told.map50.before == alone[0].map50.value
    assert told.map50_95.after == alone[1].map50_95.value
    assert told.classes["class 0"].after == alone[1].classes[0].ap50.value
    gains = []
    for counts in np.random.default_rng(4).multinomial(5, np.full(5, 0.2), size=10):
        pictures = np.repeat(np.arange(12), counts[video])
        truth = repeated(one.truth, pictures)
        a, b = (
            np.nanmean(coco(truth, repeated(found, pictures), 3)[0][:, 0])
            for found in (one.found, other.found)
        )
        gains.append(b - a)
    expected = np.quantile(gains, [0.025, 0.975])
    assert told.map50.difference[1:] == pytest.approx(expected, abs=1e-9)
    json.dumps(told.json(), allow_nan=False)


def half(seed: int, share: float) -> tuple[Truth, Found]:
    """Twenty pictures with an object each; the detector finds a share of them."""
    rng = np.random.default_rng(seed)
    squares = np.tile(np.array([[0, 0, 8, 8]], np.float32), (20, 1))
    seen = (rng.permutation(20) < 20 * share).astype(np.int64)
    rows = int(seen.sum())
    found = Found(
        offsets(seen), squares[:rows], np.zeros(rows, np.int64), np.ones(rows, np.float32)
    )
    return Truth(offsets([1] * 20), squares, np.zeros(20, np.int64)), found


def compared(before: float, after: float, video: np.ndarray) -> Difference:
    truth, found_a = half(0, before)
    return difference(truth, found_a, half(1, after)[1], ["dot"], video, replicates=200)


def test_the_word() -> None:
    videos = np.arange(20)
    assert compared(0.2, 0.9, videos).word == "better"
    assert compared(0.9, 0.2, videos).word == "worse"
    assert str(compared(0.9, 0.2, videos)).endswith("worse")
    assert compared(0.5, 0.55, videos).word == "not told apart"
    assert compared(0.5, 0.5, videos).map50.difference.value == pytest.approx(0.0, abs=1e-12)


def test_one_video_tells_nothing_apart() -> None:
    told = compared(0.2, 0.9, np.zeros(20, np.int64))
    assert told.word == "not told apart"
    assert told.json()["map50"]["difference"]["low"] is None
    assert "points of mAP50: not told apart" in str(told)


def test_nothing_labelled_is_nothing_to_compare() -> None:
    empty = Truth(offsets([0]), np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    none = Found(empty.offsets, empty.xyxy, empty.class_no, np.zeros(0, np.float32))
    told = difference(empty, none, none, ["dot"], np.zeros(1), replicates=3)
    assert str(told) == "nothing to compare"
    with pytest.raises(UsageError, match="1 pictures, but videos for 2"):
        difference(empty, none, none, ["dot"], np.zeros(2))
