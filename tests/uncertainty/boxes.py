"""Boxes to test on: random ones whose full logits are known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from framesel.uncertainty.boxes import Boxes
from framesel.uncertainty.compact import compact

Array = np.ndarray[Any, Any]


@dataclass(frozen=True, eq=False)
class Made:
    """Boxes, and what they were made of: logits (m, C), last layer (H, C, F) and (H, C)."""

    boxes: Boxes
    logits: Array
    weight: Array
    bias: Array


def make(
    counts: list[int],
    classes: int,
    *,
    k: int = 8,
    activation: Literal["sigmoid", "softmax"] = "sigmoid",
    heads: int = 3,
    dim: int = 12,
    bins: int = 16,
    seed: int = 0,
    spread: float = 3.0,
) -> Made:
    """Pictures with so many boxes each; logits come from the features through the last layer."""
    rng = np.random.default_rng(seed)
    m = sum(counts)
    weight = rng.normal(0, spread / np.sqrt(dim), (heads, classes, dim)).astype(np.float32)
    bias = rng.normal(-1.0, 0.5, (heads, classes)).astype(np.float32)
    features = rng.normal(size=(m, dim)).astype(np.float16)
    head = rng.integers(0, heads, m).astype(np.uint8)
    logits = np.einsum("mcf,mf->mc", weight[head], features.astype(np.float32)) + bias[head]
    sides = rng.dirichlet(np.ones(bins), (m, 4)).astype(np.float16)
    return Made(
        boxes_of(counts, logits, k, activation, head, features, sides), logits, weight, bias
    )


def boxes_of(
    counts: list[int],
    logits: Array,
    k: int = 8,
    activation: Literal["sigmoid", "softmax"] = "sigmoid",
    head: Array | None = None,
    features: Array | None = None,
    sides: Array | None = None,
) -> Boxes:
    """Boxes with these logits (m, C), stored compactly, somewhere in pictures of 640 x 480."""
    m = len(logits)
    rng = np.random.default_rng(1)
    corner = rng.uniform(0, 300, (m, 2))
    top_class, top_logit, rest = compact(logits, k, activation)
    return Boxes(
        offsets=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        size_wh=np.tile(np.array([640, 480], np.float32), (len(counts), 1)),
        peak=np.full(len(counts), np.nan, np.float32),
        faint=np.full(len(counts), np.nan, np.float32),
        xyxy=np.hstack([corner, corner + rng.uniform(5, 150, (m, 2))]).astype(np.float32),
        top_class=top_class,
        top_logit=top_logit.astype(np.float32),
        rest=rest,
        level=(np.zeros(m) if head is None else head % 3).astype(np.int8),
        head=np.zeros(m, np.uint8) if head is None else head,
        classes=tuple(f"class_{c}" for c in range(logits.shape[1])),
        activation=activation,
        features=features,
        sides=sides,
        strides=(8, 16, 32),
        scale=np.full(len(counts), 0.5, np.float32),
    )
