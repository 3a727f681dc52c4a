"""What an evaluation says by class, video, difficulty and size, and its intervals."""

import json
import math

import numpy as np
import pytest

from framesel.errors import UsageError
from framesel.evaluation.boxes import Found, Truth
from framesel.evaluation.metrics import evaluate
from framesel.evaluation.results import Metrics
from tests.evaluation.scenes import Scene, coco, offsets, repeated, scene

HARDNESS = ("easy", "hard", "medium", "hard")


def judged(one: Scene, **how: object) -> Metrics:
    return evaluate(one.truth, one.found, one.classes, one.video, **{"replicates": 200, **how})


def mean_of_classes(values: np.ndarray) -> float:
    return float(np.nanmean(values))


def test_all_of_it_against_pycocotools() -> None:
    one = scene(1, pictures=16)
    hardness = [HARDNESS[at % 4] for at in range(16)]
    told = judged(one, hardness=hardness)
    whole = coco(one.truth, one.found, 3)[0]
    assert told.map50.value == pytest.approx(mean_of_classes(whole[:, 0]), abs=1e-9)
    assert told.map50_95.value == pytest.approx(mean_of_classes(whole), abs=1e-9)
    for at, per_class in enumerate(told.classes):
        expected = whole[at].mean()
        assert per_class.ap50_95.value == pytest.approx(expected, abs=1e-9, nan_ok=True)
        assert per_class.objects == (one.truth.class_no == at).sum()
    assert [video.video for video in told.videos] == sorted(set(one.video.tolist()))
    for video in told.videos:
        check(one, np.flatnonzero(one.video == video.video), video.map50, video.map50_95)
    assert [part.name for part in told.difficulty] == ["easy", "medium", "hard"]
    for part in told.difficulty:
        rows = np.flatnonzero([name == part.name for name in hardness])
        check(one, rows, part.map50.value, part.map50_95.value)
        assert part.frames == len(rows)
    sizes = coco(one.truth, one.found, 3, [[0, 32**2], [32**2, 96**2], [96**2, 1e10]])
    for part, expected in zip(told.sizes, sizes, strict=True):
        assert part.map50.value == pytest.approx(mean_of_classes(expected[:, 0]), abs=1e-9)


def check(one: Scene, pictures: np.ndarray, map50: float, map50_95: float) -> None:
    alone = coco(repeated(one.truth, pictures), repeated(one.found, pictures), 3)[0]
    assert map50 == pytest.approx(mean_of_classes(alone[:, 0]), abs=1e-9)
    assert map50_95 == pytest.approx(mean_of_classes(alone), abs=1e-9)


def test_thirds_share_the_objects_out() -> None:
    one = scene(2, pictures=30)
    told = judged(one, replicates=0)
    counts = [part.objects for part in told.thirds]
    assert sum(counts) == told.objects == len(one.truth.xyxy)
    assert max(counts) - min(counts) <= 2
    assert 0 < told.third_px[0] < told.third_px[1]


def test_intervals_are_quantiles_of_evaluating_samples_anew() -> None:
    one = scene(5, pictures=16, videos=6, ties=False)
    told = judged(one, replicates=12, seed=3)
    drawn = np.random.default_rng(3).multinomial(6, np.full(6, 1 / 6), size=12)
    values = []
    for counts in drawn:
        pictures = np.repeat(np.arange(16), counts[one.video])
        anew = coco(repeated(one.truth, pictures), repeated(one.found, pictures), 3)[0]
        values.append(mean_of_classes(anew[:, 0]))
    low, high = np.quantile(values, [0.025, 0.975])
    assert told.map50.low == pytest.approx(low, abs=1e-9)
    assert told.map50.high == pytest.approx(high, abs=1e-9)
    assert told.map50.low < told.map50.value < told.map50.high
    assert repr(judged(one, replicates=12, seed=3)) == repr(told)


def test_recall_and_precision_at_a_confidence() -> None:
    squares = np.array([[x, 0, x + 8, 8] for x in (0, 20, 40, 60)], np.float32)
    numbers = np.zeros(4, np.int64)
    conf = np.array([0.9, 0.5, 0.3, 0.1], np.float32)
    found = Found(offsets([2, 2]), squares, numbers, conf)
    truth = Truth(offsets([3, 2]), squares[[0, 2, 3, 2, 0]], np.zeros(5, np.int64))
    told = evaluate(truth, found, ["dot"], np.array([7, 7]), replicates=10, confidence=0.3)
    (dot,) = told.classes
    assert dot.recall == pytest.approx(2 / 5)
    assert dot.precision == pytest.approx(2 / 3)
    assert told.confidence == 0.3
    assert math.isnan(told.map50.low)  # one video says nothing of others


def test_nothing_labelled_is_nan_and_not_zero() -> None:
    empty = Truth(offsets([0, 0]), np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    none = Found(empty.offsets, empty.xyxy, empty.class_no, np.zeros(0, np.float32))
    told = evaluate(empty, none, ["dot"], np.array([0, 1]), hardness=["easy", "odd"], replicates=9)
    assert math.isnan(told.map50.value)
    assert math.isnan(told.map50.low)
    assert told.videos[0].frames == 1
    assert math.isnan(told.videos[0].map50)
    assert math.isnan(told.classes[0].recall)
    assert [part.name for part in told.difficulty] == ["easy", "odd"]
    assert told.thirds == ()
    json.dumps(told.json(), allow_nan=False)


def test_no_picture_at_all() -> None:
    truth = Truth(offsets([]), np.zeros((0, 4), np.float32), np.zeros(0, np.int64))
    found = Found(truth.offsets, truth.xyxy, truth.class_no, np.zeros(0, np.float32))
    told = evaluate(truth, found, ["dot"], np.zeros(0, np.int64), replicates=5)
    assert (told.frames, told.objects, told.videos) == (0, 0, ())
    assert math.isnan(told.map50.value)


def test_json_goes_there_and_back() -> None:
    one = scene(4, classes=4)
    told = judged(one, hardness=["easy"] * 12, replicates=20)
    text = json.dumps(told.json(), allow_nan=False)
    again = Metrics.read(json.loads(text))
    assert repr(again) == repr(told)  # nan is not equal to itself
    assert json.loads(text)["map50"].keys() == {"value", "low", "high"}


def test_a_wrong_number_of_videos_is_refused() -> None:
    one = scene(0)
    with pytest.raises(UsageError, match="12 pictures, but videos for 3"):
        evaluate(one.truth, one.found, one.classes, np.zeros(3))
