"""Faster R-CNN (Ren et al. 2015): proposals, then one softmax with background for each."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torchvision.ops import clip_boxes_to_image

from framesel.detectors.candidates import Candidates
from framesel.detectors.detector import Activation, LastLayer

# torchvision drops boxes with a side shorter than this.
LEAST_PX = 1e-2


class RoiFamily:
    """What Faster R-CNN says of each proposal.

    A box's level is the one that its features are pooled from. ``peak`` and ``faint`` speak of the
    proposals, at most a thousand by torchvision's defaults.

    Attributes:
        activation: Of the logits.
        feature_reason: Why there are no features; empty, as there are.
    """

    activation: Activation = "softmax"
    feature_reason = ""

    def __init__(self, model: Any) -> None:
        """Take a network of torchvision."""
        self._model = model
        self._heads = model.roi_heads

    def candidates(self, images: Any, features: dict[str, Tensor]) -> list[Candidates]:
        """The proposals of each picture of a batch.

        Args:
            images: torchvision's ``ImageList``.
            features: Of the backbone.
        """
        # In half precision a proposal's corner would be off by half a pixel.
        maps = {name: one.float() for name, one in features.items()}
        with torch.autocast(images.tensors.device.type, enabled=False):
            proposals, _ = self._model.rpn(images, maps)
            pooled = self._heads.box_roi_pool(maps, proposals, images.image_sizes)
            vectors = self._heads.box_head(pooled)
            scores, deltas = self._heads.box_predictor(vectors)
        corners = self._heads.box_coder.decode(deltas, proposals)
        levels = self._heads.box_roi_pool.map_levels(proposals)
        counts = [len(boxes) for boxes in proposals]
        parts = [column.split(counts) for column in (scores, corners, vectors, levels)]
        return [_judged(*part) for part in zip(*parts, images.image_sizes, strict=True)]

    def strides(self, images: Any, features: dict[str, Tensor]) -> tuple[int, ...]:
        """Pixels per cell of the levels that boxes are pooled from, the finest first."""
        names = self._heads.box_roi_pool.featmap_names
        height = images.tensors.shape[-2]
        return tuple(round(height / features[n].shape[-2]) for n in names if n in features)

    def last_layer(self) -> LastLayer:
        """The class predictor, relative to background."""
        layer = self._heads.box_predictor.cls_score
        weight, bias = layer.weight.float().cpu(), layer.bias.float().cpu()
        return LastLayer(
            weight=(weight[1:] - weight[:1])[None].numpy(), bias=(bias[1:] - bias[:1])[None].numpy()
        )


def _judged(
    scores: Tensor, corners: Tensor, vectors: Tensor, levels: Tensor, size_hw: tuple[int, int]
) -> Candidates:
    """The proposals of one picture; each class has a box of its own."""

    def boxes(rows: Tensor, class_no: Tensor) -> Tensor:
        clipped: Tensor = clip_boxes_to_image(corners[rows, class_no + 1], size_hw)
        return clipped

    return Candidates(
        logits=scores[:, 1:] - scores[:, :1],
        probability=torch.softmax(scores, dim=1)[:, 1:],
        level=levels,
        head=torch.zeros_like(levels),
        boxes=boxes,
        features=lambda rows: vectors[rows],
        least_px=LEAST_PX,
    )
