"""The boxes of many pictures as columns: what every score reads."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
F32 = NDArray[np.float32]
I64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Boxes:
    """m boxes in n pictures; the boxes of picture i are rows offsets[i] to offsets[i + 1].

    Of the C class logits of a box, which are relative to background (``q = softmax([z, 0])``), the
    K largest are kept and of the others four sums: enough for exact entropies.

    Attributes:
        offsets: (n + 1,) int64.
        size_wh: (n, 2) float32, width and height of each picture in pixels.
        peak: (n,) float32, highest logit anywhere in the picture, kept or not; nan if unknown.
        faint: (n,) float32, expected number of objects under the threshold; nan if unknown.
        xyxy: (m, 4) float32, pixels.
        top_class: (m, K) uint16, classes by falling logit.
        top_logit: (m, K) float32, their logits.
        rest: (m, 4) float32, over the other classes: the sum of the odds o = e^z, of o ln o, of the
            binary entropy of p, and of p squared; p is the class's own probability (see
            ``activation``). The first three also hold what rounding took from the kept logits, so
            that together they give the sums over all classes: they may be slightly negative.
        level: (m,) int8, pyramid level, -1 where there is none.
        head: (m,) uint8, row of the last layer.
        classes: C names.
        activation: ``sigmoid``: p = sigmoid(z); ``softmax``: p = q.
        features: (m, F) float16 or float32, None where there are none.
        sides: (m, 4, R) float16 or float32, None where there are none.
        strides: Pixels of the network's input per cell, by level.
        scale: (n,) float32, network pixels per pixel of the picture.
    """

    offsets: I64
    size_wh: F32
    peak: F32
    faint: F32
    xyxy: F32
    top_class: NDArray[np.uint16]
    top_logit: F32
    rest: F32
    level: NDArray[np.int8]
    head: NDArray[np.uint8]
    classes: tuple[str, ...]
    activation: Literal["sigmoid", "softmax"] = "sigmoid"
    features: Array | None = None
    sides: Array | None = None
    strides: tuple[int, ...] = ()
    scale: F32 | None = None

    def __len__(self) -> int:
        return len(self.xyxy)

    @property
    def pictures(self) -> int:
        """How many pictures: n."""
        return len(self.offsets) - 1

    def picture_of(self) -> I64:
        """(m,) int64: the picture of each box."""
        return np.repeat(np.arange(self.pictures), np.diff(self.offsets))

    def confidence(self) -> F32:
        """(m,) float32: probability of the most likely class, as the detector states it."""
        # Loaded late: stages are read without scipy.
        from scipy.special import expit

        top = self.top_logit.astype(np.float64)
        if self.activation == "sigmoid":
            sure: F32 = expit(top[:, 0]).astype(np.float32)
            return sure
        others = np.exp(top - top[:, :1]).sum(axis=1)  # 1 for the class itself
        nothing = np.exp(-top[:, 0]) * (1.0 + self.rest[:, 0])
        share: F32 = (1.0 / (others + nothing)).astype(np.float32)
        return share

    def where(self, keep: NDArray[np.bool_]) -> Self:
        """The same pictures with some of their boxes.

        Args:
            keep: (m,) bool.
        """
        before = np.concatenate([[0], np.cumsum(keep)])
        columns = ("xyxy", "top_class", "top_logit", "rest", "level", "head", "features", "sides")
        kept: dict[str, Any] = {name: _some(getattr(self, name), keep) for name in columns}
        return replace(self, offsets=before[self.offsets].astype(np.int64), **kept)

    def pick(self, pictures: I64) -> Self:
        """Some of the pictures, in the given order.

        Args:
            pictures: (k,) rows; each may come more than once.
        """
        counts = np.diff(self.offsets)[pictures]
        offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        rows = np.arange(offsets[-1]) + np.repeat(self.offsets[pictures] - offsets[:-1], counts)
        columns = ("xyxy", "top_class", "top_logit", "rest", "level", "head", "features", "sides")
        kept: dict[str, Any] = {name: _some(getattr(self, name), rows) for name in columns}
        for name in ("size_wh", "peak", "faint", "scale"):
            kept[name] = _some(getattr(self, name), pictures)
        return replace(self, offsets=offsets, **kept)


def _some(column: Array | None, rows: Array) -> Array | None:
    return None if column is None else column[rows]
