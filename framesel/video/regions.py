"""Crops and masks per camera: burned-in clocks, logos, the bonnet of the car."""

import math
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from framesel.errors import UsageError

Fraction01 = Annotated[float, Field(ge=0, le=1)]
Box = tuple[Fraction01, Fraction01, Fraction01, Fraction01]
_MID_GRAY = 128


class Region(BaseModel):
    """The part of a camera's picture that counts.

    Boxes are (x0, y0, x1, y1) in fractions of the full picture, from its top left corner. Masks
    are given in the full picture too, whether there is a crop or not.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: str = Field("*", min_length=1, description="glob on the path of the video")
    crop: Box | None = Field(None, description="[x0, y0, x1, y1] as fractions; null: all of it")
    mask: tuple[Box, ...] = Field((), description="boxes to gray out, as fractions")

    @model_validator(mode="after")
    def _boxes_have_area(self) -> Self:
        for box in (*self.mask, *([self.crop] if self.crop else [])):
            if box[0] >= box[2] or box[1] >= box[3]:
                raise ValueError(f"box {list(box)} is empty: it needs x0 < x1 and y0 < y1")
        return self

    def apply(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Grays out the masks and cuts out the crop; see `apply_region`."""
        return apply_region(image, self)

    def to_json(self) -> str:
        """Compact JSON, equal for equal regions."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Reads what `to_json` wrote.

        Raises:
            UsageError: If it is not that.
        """
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise UsageError(f"{text[:200]!r} is no region: {error}") from error


def apply_region(image: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
    """Grays out the masks and cuts out the crop.

    Mid-gray, not the picture's mean: what is masked must not vary with what is not.

    Args:
        image: (h, w, 3) uint8; it is not changed.
        region: What to hide and to keep.

    Returns:
        (h', w', 3) uint8, contiguous, at least one pixel; the image itself if nothing changes.
    """
    if region.mask:
        image = image.copy()
        for box in region.mask:
            y, x = _slices(box, image.shape[0], image.shape[1])
            image[y, x] = _MID_GRAY
    if region.crop is not None:
        y, x = _slices(region.crop, image.shape[0], image.shape[1])
        image = np.ascontiguousarray(image[y, x])
    return image


def _slices(box: Box, height: int, width: int) -> tuple[slice, slice]:
    """The pixels that a box touches; at least one."""
    x0, y0, x1, y1 = box
    left, top = min(math.floor(x0 * width), width - 1), min(math.floor(y0 * height), height - 1)
    return (
        slice(top, max(top + 1, math.ceil(y1 * height))),
        slice(left, max(left + 1, math.ceil(x1 * width))),
    )
