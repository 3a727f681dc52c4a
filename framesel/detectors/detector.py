"""The contract of a detector: pictures in, boxes with full class distributions out.

Whatever a family calls its outputs, a box carries one **logit per class relative to "nothing"**:
for independent sigmoids the class logit itself, for a softmax with background the class logit minus
the background's. Then ``q = softmax([z_1 … z_C, 0])`` is the distribution over the classes and
background in both cases: exactly the model's own softmax in the second, and in the first that of C
independent yes-or-no answers given that at most one is yes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Image = NDArray[np.uint8]
Activation = Literal["sigmoid", "softmax"]


@dataclass(frozen=True, slots=True)
class Detections:
    """The boxes that a detector kept in one picture, most confident first.

    Attributes:
        xyxy: (m, 4) float32, corners in pixels of the picture that was given.
        logits: (m, C) float32, class logits relative to background.
        level: (m,) int8, pyramid level, 0 the finest; -1 where the family has none.
        head: (m,) uint8, row of ``LastLayer`` that made the logits.
        features: (m, F) float32, input of the last layer; None where it cannot be had.
        sides: (m, 4, R) float32, distribution of the distance to the left, top, right and bottom
            side over R bins, each of the level's stride; None where the model has none.
        peak: highest logit of any class anywhere in the picture, kept or not.
        faint: expected number of objects among what stayed under the threshold: sum over those
            boxes, after the same suppression, of the highest class probability; nan if unknown.
    """

    xyxy: F32
    logits: F32
    level: NDArray[np.int8]
    head: NDArray[np.uint8]
    features: F32 | None
    sides: F32 | None
    peak: float
    faint: float

    def __len__(self) -> int:
        return len(self.xyxy)


@dataclass(frozen=True, slots=True)
class LastLayer:
    """The linear map from box features to logits relative to background.

    ``logits = weight[head] @ features + bias[head]``.

    Attributes:
        weight: (H, C, F) float32, one matrix for each level, anchor or the only head.
        bias: (H, C) float32.
    """

    weight: F32
    bias: F32


@dataclass(frozen=True, slots=True)
class DetectorCard:
    """What is known of a detector without loading it.

    Attributes:
        name: As asked for.
        digest: sha256 (hex) that changes whenever its boxes would.
    """

    name: str
    digest: str


@dataclass(frozen=True, slots=True)
class DetectSettings:
    """How a detector is asked.

    Attributes:
        size_px: Long side of what the network sees.
        conf: Boxes under this confidence are dropped.
        iou: Of two boxes of one class that overlap more, the less confident one is dropped.
        max_candidates: Boxes kept in a picture.
        head: Which head of a model that has two; ``auto`` is the one that needs suppression.
        features: Whether box features are given where they can be had.
        trust: Whether a file may be unpickled, which can run any program in it.
        classes: Names, for weights that do not carry them; empty: as the weights say.
    """

    size_px: int = 640
    conf: float = 0.05
    iou: float = 0.7
    max_candidates: int = 300
    head: Literal["auto", "one2many", "one2one"] = "auto"
    features: bool = True
    trust: bool = False
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DetectorInfo:
    """What is known of a loaded detector.

    Attributes:
        name: As asked for.
        digest: Of the card.
        classes: Names in the order of the logits.
        activation: How its confidence comes from logits: ``sigmoid`` of each, or ``softmax`` with
            the background's 0.
        strides: Pixels (of the network's input) per cell, by level; empty where there are none.
        feature_dim: F, 0 where there are no features.
        side_bins: R, 0 where there are no side distributions.
        missing: What it cannot give (``features``, ``sides``, ``faint``) and why.
    """

    name: str
    digest: str
    classes: tuple[str, ...]
    activation: Activation
    strides: tuple[int, ...] = ()
    feature_dim: int = 0
    side_bins: int = 0
    missing: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Detector(Protocol):
    """Pictures to boxes."""

    info: DetectorInfo
    last_layer: LastLayer | None

    def __call__(self, images: Sequence[Image]) -> list[Detections]:
        """(h, w, 3) uint8 RGB pictures of any sizes -> one ``Detections`` each.

        A picture's boxes depend on that picture alone.

        Raises:
            WeightsError: The weights give values that are not finite.
        """
        ...
