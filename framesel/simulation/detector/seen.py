"""What a detector of the package sees in pictures, as columns of boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framesel.detectors import Detections, Detector
from framesel.evaluation.boxes import Found
from framesel.selection.vectors.arrays import F32, I64
from framesel.uncertainty.boxes import Boxes
from framesel.video import jpeg

AT_ONCE = 32

Picture = Callable[[int], bytes]
"""From a row to a JPEG file."""


@dataclass(frozen=True, eq=False)
class Seen:
    """A detector's answers for n pictures.

    Attributes:
        detections: One for each.
        size_wh: (n, 2) pixels.
        detector: Whose.
        size_px: Long side of what its network saw.
    """

    detections: Sequence[Detections]
    size_wh: I64
    detector: Detector
    size_px: int

    @property
    def _offsets(self) -> I64:
        counts = [len(found) for found in self.detections]
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    def boxes(self) -> Boxes:
        """For scores: full distributions, and features where the detector gives them."""
        from framesel.uncertainty.compact import compact

        info = self.detector.info
        logits = self._joined([found.logits for found in self.detections], len(info.classes))
        top_class, top_logit, rest = compact(logits, len(info.classes), info.activation)
        features = [found.features for found in self.detections if found.features is not None]
        return Boxes(
            offsets=self._offsets,
            size_wh=self.size_wh.astype(np.float32),
            peak=np.array([found.peak for found in self.detections], np.float32),
            faint=np.array([found.faint for found in self.detections], np.float32),
            xyxy=self._joined([found.xyxy for found in self.detections], 4),
            top_class=top_class,
            top_logit=top_logit.astype(np.float32),
            rest=rest,
            level=np.concatenate([found.level for found in self.detections]).astype(np.int8),
            head=np.concatenate([found.head for found in self.detections]).astype(np.uint8),
            classes=info.classes,
            activation=info.activation,
            features=self._joined(features, info.feature_dim) if features else None,
            strides=info.strides,
            scale=(self.size_px / self.size_wh.max(axis=1)).astype(np.float32),
        )

    def found(self, classes: Sequence[str]) -> Found:
        """For judging.

        Args:
            classes: Names in the order of the labels' numbers.
        """
        boxes = self.boxes()
        number = {name: at for at, name in enumerate(classes)}
        own = np.array([number.get(name, -1) for name in boxes.classes], np.int64)
        class_no = own[boxes.top_class[:, 0].astype(np.int64)]
        return Found(boxes.offsets, boxes.xyxy, class_no, boxes.confidence())

    @staticmethod
    def _joined(parts: Sequence[NDArray[np.floating]], width: int) -> F32:
        return np.concatenate([np.empty((0, width), np.float32), *parts]).astype(np.float32)


def look(detector: Detector, picture: Picture, rows: I64, size_px: int) -> Seen:
    """Shows pictures to a detector, a few at once.

    Args:
        detector: Any.
        picture: Gives the pictures.
        rows: (n,) which.
        size_px: What the detector was asked for.
    """
    found: list[Detections] = []
    sizes: list[tuple[int, int]] = []
    for low in range(0, len(rows), AT_ONCE):
        images = [jpeg.decode(picture(int(row))) for row in rows[low : low + AT_ONCE]]
        sizes += [(image.shape[1], image.shape[0]) for image in images]
        found += detector(images)
    return Seen(found, np.array(sizes, np.int64).reshape(-1, 2), detector, size_px)
