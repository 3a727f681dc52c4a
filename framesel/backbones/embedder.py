"""The module that every backbone runs: pictures as bytes in, unit rows out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from framesel.backbones.architectures import Trunk
from framesel.backbones.preprocessing import Preprocessing

SMALLEST_NORM = 1e-12


class Embedder(nn.Module):
    """Colours are normalised, the trunk and its linear head run, rows get unit length.

    Args:
        trunk: Pictures to features.
        head: Features to vectors; ``nn.Identity()`` where the features are the vectors.
        preprocessing: Gives the mean and deviation of the colours.
    """

    scale: Tensor
    shift: Tensor

    def __init__(self, trunk: Trunk, head: nn.Module, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.trunk = trunk
        self.head = head
        mean = torch.tensor(preprocessing.mean).view(1, 3, 1, 1)
        std = torch.tensor(preprocessing.std).view(1, 3, 1, 1)
        self.register_buffer("scale", 1.0 / (255.0 * std), persistent=False)
        self.register_buffer("shift", -mean / std, persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """(n, size, size, 3) uint8 or float on the scale of 0 to 255 -> (n, dim) unit rows.

        A row of zeros stays a row of zeros.
        """
        pixels = pictures.permute(0, 3, 1, 2).to(self.scale.dtype)
        vectors = self.head(self.trunk(pixels * self.scale + self.shift)).float()
        norms = vectors.square().sum(dim=1, keepdim=True).sqrt()
        unit: Tensor = vectors / norms.clamp(min=SMALLEST_NORM)
        return unit
