"""What is trained: a trunk, a projection head that is thrown away afterwards, and a loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import torch
from lightly.loss import BarlowTwinsLoss, NTXentLoss, VICRegLoss
from lightly.models.modules.heads import (
    BarlowTwinsProjectionHead,
    SimCLRProjectionHead,
    VICRegProjectionHead,
)
from torch import Tensor, nn

from framesel.backbones.architectures import Trunk
from framesel.backbones.pretrain_settings import PretrainSettings


class Learner(nn.Module):
    """Trunk and projection head, and the loss between two batches of views."""

    def __init__(self, trunk: Trunk, settings: PretrainSettings) -> None:
        super().__init__()
        self.trunk = trunk
        wide = settings.projection
        heads: dict[str, tuple[Callable[..., nn.Module], nn.Module]] = {
            "ntxent": (SimCLRProjectionHead, NTXentLoss(settings.temperature)),
            "barlow_twins": (BarlowTwinsProjectionHead, BarlowTwinsLoss()),
            "vicreg": (VICRegProjectionHead, VICRegLoss()),
        }
        head, self.criterion = heads[settings.loss]
        self.projection = head(trunk.feature_dim, wide, wide)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        """The loss, a scalar. Both batches pass together, so that they share their statistics."""
        projected = self.projection(self.trunk(torch.cat([first, second])))
        return cast(Tensor, self.criterion(*projected.chunk(2)))
