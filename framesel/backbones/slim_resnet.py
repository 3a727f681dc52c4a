"""SlimResNet: a ResNet-10 of half the usual width, for embedding many frames on a CPU.

Two strided 3x3 convolutions replace the 7x7 stem and the max pooling, which are slow on a CPU for
what they do. The layout follows He et al., "Deep Residual Learning for Image Recognition" (2016).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

STAGES = 4


def _conv_bn(channels_in: int, channels: int, kernel: int, stride: int) -> nn.Sequential:
    """Convolution without bias and its normalisation; the size is divided by ``stride``."""
    conv = nn.Conv2d(channels_in, channels, kernel, stride, kernel // 2, bias=False)
    nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
    return nn.Sequential(conv, nn.BatchNorm2d(channels))


class _Block(nn.Module):
    """Two 3x3 convolutions beside a shortcut."""

    def __init__(self, channels_in: int, channels: int, stride: int) -> None:
        super().__init__()
        self.first = _conv_bn(channels_in, channels, 3, stride)
        self.second = _conv_bn(channels, channels, 3, 1)
        same = stride == 1 and channels_in == channels
        self.shortcut = nn.Identity() if same else _conv_bn(channels_in, channels, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        """(n, c, h, w) -> (n, channels, h / stride, w / stride)."""
        inner = self.second(torch.relu(self.first(x)))
        return torch.relu(inner + self.shortcut(x))


class SlimResNet(nn.Module):
    """Images (n, 3, h, w) to pooled features (n, 8 * width).

    Args:
        width: Channels of the first stage; the last has eight times as many.
    """

    def __init__(self, width: int = 32) -> None:
        super().__init__()
        self.feature_dim = width * 2 ** (STAGES - 1)
        layers: list[nn.Module] = [
            _conv_bn(3, width // 2, 3, 2),
            nn.ReLU(),
            _conv_bn(width // 2, width, 3, 2),
            nn.ReLU(),
        ]
        channels = width
        for stage in range(STAGES):
            layers.append(_Block(channels, width * 2**stage, 2 if stage else 1))
            channels = width * 2**stage
        self.layers = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        """Pooled features of the last stage, (n, feature_dim)."""
        features: Tensor = self.layers(images).mean(dim=(2, 3))
        return features
