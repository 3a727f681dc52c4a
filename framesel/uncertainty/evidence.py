"""What is known of some pictures, and every group of scores that follows from it.

A group is computed once, when the first of its scores is asked for. What belongs to boxes (or to
objects on which several models look) stays per box, with offsets; what belongs to pictures is
per picture.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from framesel.uncertainty.boxes import I64, Array, Boxes

if TYPE_CHECKING:
    from framesel.uncertainty.laplace import LastLayerLaplace

Columns = Mapping[str, NDArray[np.floating]]


class ScoreSettings(BaseModel):
    """What the scores themselves leave open."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    confident: float = Field(
        0.25, gt=0, lt=1, description="from here on a box counts as found; silence is about less"
    )
    dropout: float = Field(0.1, gt=0, lt=1, description="share of features dropped for bald")
    samples: int = Field(20, ge=2, le=1000, description="sampled last layers for bald")
    seed: int = Field(0, ge=0, description="of those samples")
    prior: float = Field(1.0, gt=0, description="precision of the Laplace approximation's prior")
    least_iou: float = Field(
        0.5, gt=0, le=1, description="boxes of two looks that overlap so much show one object"
    )
    beta: float = Field(
        1.0, description="exponent of density: over 0 prefers dense regions, under 0 sparse ones"
    )
    nearest: int = Field(20, ge=1, description="neighbours for typicality")
    noise: float = Field(0.1, gt=0, description="of labels, for variance_reduction")
    most_gap: int = Field(
        3, ge=1, description="frames of a video that lie at most so far apart are tracked"
    )


@dataclass(frozen=True, eq=False)
class Line:
    """Successive frames, companions included, sorted by video and time.

    Attributes:
        boxes: Of f frames.
        video_no: (f,) int64.
        index: (f,) int64, number of the frame in its video.
        t_s: (f,) float64, its second in the video.
        clip: (f,) int64, which run of close frames it belongs to.
        track: (m,) int64, which track each box belongs to, unique over all clips.
        picture: (f,) int64, which candidate it is; -1 for a companion.
    """

    boxes: Boxes
    video_no: I64
    index: I64
    t_s: NDArray[np.float64]
    clip: I64
    track: I64
    picture: I64


@dataclass(frozen=True, eq=False)
class Look:
    """What another model, or the same one in an edited view, sees of some of the pictures.

    Attributes:
        pictures: (k,) int64, which of the pictures.
        boxes: Of those k.
        visible: For an edited view, which boxes of the original it can be expected to show: (m,)
            bool over the original's boxes in those k pictures. None: all.
    """

    pictures: I64
    boxes: Boxes
    visible: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class Evidence:
    """Everything that scores may draw on, for n pictures.

    Attributes:
        boxes: Of the n pictures.
        settings: What is left open.
        committee: What each further member sees.
        views: What the detector sees in edited views, in coordinates of the picture.
        line: The frames in time; None where none are close enough to be tracked.
        layer: Weight (H, C, F) and bias (H, C) of the last layer.
        laplace: Fitted on the whole dataset.
    """

    boxes: Boxes
    settings: ScoreSettings = field(default_factory=ScoreSettings)
    committee: tuple[Look, ...] = ()
    views: Mapping[str, Look] = field(default_factory=dict)
    line: Line | None = None
    layer: tuple[Array, Array] | None = None
    laplace: LastLayerLaplace | None = None
