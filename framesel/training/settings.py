"""What decides the weights that a training ends with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class TrainSettings(BaseModel):
    """How a detector is trained. Schedules count iterations: equal for few and many pictures."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: str = Field(
        "",
        description="what training begins with: PATH.pt, scratch:yolo11n, torchvision:NAME@PATH, "
        "torchvision:NAME (from scratch); empty: detections.weights of the first run",
    )
    start: Literal["initial", "previous"] = Field(
        "initial", description="initial: from `weights` each time; previous: from the last round's"
    )
    size_px: Annotated[int, Field(ge=64, le=4096, multiple_of=32)] = Field(
        640, description="long side of what the network sees"
    )
    iterations: Annotated[int, Field(ge=1)] = Field(1000, description="batches; each is a step")
    batch: Annotated[int, Field(ge=1)] = Field(16, description="pictures in a batch")
    learning_rate: Annotated[float, Field(gt=0)] = Field(1e-3, description="AdamW's, at its peak")
    last_rate: Annotated[float, Field(ge=0, le=1)] = Field(
        0.01, description="share of it that is left at the end; it falls linearly"
    )
    weight_decay: Annotated[float, Field(ge=0)] = Field(5e-4, description="AdamW's")
    warmup: Annotated[int, Field(ge=0)] = Field(
        50, description="iterations in which the rate rises from 0"
    )
    averaging: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.998, description="decay of the moving average of the weights, which is kept; 0: none"
    )
    freeze_batchnorm: bool = Field(
        False, description="keep the statistics of the initial weights: for very few pictures"
    )
    mosaic: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0, description="chance that a picture is put together from four"
    )
    plain_end: Annotated[int, Field(ge=0)] = Field(
        100, description="iterations at the end without mosaic"
    )
    flip: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="chance of a mirrored picture"
    )
    scale: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.5, description="pictures grow or shrink by up to this share"
    )
    translate: Annotated[float, Field(ge=0, le=1)] = Field(
        0.1, description="pictures move by up to this share"
    )
    colour: Annotated[float, Field(ge=0, le=1)] = Field(
        1.0, description="how strongly colours change: 1 as ultralytics does, 0 not at all"
    )
    seed: Annotated[int, Field(ge=0)] = Field(0, description="of new weights, order and edits")
    val_share: Annotated[float, Field(ge=0, le=0.5)] = Field(
        0.15, description="of the labelled frames, kept apart as `framesel split` does; 0: none"
    )
    rule: str = Field("majority", description="how the words of several annotators become one")
    rename: dict[str, str] = Field({}, description="old names of classes to present ones")
    check_every: Annotated[int, Field(ge=1)] = Field(
        100, description="iterations after which the val frames are looked at"
    )
    patience: Annotated[int, Field(ge=0)] = Field(
        0, description="looks without a better mAP50-95 after which training ends; 0: never"
    )
    keep: Literal["last", "best"] = Field(
        "last", description="which weights are kept: the last, or the best on the val frames"
    )
    precision: Literal["auto", "fp32", "mixed"] = Field(
        "auto",
        description="auto: mixed (bf16) on a GPU, fp32 on the CPU; mixed: on a CPU with bf16 units "
        "too, alone on its cores half as fast again; fp32 always",
    )
    trust_weights: bool = Field(
        False, description="unpickle initial weights that only so can be read"
    )
