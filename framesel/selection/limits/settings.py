"""Hard limits on a selection, as they stand in a recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Count = Annotated[int, Field(ge=0)]

REST = "*"
"""In limits by metadata: each value that is not named."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Span(_Frozen):
    """How many frames at least and at most."""

    min: Count = 0
    max: Count | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.max is not None and self.max < self.min:
            raise ValueError(f"min is {self.min} and max {self.max}; min must not exceed max")
        return self


class Labelling(_Frozen):
    """What labelling may take: ``frame_s`` for each frame and ``box_s`` for each expected box."""

    most_s: Annotated[float, Field(gt=0)]
    frame_s: Annotated[float, Field(ge=0)] = 8.0
    box_s: Annotated[float, Field(ge=0)] = 4.0

    @model_validator(mode="after")
    def _takes_time(self) -> Self:
        if self.frame_s == self.box_s == 0:
            raise ValueError("frame_s and box_s are both 0: labelling would take no time at all")
        return self


class Limits(_Frozen):
    """What every selection must keep to, whatever the strategy."""

    gap_s: Annotated[float, Field(ge=0)] = Field(
        0.0, description="seconds between picks of one video, at least"
    )
    per_video: Span = Field(
        Span(), description="frames of each video; where a video has fewer than min, all it has"
    )
    classes: Mapping[str, Span] = Field(
        {}, description="frames in which the detector sees a class: {person: {min: 20}}"
    )
    metadata: Mapping[str, Mapping[str, Span]] = Field(
        {},
        description="frames by a sidecar's column: {camera: {north: {max: 50}, '*': {min: 5}}}; "
        "the column `video` is the file",
    )
    boxes: Annotated[float, Field(gt=0)] | None = Field(
        None, description="boxes to draw in all, at most, as the detector expects them"
    )
    labelling: Labelling | None = Field(
        None, description="seconds of labelling in all: {most_s: 36000, frame_s: 8, box_s: 4}"
    )

    @property
    def count_boxes(self) -> bool:
        """Whether one of them counts what a detector sees."""
        boxes_take_time = self.labelling is not None and self.labelling.box_s > 0
        return bool(self.classes) or self.boxes is not None or boxes_take_time

    @property
    def columns(self) -> frozenset[str]:
        """Of the metadata, those that they look at."""
        return frozenset({"video"} if self.per_video != Span() else ()) | self.metadata.keys()
