"""The settings of self-supervised pretraining."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from framesel.backbones.augmentation import Augmentation

Positive = Annotated[float, Field(gt=0.0)]
NotNegative = Annotated[float, Field(ge=0.0)]
Count = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class PretrainSettings(BaseModel):
    """What decides the weights that a pretraining run arrives at.

    Attributes:
        architecture: ``slim_resnet:WIDTH``, ``timm:NAME`` or ``torchvision:NAME``.
        dim: Length of the vectors.
        size_px: Side of the pictures that the finished backbone sees; also that of the cache.
        view_px: Side of the views that it is trained on. A fully convolutional network learns as
            well from smaller ones, in a fraction of the time.
        loss: ``ntxent`` (SimCLR), ``barlow_twins`` or ``vicreg``.
        temperature: Of NT-Xent.
        projection: Width of the projection head that the loss sees.
        neighbour_reach: A positive is at most this many frames away in the same video.
        epochs, batch, lr, weight_decay, warmup_share: AdamW; linear warm-up, then cosine to zero.
        watch_share: Share of the videos that is not trained on; its loss decides on an early stop.
        patience: Epochs without a better watched loss before it stops; 0 never stops early.
        checkpoint_steps: Steps between two checkpoints.
        whitening: Power of the whitening of the finished vectors: 0 none, 1 full.
        min_std, min_rank: Below either the run counts as collapsed.
        augmentation: How far the views stray.
        seed: Of weights, order and views.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    architecture: str = "slim_resnet:32"
    dim: Annotated[int, Field(ge=2, le=4096)] = 256
    size_px: Annotated[int, Field(ge=16, le=1024)] = 128
    view_px: Annotated[int, Field(ge=16, le=1024)] = 72
    loss: Literal["ntxent", "barlow_twins", "vicreg"] = "ntxent"
    temperature: Positive = 0.2
    projection: Annotated[int, Field(ge=2)] = 256
    neighbour_reach: Annotated[int, Field(ge=0)] = 3
    epochs: Count = 30
    batch: Annotated[int, Field(ge=4)] = 128
    lr: Positive = 2e-3
    weight_decay: NotNegative = 0.05
    warmup_share: Share = 0.05
    watch_share: Annotated[float, Field(ge=0.0, le=0.5)] = 0.1
    patience: Annotated[int, Field(ge=0)] = 0
    checkpoint_steps: Count = 100
    whitening: Share = 0.5
    min_std: Share = 0.05
    min_rank: Annotated[float, Field(ge=1.0)] = 2.0
    augmentation: Augmentation = Augmentation()
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0

    @model_validator(mode="after")
    def _views_fit(self) -> Self:
        if self.view_px > self.size_px:
            raise ValueError(f"view_px {self.view_px} must not exceed size_px {self.size_px}")
        return self
