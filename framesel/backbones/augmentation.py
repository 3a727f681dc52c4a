"""How far random views stray: settings only, so that reading a recipe loads no torch."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0.0, le=1.0)]


class Augmentation(BaseModel):
    """How far a view may stray from its image. Shares are probabilities per image."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    min_area: Annotated[float, Field(gt=0.0, le=1.0)] = 0.35
    max_aspect: Annotated[float, Field(ge=1.0)] = 1.25
    max_turn_deg: Annotated[float, Field(ge=0.0, le=180.0)] = 5.0
    flip: Share = 0.0
    brightness: Share = 0.3
    contrast: Share = 0.4
    gamma: Share = 0.4
    tint: Share = 0.06
    gray: Share = 0.2
    blur: Share = 0.3
    coarse: Share = 0.2
    noise: Share = 0.4
    noise_std: Share = 0.05
