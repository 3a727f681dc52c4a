"""int8 for those who ask for it: weights and inputs of every convolution and linear layer.

The module gets fake quantisation in torch (8 bits, weights per output channel and symmetric, inputs
per tensor with an offset; Jacob et al., "Quantization and training of neural networks for efficient
integer-arithmetic-only inference", 2018), which OpenVINO turns into int8 kernels. The ranges of the
inputs are taken on fixed probe pictures, so that equal weights give equal vectors everywhere.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from framesel.backbones.embedder import Embedder

INPUT_LEVELS = 255
WEIGHT_LIMIT = 127
SMALLEST_SCALE = 1e-8


class QuantisedLayer(nn.Module):
    """A convolution or linear layer that sees quantised inputs and has quantised weights.

    Args:
        layer: Is kept; its weights are replaced.
        low: Smallest input, at most 0.
        high: Largest input, at least 0.
    """

    weight_scale: Tensor
    weight_zero: Tensor

    def __init__(self, layer: nn.Conv2d | nn.Linear, low: float, high: float) -> None:
        super().__init__()
        self.layer = layer
        self.scale = max((high - low) / INPUT_LEVELS, SMALLEST_SCALE)
        self.zero_point = round(-low / self.scale)
        weight = layer.weight.detach()
        limits = weight.flatten(1).abs().amax(dim=1)
        self.register_buffer("weight_scale", (limits / WEIGHT_LIMIT).clamp(min=SMALLEST_SCALE))
        self.register_buffer("weight_zero", torch.zeros(len(limits), dtype=torch.int32))

    def forward(self, inputs: Tensor) -> Tensor:
        """The layer's output, computed from 8 bits."""
        seen = torch.fake_quantize_per_tensor_affine(
            inputs, self.scale, self.zero_point, 0, INPUT_LEVELS
        )
        weight = torch.fake_quantize_per_channel_affine(
            self.layer.weight, self.weight_scale, self.weight_zero, 0, -WEIGHT_LIMIT, WEIGHT_LIMIT
        )
        if isinstance(self.layer, nn.Conv2d):
            outputs: Tensor = self.layer._conv_forward(seen, weight, self.layer.bias)
            return outputs
        return nn.functional.linear(seen, weight, self.layer.bias)


def input_ranges(module: Embedder, pictures: Tensor) -> dict[str, tuple[float, float]]:
    """Smallest and largest input of every convolution and linear layer, by name."""
    ranges: dict[str, tuple[float, float]] = {}
    hooks = []
    for name, layer in module.named_modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):

            def watch(_: nn.Module, inputs: tuple[Tensor, ...], name: str = name) -> None:
                low, high = float(inputs[0].min()), float(inputs[0].max())
                ranges[name] = (min(low, 0.0), max(high, 0.0))

            hooks.append(layer.register_forward_pre_hook(watch))
    with torch.inference_mode():
        module.eval()(pictures)
    for hook in hooks:
        hook.remove()
    return ranges


def quantised(module: Embedder, pictures: Tensor) -> Embedder:
    """A copy of a module in which every convolution and linear layer is quantised.

    Args:
        module: Stays as it is.
        pictures: (n, size, size, 3) uint8, from which the ranges of the inputs are taken.
    """
    ranges = input_ranges(module, pictures)
    twin = copy.deepcopy(module)
    for name, (low, high) in ranges.items():
        parent, _, child = name.rpartition(".")
        layer = twin.get_submodule(name)
        assert isinstance(layer, nn.Conv2d | nn.Linear)
        setattr(twin.get_submodule(parent), child, QuantisedLayer(layer, low, high))
    return twin.eval()
