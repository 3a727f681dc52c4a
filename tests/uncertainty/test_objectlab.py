"""ObjectLab's scores against cleanlab, its authors' package."""

from __future__ import annotations

import numpy as np
import pytest
from cleanlab.object_detection import rank

from framesel.errors import UsageError
from framesel.uncertainty.annotated import Annotated
from framesel.uncertainty.objectlab import objectlab, soft_minimum
from tests.uncertainty.annotated import for_cleanlab, random_annotated


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("classes", [1, 2, 4])
def test_boxes_and_pictures_score_as_cleanlab_scores_them(seed: int, classes: int) -> None:
    # With three classes cleanlab takes some predictions for those of another layout.
    boxes = random_annotated(seed, classes=classes)
    labels, predictions, rows = for_cleanlab(boxes)
    found = objectlab(boxes)

    both = {"labels": labels, "predictions": predictions}
    theirs = np.concatenate(rank.compute_overlooked_box_scores(**both))
    np.testing.assert_allclose(found.overlooked[rows], theirs, rtol=1e-9)
    located = np.concatenate(rank.compute_badloc_box_scores(**both))
    np.testing.assert_allclose(found.located, located, rtol=1e-9)
    swapped = np.concatenate(rank.compute_swap_box_scores(**both))
    np.testing.assert_allclose(found.swapped, swapped, rtol=1e-9)
    quality = rank.get_label_quality_scores(labels, predictions, verbose=False)
    np.testing.assert_allclose(found.quality, quality, rtol=1e-9)
    assert (quality < 0.99).any()
    assert np.isfinite(theirs).any()


def test_contradicting_labels_are_swapped_unless_that_is_not_asked() -> None:
    place = np.array([[0.0, 0.0, 10.0, 10.0]])
    boxes = Annotated(
        np.array([0, 2, 3]),
        np.concatenate([place, place + 0.1, place]),
        np.array([0, 1, 0]),
        np.array([0, 0, 1]),
        place + 2.0,
        np.array([[0.7, 0.2, 0.1]]),
        np.full((2, 2), 20.0),
    )
    least = 0.9 * (64 / 136) + 0.1 * np.exp(-0.1 * np.sqrt(8))
    np.testing.assert_allclose(objectlab(boxes).swapped, [least, least, 1.0])
    np.testing.assert_array_equal(objectlab(boxes, contradictions=False).swapped, 1.0)


def test_thresholds_are_those_that_are_given() -> None:
    boxes = random_annotated(3, pictures=30)
    labels, predictions, rows = for_cleanlab(boxes)
    found = objectlab(boxes, low=0.2, high=0.4)
    both = {"labels": labels, "predictions": predictions}
    theirs = rank.compute_overlooked_box_scores(**both, high_probability_threshold=0.4)
    np.testing.assert_allclose(found.overlooked[rows], np.concatenate(theirs), rtol=1e-9)
    located = rank.compute_badloc_box_scores(**both, low_probability_threshold=0.2)
    np.testing.assert_allclose(found.located, np.concatenate(located), rtol=1e-9)


def test_the_soft_minimum_of_nothing_is_one() -> None:
    scores, picture = np.array([0.0, 1.0, 0.3]), np.array([0, 0, 2])
    np.testing.assert_allclose(soft_minimum(scores, picture, 3), [1 / (1 + np.exp(10)), 1.0, 0.3])


def test_a_confidence_for_each_detection_is_needed() -> None:
    boxes = random_annotated(1)
    with pytest.raises(UsageError, match="confidences"):
        objectlab(boxes, boxes.sure[:-1])
