"""Networks that judge every anchor: RetinaNet (Lin et al. 2017), SSD (Liu et al. 2016), SSDlite."""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import Tensor
from torch.nn.functional import pad
from torchvision.ops import clip_boxes_to_image

from framesel.detectors.candidates import Candidates
from framesel.detectors.detector import Activation, LastLayer

DenseName = Literal["retinanet", "ssd", "ssdlite"]


class DenseFamily:
    """What such a network says of each anchor.

    RetinaNet's classes are independent sigmoids; SSD has a softmax with background first. The row
    of the last layer is the anchor's shape at its place (RetinaNet, all of whose levels share one
    layer), or its level and shape (SSD).

    SSDlite ends in a 1 x 1 convolution, whose input is the features of a box. Its levels differ in
    width, so the narrower ones are filled up with zeros, which changes neither products nor
    lengths. RetinaNet and SSD end in 3 x 3 convolutions: the input of one box would be nine cells,
    thousands of numbers, and is not given.

    Attributes:
        activation: Of the logits.
        feature_reason: Why there are no features; empty where there are.
    """

    def __init__(self, model: Any, family: DenseName, first: int) -> None:
        """Take a network of torchvision; ``first`` is the column of its first class."""
        self._model = model
        self._family = family
        self._first = first
        self.activation: Activation = "sigmoid" if family == "retinanet" else "softmax"
        self.feature_reason = ""
        if family != "ssdlite":
            channels = self._last_convolutions()[0].in_channels
            self.feature_reason = (
                f"the last layer is a 3 x 3 convolution over {channels} channels: one box would "
                f"have {9 * channels} features"
            )

    def _last_convolutions(self) -> list[Any]:
        """The layers that make the class logits: one for each level, or one for all."""
        head = self._model.head.classification_head
        if self._family == "retinanet":
            return [head.cls_logits]
        return [m[1] if self._family == "ssdlite" else m for m in head.module_list]

    def candidates(self, images: Any, features: dict[str, Tensor]) -> list[Candidates]:
        """The anchors of each picture of a batch.

        Args:
            images: torchvision's ``ImageList``.
            features: Of the backbone.
        """
        maps = list(features.values())
        outputs = self._model.head(maps)
        columns, deltas = outputs["cls_logits"].float(), outputs["bbox_regression"].float()
        # In half precision an anchor's corner would be off by half a pixel.
        anchors = self._model.anchor_generator(images, [one.float() for one in maps])
        places = _Places(maps, self._model.anchor_generator.num_anchors_per_location())
        inputs = self._inputs(maps)
        return [
            self._judged(
                columns[k], deltas[k], anchors[k], places, [one[k] for one in inputs], size_hw
            )
            for k, size_hw in enumerate(images.image_sizes)
        ]

    def _inputs(self, maps: list[Tensor]) -> list[Tensor]:
        """Inputs of SSDlite's last convolutions, by level; none for the others."""
        if self._family != "ssdlite":
            return []
        blocks = self._model.head.classification_head.module_list
        return [block[0](one).float() for block, one in zip(blocks, maps, strict=True)]

    def _judged(
        self,
        columns: Tensor,
        deltas: Tensor,
        anchors: Tensor,
        places: _Places,
        inputs: list[Tensor],
        size_hw: tuple[int, int],
    ) -> Candidates:
        """The anchors of one picture; all classes of an anchor share its box."""

        def boxes(rows: Tensor, class_no: Tensor) -> Tensor:
            corners = self._model.box_coder.decode_single(deltas[rows], anchors[rows])
            clipped: Tensor = clip_boxes_to_image(corners, size_hw)
            return clipped

        sigmoid = self.activation == "sigmoid"
        if sigmoid:
            logits = columns[:, self._first :]
            probability = torch.sigmoid(logits)
        else:
            logits = columns[:, 1:] - columns[:, :1]
            probability = torch.softmax(columns, dim=1)[:, 1:]
        return Candidates(
            logits=logits,
            probability=probability,
            level=places.level,
            head=places.shape if sigmoid else places.shape + places.first_shape[places.level],
            boxes=boxes,
            features=(lambda rows: places.gather(inputs, rows)) if inputs else None,
            limited_by="level" if sigmoid else "class",
            most=int(self._model.topk_candidates),
        )

    def strides(self, images: Any, features: dict[str, Tensor]) -> tuple[int, ...]:
        """Pixels per cell of each level, the finest first."""
        height = images.tensors.shape[-2]
        return tuple(round(height / one.shape[-2]) for one in features.values())

    def last_layer(self) -> LastLayer | None:
        """SSDlite's last convolutions relative to background, a row for each level and shape."""
        if self._family != "ssdlite":
            return None
        layers = self._last_convolutions()
        widest = max(layer.in_channels for layer in layers)
        shapes = self._model.anchor_generator.num_anchors_per_location()
        weights, biases = [], []
        for layer, count in zip(layers, shapes, strict=True):
            weight = layer.weight.float().cpu().reshape(count, -1, layer.in_channels)
            bias = layer.bias.float().cpu().reshape(count, -1)
            weights.append(pad(weight[:, 1:] - weight[:, :1], (0, widest - layer.in_channels)))
            biases.append(bias[:, 1:] - bias[:, :1])
        return LastLayer(weight=torch.cat(weights).numpy(), bias=torch.cat(biases).numpy())


class _Places:
    """Where each anchor stands: rows are ordered by level, then by cell, then by shape.

    Attributes:
        level: (n,) number of the level.
        shape: (n,) number of the shape at its cell.
        first_shape: (levels,) shapes of the levels before.
    """

    def __init__(self, maps: list[Tensor], shapes: list[int]) -> None:
        device = maps[0].device
        counts = torch.tensor(
            [one.shape[-2] * one.shape[-1] * k for one, k in zip(maps, shapes, strict=True)]
        ).to(device)
        per_cell = torch.tensor(shapes, device=device)
        self.level = torch.repeat_interleave(torch.arange(len(maps), device=device), counts)
        within = torch.arange(len(self.level), device=device)
        within = within - (counts.cumsum(0) - counts)[self.level]
        self.shape = within % per_cell[self.level]
        self.first_shape = per_cell.cumsum(0) - per_cell
        self._cell = within // per_cell[self.level]

    def gather(self, inputs: list[Tensor], rows: Tensor) -> Tensor:
        """(k, F) what the last layer saw at some rows, filled up with zeros to the widest level."""
        widest = max(len(one) for one in inputs)
        found = inputs[0].new_zeros(len(rows), widest)
        for number, one in enumerate(inputs):
            here = self.level[rows] == number
            found[here, : len(one)] = one.flatten(1)[:, self._cell[rows[here]]].T
        return found
