"""The detector around a YOLO network: pictures into blocks of one shape, rows into boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from framesel.detectors.detector import Detections, DetectorInfo, Image, LastLayer
from framesel.detectors.letterbox import (
    GRAY,
    back,
    check_picture,
    check_size,
    fit,
    network_hw,
    placement,
)
from framesel.detectors.yolo_boxes import Rows, Rule, detections_of
from framesel.errors import WeightsError
from framesel.runtime import Runtime, require_openvino

if TYPE_CHECKING:
    from framesel.detectors.torch_engine import Engine
    from framesel.detectors.yolo_network import YoloNetwork

MOST_ENGINES = 8


class Engines:
    """Engines by the shape of the network's input; those used last are kept.

    Args:
        name: Of the detector, for warnings.
        network: What they run.
        floor: Logit from which rows are given.
        runtime: Library and precision.
        device: For a GPU.
        threads: On the CPU.
    """

    def __init__(
        self,
        name: str,
        network: YoloNetwork,
        floor: float,
        runtime: Runtime,
        device: str,
        threads: int,
    ) -> None:
        from framesel.detectors.torch_engine import cpu_engine, cuda_engine

        self._make: Callable[[tuple[int, int]], Engine] | None = None
        self._kept: dict[tuple[int, int], Engine] = {}
        if runtime is Runtime.CUDA_FP16:
            self._any = cuda_engine(network, floor, device if "cuda" in device else "cuda")
        elif runtime is Runtime.TORCH_FP32:
            self._any = cpu_engine(network, floor, threads)
        else:
            from framesel.detectors.openvino_engine import checked_engine

            require_openvino("the OpenVINO runtime")
            self._make = lambda shape_hw: checked_engine(
                name, network, shape_hw, floor, threads, runtime
            )

    def __call__(self, shape_hw: tuple[int, int]) -> Engine:
        """The engine for pictures of that height and width."""
        if self._make is None:
            return self._any
        engine = self._kept.pop(shape_hw, None) or self._make(shape_hw)
        self._kept[shape_hw] = engine
        if len(self._kept) > MOST_ENGINES:
            del self._kept[next(iter(self._kept))]
        return engine


class YoloDetector:
    """Pictures to boxes, one network shape after the other, in blocks of a fixed number.

    Args:
        info: What is known of it.
        last_layer: Of the network, for its features.
        rule: Which rows become boxes.
        size_px: Long side of the network's input.
        batch: Pictures in a block; the last one is filled up with gray.
        engines: Engine for a height and width.
    """

    def __init__(
        self,
        info: DetectorInfo,
        last_layer: LastLayer | None,
        rule: Rule,
        size_px: int,
        batch: int,
        engines: Callable[[tuple[int, int]], Engine],
    ) -> None:
        self.info, self.last_layer = info, last_layer
        self._rule, self._batch, self._engines = rule, batch, engines
        self._stride = max(rule.strides)
        self._size_px = check_size(size_px, self._stride)

    def __call__(self, images: Sequence[Image]) -> list[Detections]:
        """Boxes of pictures; see ``Detector``.

        Raises:
            UsageError: Something is not a (h, w, 3) uint8 picture.
            WeightsError: The weights give values that are not finite.
        """
        groups: dict[tuple[int, int], list[int]] = {}
        for number, image in enumerate(images):
            check_picture(image)
            size_wh = (image.shape[1], image.shape[0])
            shape_hw = network_hw(size_wh, self._size_px, self._stride)
            groups.setdefault(shape_hw, []).append(number)
        found: dict[int, Detections] = {}
        for shape_hw, numbers in groups.items():
            blocks = self._blocks(images, numbers, shape_hw)
            starts = range(0, len(numbers), self._batch)
            for start, rows in zip(starts, self._engines(shape_hw)(blocks), strict=True):
                for number, one in zip(numbers[start : start + self._batch], rows, strict=False):
                    found[number] = self._detections(one, images[number])
        return [found[number] for number in range(len(images))]

    def _blocks(
        self, images: Sequence[Image], numbers: list[int], shape_hw: tuple[int, int]
    ) -> Iterator[Image]:
        for start in range(0, len(numbers), self._batch):
            some = numbers[start : start + self._batch]
            fitted = [fit(images[number], self._size_px, self._stride)[0] for number in some]
            if len(fitted) < self._batch:
                gray = np.full((*shape_hw, 3), GRAY, np.uint8)
                fitted += [gray] * (self._batch - len(fitted))
            yield np.stack(fitted) if len(fitted) > 1 else fitted[0][None]

    def _detections(self, rows: Rows, image: Image) -> Detections:
        if not rows.is_finite():
            raise WeightsError(
                f"detector {self.info.name} gave values that are not finite: its weights are "
                "damaged, or they need more precision than this runtime has (try device cpu)"
            )
        found = detections_of(rows, self._rule)
        size_wh = (image.shape[1], image.shape[0])
        scale, pad_xy = placement(size_wh, self._size_px, self._stride)
        return replace(found, xyxy=back(found.xyxy, scale, pad_xy, size_wh))
