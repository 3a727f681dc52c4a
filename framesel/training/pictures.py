"""Frozen pictures at the size of a training, as ultralytics' edits ask for them.

Decoded and shrunk pictures stay in memory, the first ones up to ``MOST_BYTES`` together; the others
are decoded each time that they come up. What is drawn does not depend on it.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from framesel.errors import StageError
from framesel.training.examples import AGAIN, Frozen, Labelled

MOST_BYTES = 2 * 2**30


class Pictures:
    """What ``ultralytics.data.augment.v8_transforms`` needs of a dataset, without its scans.

    ultralytics' own keeps a pickle beside the labels, reads through a pool of threads and draws
    mosaics from what it happens to have in memory.

    Args:
        frozen: What there is.
        size_px: Long side, by growing too.
        stretched: Pictures become squares instead of keeping their aspect.
        most_bytes: Decoded pictures that are kept.
    """

    cache = "ram"  # mosaics are put together from all pictures
    use_obb = False
    use_keypoints = False

    def __init__(
        self, frozen: Frozen, size_px: int, stretched: bool, most_bytes: int = MOST_BYTES
    ) -> None:
        self.data: dict[str, Any] = {}
        self._labelled = frozen.pictures
        self._size_px = size_px
        self._stretched = stretched
        self._room = most_bytes
        self._kept: dict[int, NDArray[np.uint8]] = {}

    def __len__(self) -> int:
        return len(self._labelled)

    def get_image_and_label(self, index: int) -> dict[str, Any]:
        """A picture and its boxes in ultralytics' form; the pixels are not to be written into.

        Raises:
            StageError: The picture cannot be decoded, or is of another size than it was.
        """
        from ultralytics.utils.instance import Instances

        one = self._labelled[index]
        image = self._image(index)
        return {
            "im_file": one.name,
            "img": image,
            "ori_shape": one.size_wh[::-1],
            "resized_shape": image.shape[:2],
            "cls": one.class_no.astype(np.float32).reshape(-1, 1),
            "instances": Instances(
                one.xywh.copy(),
                np.zeros((0, 1000, 2), np.float32),
                bbox_format="xywh",
                normalized=True,
            ),
        }

    def _image(self, index: int) -> NDArray[np.uint8]:
        """(h, w, 3) uint8 BGR."""
        if index in self._kept:
            return self._kept[index]
        image = self._fitted(decoded(self._labelled[index]))
        if image.nbytes <= self._room:
            self._kept[index] = image
            self._room -= image.nbytes
        return image

    def _fitted(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """As ultralytics resizes for training, rounding included."""
        height, width = image.shape[:2]
        size = self._size_px
        scale = size / max(height, width)
        wanted = (
            (size, size)
            if self._stretched
            else (min(math.ceil(width * scale), size), min(math.ceil(height * scale), size))
        )
        if wanted == (width, height):
            return image
        return np.asarray(cv2.resize(image, wanted, interpolation=cv2.INTER_LINEAR), np.uint8)


def decoded(one: Labelled) -> NDArray[np.uint8]:
    """The pixels of a frozen picture, (h, w, 3) uint8 BGR.

    Raises:
        StageError: It cannot be decoded, or is of another size than it was.
    """
    try:
        content = np.frombuffer(one.path.read_bytes(), np.uint8)
        image = cv2.imdecode(content, cv2.IMREAD_COLOR)
    except (OSError, cv2.error) as error:
        raise StageError(f"{one.path}: this picture cannot be read ({error}). {AGAIN}") from error
    if image is None:
        raise StageError(f"{one.path}: this picture is damaged and cannot be decoded. {AGAIN}")
    if image.shape[1::-1] != one.size_wh:
        raise StageError(
            f"{one.path}: this picture is {image.shape[1]}x{image.shape[0]}, but its labels were "
            f"made for {one.size_wh[0]}x{one.size_wh[1]}. {AGAIN}"
        )
    return np.asarray(image, np.uint8)
