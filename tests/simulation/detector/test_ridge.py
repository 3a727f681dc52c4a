"""The closed-form detector, from proposals that the test makes up and from a small network."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from framesel.evaluation.boxes import Found, Truth
from framesel.evaluation.metrics import evaluate
from framesel.selection.vectors.arrays import I64
from framesel.simulation.detector.described import Described
from framesel.simulation.detector.material import Material
from framesel.simulation.detector.pool import Judged
from framesel.simulation.detector.ridge import RidgeLearner, RidgeSettings
from framesel.simulation.detector.ridge_model import LEAST_CONF, Footage
from framesel.simulation.detector.setting import judged, setting

DIM = 12
PROPOSALS = 20


def made_up(truth: Truth, size_wh: I64, seed: int) -> Described:
    """Proposals of which one shows each object, tight and a little off; features tell the class."""
    rng = np.random.default_rng(seed)
    n = len(truth)
    centre = rng.uniform(0, size_wh[:, None], (n, PROPOSALS, 2))
    size = rng.uniform(4, 12, (n, PROPOSALS, 2))
    features = rng.normal(0, 1, (n, PROPOSALS, DIM))
    features[:, :, 0] = 0
    for i in range(n):
        for place, box in enumerate(range(truth.offsets[i], truth.offsets[i + 1])):
            xyxy = truth.xyxy[box]
            off = rng.uniform(-2, 2, 2)
            centre[i, place] = (xyxy[:2] + xyxy[2:]) / 2 + off
            features[i, place, 0] = 3
            features[i, place, 1] = 3 * (2 * truth.class_no[box] - 1)
            features[i, place, 2:4] = off
    xyxy = np.concatenate([centre - size / 2, centre + size / 2], axis=2)
    count = rng.integers(PROPOSALS - 5, PROPOSALS + 1, n)
    return Described(count, xyxy.astype(np.float32), features.astype(np.float16))


@pytest.fixture(scope="session")
def footage(squares: Material, albums: Path) -> Footage:
    """Moving squares, and proposals that an oracle gave."""
    pool = setting("as_is", squares, albums).pool(0)
    dev = judged(squares, "dev", albums)
    seen = made_up(pool.album.truth, pool.album.size_wh, 0)
    return Footage(pool, dev, seen, made_up(dev.truth, dev.size_wh, 1), canvas_px=96)


SETTINGS = RidgeSettings(canvas_px=96, dim=DIM, penalty=0.01, box_penalty=0.01, negatives=3.0)


def map50(found: Found, dev: Judged) -> float:
    """Mean average precision of a model."""
    told = evaluate(dev.truth, found, dev.classes, dev.video_no, replicates=0)
    return told.map50.value


def test_what_is_learnt_is_found_where_it_is(footage: Footage) -> None:
    learner = RidgeLearner(footage, SETTINGS)
    model = learner.fit(np.arange(len(footage.pool)), seed=0)
    found = model.judged()
    assert map50(found, footage.judged) > 0.97
    assert (np.diff(found.offsets) <= 100).all()
    assert found.conf.min() >= LEAST_CONF
    sure = found.conf > 0.5
    assert sure.sum() == len(footage.judged)  # one object each
    assert (
        evaluate(
            footage.judged.truth, found, footage.pool.classes, footage.judged.video_no, replicates=0
        ).map50_95.value
        > 0.6
    )  # the moves undo that proposals are tight and off


def test_the_pool_is_seen_as_scores_want_it(footage: Footage) -> None:
    pool = footage.pool
    rows = np.arange(len(pool))
    model = RidgeLearner(footage, SETTINGS).fit(rows[::2], seed=0)
    some = np.array([5, 1, 1, 30])
    boxes, everything = model.pool(some), model.pool(rows)
    assert boxes.pictures == 4
    assert boxes.classes == pool.classes
    for at, row in enumerate(some):
        ours = slice(boxes.offsets[at], boxes.offsets[at + 1])
        theirs = slice(everything.offsets[row], everything.offsets[row + 1])
        np.testing.assert_allclose(boxes.xyxy[ours], everything.xyxy[theirs], atol=1e-3)
        np.testing.assert_allclose(boxes.confidence()[ours], everything.confidence()[theirs])
    best = everything.offsets[:-1]
    assert (everything.top_class[best, 0] == pool.truth.class_no).mean() > 0.97
    centre = (everything.xyxy[best, :2] + everything.xyxy[best, 2:]) / 2
    true = (pool.truth.xyxy[:, :2] + pool.truth.xyxy[:, 2:]) / 2
    assert np.abs(centre - true).max(axis=1).mean() < 3
    assert (everything.peak >= everything.top_logit[best, 0] - 0.01).all()
    assert (everything.faint >= -1e-4).all()


@pytest.mark.parametrize(("every", "off"), [(2, 0.12), (5, 0.2)])
def test_probabilities_are_honest(footage: Footage, every: int, off: float) -> None:
    pool = footage.pool
    boxes = (
        RidgeLearner(footage, SETTINGS)
        .fit(np.arange(0, len(pool), every), seed=0)
        .pool(np.arange(len(pool)))
    )
    picture = boxes.picture_of()
    centre = (boxes.xyxy[:, :2] + boxes.xyxy[:, 2:]) / 2
    true = (pool.truth.xyxy[:, :2] + pool.truth.xyxy[:, 2:])[picture] / 2
    there = np.abs(centre - true).max(axis=1) < 8
    right = there & (boxes.top_class[:, 0] == pool.truth.class_no[picture])
    assert abs(float(boxes.confidence().mean()) - right.mean()) < off


def test_only_the_given_rows_are_learnt_from_and_their_order_is_nothing(footage: Footage) -> None:
    rows = np.array([0, 7, 12, 21])
    truth = footage.pool.truth
    wrong = truth.class_no.copy()
    wrong[np.setdiff1d(np.arange(len(wrong)), rows)] = 0  # one box in each picture
    other = replace(footage, pool=replace(footage.pool, truth=replace(truth, class_no=wrong)))
    found = RidgeLearner(footage, SETTINGS).fit(rows, 0).judged()
    again = RidgeLearner(other, SETTINGS).fit(rows, 5).judged()
    assert np.array_equal(found.conf, again.conf)
    assert np.array_equal(found.xyxy, again.xyxy)
    turned = RidgeLearner(footage, SETTINGS).fit(rows[::-1], 0).judged()
    np.testing.assert_allclose(map50(turned, footage.judged), map50(found, footage.judged))


def test_pictures_without_objects_teach_that_there_are_none(footage: Footage) -> None:
    pool = footage.pool
    none = Truth(np.zeros(len(pool) + 1, np.int64), pool.truth.xyxy[:0], pool.truth.class_no[:0])
    empty = replace(footage, pool=replace(pool, truth=none))
    model = RidgeLearner(empty, SETTINGS).fit(np.arange(3), 0)
    assert model.judged().conf.max(initial=0.0) < 0.1
    assert np.isfinite(model.pool(np.arange(4)).peak).all()
