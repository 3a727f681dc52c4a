"""Which pictures come together, and how they are edited before a network sees them.

Each pass over the data has a permutation of its own; a batch takes the next pictures, beyond the
end of a pass too, so that all batches are full whatever the number of pictures is. The edits are
ultralytics' own: mosaic, scale and shift, colour, mirror.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from framesel.training.examples import I64
from framesel.training.pictures import Pictures
from framesel.training.randomness import ORDER, SLOT, own_generators, reseed, seed_of
from framesel.training.settings import TrainSettings

# What ultralytics changes at most by default: share of the hue's circle, saturation, brightness.
HSV = (0.015, 0.7, 0.4)


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    """Edited pictures and their m boxes.

    Attributes:
        images: (b, 3, size, size) uint8 RGB.
        picture: (m,) float32, the picture of each box, from 0, rising.
        class_no: (m,) float32.
        xywh: (m, 4) float32, centres and sizes as shares of the picture.
    """

    images: Tensor
    picture: Tensor
    class_no: Tensor
    xywh: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        return Batch(
            self.images.to(device), self.picture.to(device), self.class_no.to(device),
            self.xywh.to(device),
        )  # fmt: skip


class Batches:
    """The batch of any iteration, whichever were asked for before.

    Args:
        pictures: At the size of the training.
        size_px: Side of what the network sees.
        settings: Of the training.
    """

    def __init__(self, pictures: Pictures, size_px: int, settings: TrainSettings) -> None:
        self._pictures = pictures
        self._settings = settings
        self._mixed = transforms(pictures, size_px, settings, settings.mosaic)
        self._plain = transforms(pictures, size_px, settings, 0.0)

    def __call__(self, iteration: int) -> Batch:
        """The batch of an iteration, from 0.

        Raises:
            StageError: A picture cannot be decoded.
        """
        settings = self._settings
        plain = iteration >= settings.iterations - settings.plain_end
        edit = self._plain if plain else self._mixed
        made = []
        with own_generators():
            for slot, row in enumerate(self.rows(iteration)):
                reseed(seed_of(settings.seed, SLOT, iteration, slot))
                made.append(edit(self._pictures.get_image_and_label(int(row))))
        owners = [torch.full((len(one["cls"]),), float(slot)) for slot, one in enumerate(made)]
        return Batch(
            images=torch.stack([one["img"] for one in made]),
            picture=torch.cat(owners),
            class_no=torch.cat([one["cls"].reshape(-1).float() for one in made]),
            xywh=torch.cat([one["bboxes"].reshape(-1, 4).float() for one in made]),
        )

    def rows(self, iteration: int) -> I64:
        """(b,) which pictures an iteration begins with; mosaics draw others to them."""
        count = len(self._pictures)
        places = np.arange(self._settings.batch) + iteration * self._settings.batch
        passes = {
            int(number): np.random.default_rng(
                seed_of(self._settings.seed, ORDER, int(number))
            ).permutation(count)
            for number in np.unique(places // count)
        }
        return np.array([passes[int(place // count)][place % count] for place in places], np.int64)


def transforms(pictures: Pictures, size_px: int, settings: TrainSettings, mosaic: float) -> Any:
    """Ultralytics' edits as its trainer composes them, with a share of mosaics."""
    from ultralytics.data.augment import Albumentations, Format, v8_transforms
    from ultralytics.utils import DEFAULT_CFG, IterableSimpleNamespace

    hue, saturation, brightness = (settings.colour * most for most in HSV)
    asked = {
        "mosaic": mosaic, "fliplr": settings.flip, "scale": settings.scale,
        "translate": settings.translate, "hsv_h": hue, "hsv_s": saturation, "hsv_v": brightness,
        "flipud": 0.0, "degrees": 0.0, "shear": 0.0, "perspective": 0.0, "mixup": 0.0,
        "cutmix": 0.0, "copy_paste": 0.0, "augmentations": [],
    }  # fmt: skip
    composed = v8_transforms(
        pictures, size_px, IterableSimpleNamespace(**{**vars(DEFAULT_CFG), **asked})
    )
    # Where that package is installed it draws from generators of its own.
    kept = [part for part in composed.transforms if not isinstance(part, Albumentations)]
    composed.transforms = [*kept, Format(bbox_format="xywh", normalize=True, batch_idx=False)]
    return composed
