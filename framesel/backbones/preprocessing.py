"""From pictures of any size to what a backbone sees: squashed to a square, area interpolation.

Squashing keeps the whole picture and wastes no pixel on borders. The aspect is lost, but the frames
of one camera all lose it alike, and a backbone compares pictures with one another only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from framesel.errors import UsageError

Image = NDArray[np.uint8]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
HASHED_AS = "squash-cv2-inter-area-1"


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """Side of the square, and the mean and deviation of RGB on the scale of 0 to 1."""

    size_px: int
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    def __post_init__(self) -> None:
        if not 8 <= self.size_px <= 4096:
            raise UsageError(f"size_px is {self.size_px}: a backbone sees from 8 to 4096 pixels")
        if any(not value > 0 for value in self.std):
            raise UsageError(f"the deviation of the colours is {self.std}: it must be positive")

    def digest(self, weights_digest: str) -> str:
        """sha256 (hex) over the weights' digest and everything that happens before them."""
        text = json.dumps([HASHED_AS, weights_digest, asdict(self)], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def squash(image: Image, size_px: int) -> Image:
    """One picture as (size_px, size_px, 3) uint8 RGB.

    Raises:
        UsageError: It is not (h, w, 3) uint8 with at least one pixel.
    """
    import cv2

    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3 or image.size == 0:
        raise UsageError(
            f"a backbone takes (h, w, 3) uint8 RGB pictures, got {image.shape} {image.dtype}"
        )
    if image.shape[:2] == (size_px, size_px):
        return np.ascontiguousarray(image)
    size = (size_px, size_px)
    resized: Image = cv2.resize(np.ascontiguousarray(image), size, interpolation=cv2.INTER_AREA)
    return resized


def squash_batch(images: Sequence[Image], size_px: int, batch: int) -> Image:
    """Pictures as one array of fixed shape: (batch, size_px, size_px, 3), the rest black."""
    block = np.zeros((batch, size_px, size_px, 3), np.uint8)
    for row, image in zip(block, images, strict=False):
        row[:] = squash(image, size_px)
    return block
