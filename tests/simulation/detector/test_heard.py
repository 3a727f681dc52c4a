"""What a detector says of a pool: scores, counts, objects, errors."""

import numpy as np
import pytest

from framesel.simulation.detector.heard import Heard, errors
from framesel.simulation.detector.world import World
from framesel.uncertainty.one_pass import box_scores
from tests.simulation.detector.small import SCENES, Teacher, judged, pool


@pytest.fixture
def world() -> World:
    footage, there = pool(3), judged()
    return World(footage, there, Teacher(footage, there))


@pytest.fixture
def heard(world: World) -> Heard:
    return world.heard(np.array([0]))


def test_what_is_unknown_is_doubted_more(heard: Heard) -> None:
    sure = heard.boxes.top_logit[:, 0] > 0
    assert 0 < sure.sum() < len(sure)
    for doubt in (heard.doubt, heard.entropy):
        assert doubt[~sure].min() > doubt[sure].max()
        assert doubt.min() >= 0.05
        assert doubt.max() <= 1


def test_scores_are_those_of_the_boxes(heard: Heard) -> None:
    # One box in a picture, and top_mean divides by ten.
    per_box = box_scores(heard.boxes)["entropy"]
    assert heard.scores["entropy"] == pytest.approx(per_box / 10)


def test_confident_boxes_are_counted_by_class(heard: Heard) -> None:
    sure = heard.boxes.confidence() >= 0.25
    classes = heard.boxes.top_class[:, 0]
    for number in range(2):
        assert heard.class_counts[:, number].tolist() == (sure & (classes == number)).tolist()


def test_objects_have_unit_features_or_there_are_none(heard: Heard) -> None:
    objects = heard.objects
    assert objects is not None
    assert objects.features.shape == (int((heard.boxes.confidence() >= 0.25).sum()), SCENES)
    assert np.linalg.norm(objects.features, axis=1) == pytest.approx(1)
    object.__setattr__(heard.boxes, "features", None)
    assert Heard(heard.pool, heard.boxes).objects is None


def test_errors_are_where_the_detector_is_wrong(world: World, heard: Heard) -> None:
    rows = np.arange(0, len(world.pool), 7)
    boxes = heard.boxes.pick(rows)
    # A scene that is known is found; of the others the box is misplaced.
    assert errors(boxes, world.truth(rows)).tolist() == (boxes.top_logit[:, 0] < 0).tolist()
