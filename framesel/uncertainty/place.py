"""Doubt about where a box ends, from the distributions of its sides.

Detectors with distribution focal loss (YOLOv8, YOLO11) predict for each side a distribution over R
distances of one stride each (Li et al., "Generalized focal loss V2", CVPR 2021). Its width is
doubt about the place; blur, occlusion and truncation widen it too, so these scores alone pick ugly
frames.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.special import entr

from framesel.errors import UsageError
from framesel.uncertainty.boxes import F32, Array, Boxes

_BLOCK = 65_536


def side_moments(sides: Array) -> tuple[F32, F32]:
    """Mean and variance of the distance to each side.

    Args:
        sides: (m, 4, R) distributions over the bins 0 to R - 1, of left, top, right and bottom.
            What rounding took from their sums is given back.

    Returns:
        (m, 4) float32 mean in [0, R - 1] bins, and variance in [0, (R - 1)² / 4] bins².

    Raises:
        UsageError: These are not distributions of sides.
    """
    p = _checked(sides)
    bins = np.arange(p.shape[2], dtype=np.float64)
    mean = p @ bins
    variance = (p * (bins - mean[..., None]) ** 2).sum(axis=2)
    return mean.astype(np.float32), variance.astype(np.float32)


def localisation_variance(boxes: Boxes) -> F32:
    """Mean over the sides of the standard deviation relative to the box's extent in that axis.

    Args:
        boxes: m boxes with side distributions.

    Returns:
        (m,) float32 from 0; 0.1 means that a side is uncertain by a tenth of the width or height.
        Larger is less certain. A box thinner than a pixel of the network's input counts as one
        pixel.

    Raises:
        UsageError: The boxes have no side distributions, or levels without stride.
    """
    sides = _sides(boxes)
    if boxes.scale is None:
        raise UsageError("boxes need their pictures' scale to relate strides to pixels")
    if len(boxes) and not (boxes.level.min() >= 0 and boxes.level.max() < len(boxes.strides)):
        raise UsageError(
            f"boxes come from pyramid levels {boxes.level.min()} to {boxes.level.max()}, strides "
            f"are known for {len(boxes.strides)}; compute the detections anew"
        )
    scale = boxes.scale[boxes.picture_of()]
    size = (boxes.xyxy[:, 2:] - boxes.xyxy[:, :2]) * scale[:, None]
    extent = np.maximum(size, 1.0)[:, [0, 1, 0, 1]]  # left, top, right, bottom
    stride = np.asarray(boxes.strides, np.float32)[boxes.level]

    def relative(rows: slice) -> Array:
        deviation = np.sqrt(side_moments(sides[rows])[1])
        share: Array = (deviation * stride[rows, None] / extent[rows]).mean(axis=1)
        return share

    return _in_blocks(len(boxes), relative)


def side_entropy(boxes: Boxes) -> F32:
    """Mean over the sides of the entropy of their distribution, over ln R.

    Args:
        boxes: m boxes with side distributions.

    Returns:
        (m,) float32 in [0, 1]; larger is less certain. It does not know the size of the box.

    Raises:
        UsageError: The boxes have no side distributions.
    """
    sides = _sides(boxes)
    return _in_blocks(
        len(boxes),
        lambda rows: entr(_checked(sides[rows])).sum(axis=2).mean(axis=1) / np.log(sides.shape[2]),
    )


def _in_blocks(m: int, score: Callable[[slice], Array]) -> F32:
    """(m,) float32, computed for some rows at a time to bound the memory."""
    result = np.empty(m, np.float32)
    for low in range(0, m, _BLOCK):
        rows = slice(low, min(low + _BLOCK, m))
        result[rows] = score(rows)
    return result


def _sides(boxes: Boxes) -> Array:
    """The side distributions.

    Raises:
        UsageError: There are none.
    """
    if boxes.sides is None:
        raise UsageError(
            "these detections have no side distributions; YOLOv8 and YOLO11 weights (.pt) give "
            "them, YOLO26, exported models and torchvision's do not: leave this score out"
        )
    return boxes.sides


def _checked(sides: Array) -> Array:
    """(m, 4, R) float64 that sum to one.

    Raises:
        UsageError: They do not, by more than rounding.
    """
    p = np.asarray(sides, np.float64)
    if p.ndim != 3 or p.shape[1] != 4 or p.shape[2] < 2:
        raise UsageError(f"sides must be (boxes, 4, two bins or more), got shape {p.shape}")
    sums = p.sum(axis=2, keepdims=True)
    if p.size and not (p.min() >= 0.0 and np.abs(sums - 1.0).max() < 1e-2):
        raise UsageError("sides must be distributions over their bins; apply softmax to logits")
    normalised: Array = p / sums
    return normalised
