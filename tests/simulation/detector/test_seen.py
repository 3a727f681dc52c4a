"""A detector's answers as columns."""

from collections.abc import Sequence

import numpy as np
import pytest

from framesel.detectors import Detections, DetectorInfo, LastLayer
from framesel.simulation.detector.seen import AT_ONCE, look
from framesel.uncertainty.compact import dense
from framesel.video import jpeg


class Corner:
    """Sees a thing in the corner of each picture that is wide enough, surer in brighter ones."""

    last_layer: LastLayer | None = None

    def __init__(self, features: int = 2) -> None:
        self.info = DetectorInfo("corner", "0", ("b", "a", "other"), "sigmoid", (8,), features)
        self.asked: list[int] = []

    def __call__(self, images: Sequence[np.ndarray]) -> list[Detections]:
        self.asked.append(len(images))
        return [self.one(image) for image in images]

    def one(self, image: np.ndarray) -> Detections:
        count = int(image.shape[1] > 10)
        logits = np.tile(np.array([-1.0, image.mean() / 50, -2.0], np.float32), (count, 1))
        return Detections(
            xyxy=np.tile(np.array([0, 0, 4, 4], np.float32), (count, 1)),
            logits=logits,
            level=np.zeros(count, np.int8),
            head=np.zeros(count, np.uint8),
            features=np.ones((count, 2), np.float32) if self.info.feature_dim else None,
            sides=None,
            peak=float(image.mean()),
            faint=0.5,
        )


def picture(row: int) -> bytes:
    width = 8 if row == 1 else 20
    return jpeg.encode(np.full((12, width, 3), 40 * row % 250, np.uint8), 95, None)


def test_answers_become_columns_with_full_distributions() -> None:
    found = look(Corner(), picture, np.array([3, 1, 2]), 40)
    boxes = found.boxes()
    assert boxes.offsets.tolist() == [0, 1, 1, 2]
    assert boxes.size_wh.tolist() == [[20, 12], [8, 12], [20, 12]]
    assert boxes.scale == pytest.approx([2, 40 / 12, 2])
    assert boxes.peak == pytest.approx([120, 40, 80], abs=2)
    assert boxes.faint.tolist() == [0.5] * 3
    z = np.array([-1.0, boxes.peak[0] / 50, -2.0, 0.0])
    assert dense(boxes)[0] == pytest.approx(np.exp(z) / np.exp(z).sum(), abs=2e-3)
    assert boxes.features is not None
    assert boxes.features.shape == (2, 2)
    assert look(Corner(features=0), picture, np.array([3]), 40).boxes().features is None


def test_classes_are_matched_by_name() -> None:
    found = look(Corner(), picture, np.array([3, 1]), 40).found(("a", "c"))
    assert found.class_no.tolist() == [0]
    assert found.conf == pytest.approx(1 / (1 + np.exp(-120 / 50)), abs=2e-3)
    strange = look(Corner(), picture, np.array([3]), 40).found(("c",))
    assert strange.class_no.tolist() == [-1]


def test_nothing_at_all_is_seen_in_nothing() -> None:
    detector = Corner()
    found = look(detector, picture, np.ones(AT_ONCE + 3, np.int64), 40).found(("a",))
    assert detector.asked == [AT_ONCE, 3]
    assert len(found) == AT_ONCE + 3
    assert found.xyxy.shape == (0, 4)
