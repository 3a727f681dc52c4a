"""The detector around an exported network: pictures in, its table of scores to boxes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.special import logit

from framesel.detectors.detector import F32, Detections, DetectorInfo, DetectSettings, Image
from framesel.detectors.fixed_size import fit_into
from framesel.detectors.letterbox import GRAY, back, check_picture, fit
from framesel.detectors.yolo_boxes import Rows, Rule, detections_of
from framesel.errors import WeightsError

PLACE_COLUMNS = 4
# Probabilities nearer to 0 or 1 than this are cut off: in single precision they are 0 and 1.
NEAREST = 1e-7
ROUNDING = 1e-2
NO_LEVEL = -1


class ExportedDetector:
    """A detector made of an exported network; see the contract in ``detector.py``.

    Attributes:
        info: What is known of it.
        last_layer: None: an export does not tell.
    """

    last_layer = None

    def __init__(
        self,
        info: DetectorInfo,
        request: Any,
        settings: DetectSettings,
        *,
        shape_hw: tuple[int, int] | None,
        free_px: int,
        stride: int,
        pictures: int,
    ) -> None:
        """Take a request of OpenVINO.

        Args:
            info: What is known of it; ``classes`` may follow.
            request: Takes (n, h, w, 3) uint8.
            settings: How it is asked.
            shape_hw: Height and width of its input, None where they are free.
            free_px: Long side where they are free.
            stride: Of the coarsest level, for free sizes.
            pictures: How many it takes at once.
        """
        self.info = info
        self._request = request
        self._shape_hw, self._free_px, self._stride = shape_hw, free_px, stride
        self._pictures = pictures
        self._rule = Rule(
            strides=(1,),
            positions=(),
            conf=settings.conf,
            iou=settings.iou,
            most=settings.max_candidates,
        )

    def probe(self) -> list[tuple[int, ...]]:
        """Shapes of the outputs for a gray picture."""
        side = (self._free_px, self._free_px)
        gray = np.full((self._pictures, *(self._shape_hw or side), 3), GRAY, np.uint8)
        return [output.shape for output in self._infer(gray)]

    def name_classes(self, classes: tuple[str, ...]) -> None:
        """Say what the classes are."""
        self.info = replace(self.info, classes=classes)

    def __call__(self, images: Sequence[Image]) -> list[Detections]:
        """Pictures to boxes; see ``Detector``."""
        for image in images:
            check_picture(image)
        return [
            self._detections(table, place, image)
            for image, (table, place) in zip(images, self._tables(images), strict=True)
        ]

    def _tables(self, images: Sequence[Image]) -> Iterator[tuple[F32, Any]]:
        """(4 + C, A) of each picture, with scale and border of its place in the input."""
        # Where sizes are free, two pictures rarely have the same.
        step = 1 if self._shape_hw is None else self._pictures
        for start in range(0, len(images), step):
            fitted = [self._fitted(image) for image in images[start : start + step]]
            block = np.full((self._pictures, *fitted[0][0].shape), GRAY, np.uint8)
            for row, (picture, *_) in zip(block, fitted, strict=False):
                row[:] = picture
            tables = self._infer(block)[0]
            for table, (_, *place) in zip(tables, fitted, strict=False):
                yield table.astype(np.float32), place

    def _fitted(self, image: Image) -> tuple[Image, float, tuple[float, float]]:
        if self._shape_hw is not None:
            return fit_into(image, self._shape_hw)
        return fit(image, self._free_px, self._stride)

    def _infer(self, block: Image) -> list[Any]:
        """Copies of the outputs: the request uses its own memory again."""
        try:
            return [np.array(output) for output in self._request.infer([block]).values()]
        except RuntimeError as error:
            raise WeightsError(
                f"detector {self.info.name}: OpenVINO cannot run it on pictures of "
                f"{block.shape[1:3]} ({str(error).strip().splitlines()[-1][:200]})"
            ) from error

    def _detections(self, table: F32, place: Any, image: Image) -> Detections:
        """The boxes of one picture in its own pixels."""
        scores = table[PLACE_COLUMNS:].T
        self._check(table, scores)
        logits = logit(np.clip(scores, NEAREST, 1 - NEAREST)).astype(np.float32)
        best = logits.max(axis=1)
        rows = np.flatnonzero(best >= self._rule.floor())
        # The place is the middle, width and height: the sides lie half of these away.
        middle, half = table[:2, rows].T, table[2:PLACE_COLUMNS, rows].T / 2
        found = detections_of(
            Rows(
                level=np.zeros(len(rows), np.int8),
                centre=middle,
                logits=logits[rows],
                sides=np.concatenate([half, half], axis=1),
                features=None,
                peak=float(best.max()),
            ),
            self._rule,
        )
        scale, pad_xy = place
        xyxy = back(found.xyxy, scale, pad_xy, (image.shape[1], image.shape[0]))
        return replace(found, xyxy=xyxy, level=np.full(len(xyxy), NO_LEVEL, np.int8))

    def _check(self, table: F32, scores: F32) -> None:
        if not np.isfinite(table).all():
            raise WeightsError(
                f"detector {self.info.name} gave values that are not finite: its weights are "
                "damaged, or they need more precision than this runtime has"
            )
        if scores.min() < -ROUNDING or scores.max() > 1 + ROUNDING:
            raise WeightsError(
                f"detector {self.info.name}: its class scores go from {scores.min():.3g} to "
                f"{scores.max():.3g}, so they are no probabilities. Only detection models that "
                "ultralytics exported are understood; others have columns of another meaning."
            )
