"""A network of torchvision as a detector.

On the CPU it computes in fp32, one picture at a time; on a GPU the convolutions in half precision,
pictures of equal shape together, and everything that has to do with places in fp32.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from framesel.detectors.candidates import Candidates, keep
from framesel.detectors.dense_family import DenseFamily
from framesel.detectors.detector import Detections, DetectorInfo, DetectSettings, Image, LastLayer
from framesel.detectors.letterbox import check_picture
from framesel.detectors.roi_family import RoiFamily
from framesel.errors import WeightsError
from framesel.runtime import torch_threads

LARGEST_DIFFERENCE = 1e-3


class TorchvisionDetector:
    """A detector of torchvision; see the contract in ``detector.py``.

    Attributes:
        info: What is known of it.
        last_layer: None where there are no features.
    """

    def __init__(
        self,
        model: Any,
        family: RoiFamily | DenseFamily,
        info: DetectorInfo,
        last_layer: LastLayer | None,
        settings: DetectSettings,
        *,
        device: torch.device,
        batch: int,
        threads: int,
    ) -> None:
        self._model = model.to(device)
        self._family = family
        self._settings = settings
        self._device = device
        # On the CPU sums depend on the batch, and larger batches are no faster.
        self._batch = batch if device.type == "cuda" else 1
        self._threads = threads
        self._in_half = device.type == "cuda"
        self.info = info
        self.last_layer = last_layer

    def __call__(self, images: Sequence[Image]) -> list[Detections]:
        """Pictures to boxes; see ``Detector``."""
        for image in images:
            check_picture(image)
        found: dict[int, Detections] = {}
        with torch_threads(self._threads), torch.inference_mode():
            for rows in _same_shape(images, self._batch):
                batch = [images[row] for row in rows]
                found.update(zip(rows, self._detect(batch), strict=True))
        return [found[row] for row in range(len(images))]

    def _detect(self, images: list[Image]) -> list[Detections]:
        """Boxes of pictures of one shape, at most a batch of them."""
        filled = [self._filled(image) for image in images]
        judged, sizes_hw = self._candidates(filled)
        height, width = filled[0].shape[:2]
        back = [(width / w, height / h) for h, w in sizes_hw]
        size_wh = (images[0].shape[1], images[0].shape[0])
        return [self._kept(one, by, size_wh) for one, by in zip(judged, back, strict=True)]

    def _filled(self, image: Image) -> Image:
        """The picture, with its last row or column repeated where scaling would leave none of it.

        torchvision's transform fails on a picture that is this many times longer than it is wide.
        """
        if self._model.transform.fixed_size is not None:
            return image
        least = -(-max(image.shape[:2]) // self._model.transform.max_size)
        lacking = [max(least - side, 0) for side in image.shape[:2]]
        if not any(lacking):
            return image
        return np.pad(image, [(0, lacking[0]), (0, lacking[1]), (0, 0)], mode="edge")

    def _candidates(self, images: list[Image]) -> tuple[list[Candidates], list[tuple[int, int]]]:
        """What the network judged, and heights and widths in its input."""
        blank = [np.zeros_like(images[0])] * (self._batch - len(images))
        prepared, features = self._features([*images, *blank])
        if not all(torch.isfinite(one).all() for one in features.values()):
            raise self._not_finite()
        with self._half():
            judged = self._family.candidates(prepared, features)
        return judged[: len(images)], prepared.image_sizes[: len(images)]

    def _features(self, images: list[Image]) -> tuple[Any, dict[str, Tensor]]:
        tensors = [
            torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
            .to(self._device, non_blocking=True)
            .float()
            .div(255)
            for image in images
        ]
        prepared, _ = self._model.transform(tensors)
        with self._half():
            return prepared, self._model.backbone(prepared.tensors)

    def _half(self) -> Any:
        return torch.autocast("cuda", torch.float16, enabled=self._in_half)

    def _kept(
        self, judged: Candidates, back: tuple[float, float], size_wh: tuple[int, int]
    ) -> Detections:
        """The boxes of one picture in its own pixels."""
        if not torch.isfinite(judged.logits).all():
            raise self._not_finite()
        kept = keep(judged, self._settings)
        xyxy = kept.xyxy * kept.xyxy.new_tensor([*back, *back])
        features = None
        if judged.features is not None and self.last_layer is not None:
            features = judged.features(kept.rows).float().cpu().numpy()
        boxes = xyxy.float().cpu().numpy()
        if not np.isfinite(boxes).all():
            raise self._not_finite()
        return Detections(
            xyxy=np.clip(boxes, 0, np.array([*size_wh, *size_wh], np.float32)),
            logits=judged.logits[kept.rows].float().cpu().numpy(),
            level=judged.level[kept.rows].cpu().numpy().astype(np.int8),
            head=judged.head[kept.rows].cpu().numpy().astype(np.uint8),
            features=features,
            sides=None,
            peak=kept.peak,
            faint=kept.faint,
        )

    def _not_finite(self) -> WeightsError:
        return WeightsError(
            f"detector {self.info.name}: its outputs are not finite. The weights are damaged or "
            "the training diverged; take an earlier checkpoint."
        )

    def strides(self) -> tuple[int, ...]:
        """Pixels of the network's input per cell, by level."""
        with torch_threads(self._threads), torch.inference_mode():
            return self._family.strides(*self._features([probe_picture()]))

    def check(self) -> None:
        """Compare the probabilities of a probe picture with the network's own path.

        Raises:
            WeightsError: They differ: this version of torchvision computes something else.
        """
        probe = probe_picture()
        own = self._model.roi_heads if hasattr(self._model, "roi_heads") else self._model
        threshold, own.score_thresh = own.score_thresh, 0.0
        # In half precision the two would round at different places.
        in_half, self._in_half = self._in_half, False
        try:
            with torch_threads(self._threads), torch.inference_mode():
                (judged,), _ = self._candidates([probe])
                tensor = torch.from_numpy(probe.transpose(2, 0, 1)).to(self._device).float() / 255
                theirs = self._model([tensor])[0]["scores"]
        finally:
            own.score_thresh, self._in_half = threshold, in_half
        ours = judged.probability.flatten()
        if not (torch.isfinite(ours).all() and torch.isfinite(theirs).all()):
            raise self._not_finite()
        highest = [float(one.max()) if one.numel() else 0.0 for one in (ours, theirs)]
        if abs(highest[0] - highest[1]) > LARGEST_DIFFERENCE:
            raise WeightsError(
                f"detector {self.info.name}: the highest class probability is {highest[0]:.4f} but "
                f"torchvision's own is {highest[1]:.4f}. This version of torchvision computes "
                "something else than framesel expects; install one that its tests passed with."
            )


def _same_shape(images: Sequence[Image], most: int) -> Iterator[list[int]]:
    """Rows of pictures of one shape, at most ``most`` together."""
    by_shape: dict[tuple[int, ...], list[int]] = {}
    for row, image in enumerate(images):
        by_shape.setdefault(image.shape, []).append(row)
    for rows in by_shape.values():
        for start in range(0, len(rows), most):
            yield rows[start : start + most]


def probe_picture() -> Image:
    """A fixed picture of noise, (96, 128, 3)."""
    return np.random.default_rng(0).integers(0, 256, (96, 128, 3), np.uint8)
