"""FiftyOne's mistakenness by worked examples."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from framesel.errors import UsageError
from framesel.uncertainty.annotated import Annotated
from framesel.uncertainty.mistakenness import mistakenness
from tests.uncertainty.annotated import random_annotated


def test_a_worked_example() -> None:
    boxes = Annotated(
        np.array([0, 3]),
        np.array([[0.0, 0, 10, 10], [20, 0, 30, 10], [50, 50, 60, 60]]),
        np.array([0, 1, 1]),
        np.array([0, 4]),
        # On the first; a better fit that is less sure; on the second, of another class; alone.
        np.array([[0.0, 0, 10, 8], [0, 0, 10, 10], [20, 0, 30, 10], [80, 80, 90, 90]]),
        np.array([[0.9, 0, 0.1], [0.4, 0, 0.6], [0.8, 0.1, 0.1], [0.97, 0, 0.03]]),
        np.array([[100, 100]]),
    )
    found = mistakenness(boxes)
    np.testing.assert_array_equal(found.partner, [0, 2, -1])
    np.testing.assert_allclose(found.class_, [(1 - 0.9) / 2, (1 + 0.8) / 2, np.nan])
    # IoU 0.8 is 0.4 of the way from 1 to 0.5; IoU 1 is none of it.
    np.testing.assert_allclose(found.place, [(0.9 * (0.8 - 1) + 1) / 2, (1 - 0.8) / 2, np.nan])
    np.testing.assert_array_equal(found.missing, [False, False, False, True])
    np.testing.assert_array_equal(found.spurious, [False, False, True])
    surer = mistakenness(boxes, np.array([0.3, 0.6, 0.8, 0.9]), missing=0.25)
    np.testing.assert_array_equal(surer.partner, [1, 2, -1])
    np.testing.assert_array_equal(surer.missing, [True, False, False, True])


@pytest.mark.parametrize("seed", range(3))
def test_it_pairs_as_a_plain_loop_does(seed: int) -> None:
    from framesel.uncertainty.matching import iou

    boxes = random_annotated(seed, pictures=20)
    expected = np.full(len(boxes.xyxy), -1)
    for other in np.argsort(-boxes.sure, kind="stable"):
        rows = np.flatnonzero((boxes.picture == boxes.seen_picture[other]) & (expected < 0))
        overlap = iou(boxes.seen_xyxy[[other]], boxes.xyxy[rows])[0]
        if len(rows) and overlap.max() >= 0.5:
            expected[rows[overlap.argmax()]] = other
    np.testing.assert_array_equal(mistakenness(boxes).partner, expected)
    assert (expected >= 0).any()


def test_a_confidence_for_each_detection_is_needed() -> None:
    boxes = random_annotated(0)
    with pytest.raises(UsageError, match="confidences"):
        mistakenness(boxes, boxes.sure[1:])
    nothing = np.zeros(boxes.pictures + 1, np.int64)
    blind = replace(boxes, seen_offsets=nothing, seen_xyxy=np.zeros((0, 4)), share=np.zeros((0, 5)))
    assert mistakenness(blind).spurious.all()
