"""Pretraining: a backbone of the user's own, from the workspace's frames, without labels."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from framesel.backbones.pretrain_settings import PretrainSettings


class Pretrain(PretrainSettings):
    """What decides the weights of `framesel pretrain`."""

    max_frames: Annotated[int, Field(ge=64)] = Field(
        20_000, description="frames to train on, evenly spaced; they are held in memory"
    )
