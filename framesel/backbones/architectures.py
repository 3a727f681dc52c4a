"""Untrained networks by name: the trunks that weights go into or pretraining starts from.

``slim_resnet:WIDTH`` is our own; ``timm:NAME`` and ``torchvision:NAME`` come from those libraries,
without their classifier and without any download.
"""

from __future__ import annotations

import difflib
from typing import cast

import torch
from torch import Tensor, nn

from framesel.errors import MissingExtraError, UsageError

CLASSIFIERS = ("fc", "classifier", "heads", "head")


class Trunk(nn.Module):
    """A network from images (n, 3, h, w) to features (n, feature_dim)."""

    def __init__(self, network: nn.Module, feature_dim: int) -> None:
        super().__init__()
        self.network = network
        self.feature_dim = feature_dim

    def forward(self, images: Tensor) -> Tensor:
        """Features, (n, feature_dim)."""
        return cast(Tensor, self.network(images)).flatten(1)


def _slim_resnet(width: str) -> Trunk:
    from framesel.backbones.slim_resnet import SlimResNet

    if not width.isdecimal() or not 2 <= int(width) <= 256 or int(width) % 2:
        raise UsageError(
            f"slim_resnet:{width}: the width must be an even number from 2 to 256, "
            "for example slim_resnet:32"
        )
    network = SlimResNet(int(width))
    return Trunk(network, network.feature_dim)


def _timm(name: str) -> Trunk:
    try:
        import timm
    except ImportError as error:
        raise MissingExtraError("timm", "timm", f"the architecture timm:{name}") from error
    if not timm.is_model(name):
        near = difflib.get_close_matches(name, timm.list_models(), n=3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise UsageError(f"timm has no architecture {name!r}{hint}")
    network = timm.create_model(name, pretrained=False, num_classes=0)
    return Trunk(network, int(network.num_features))


def _torchvision(name: str) -> Trunk:
    from torchvision import models

    if name not in models.list_models(module=models):
        near = difflib.get_close_matches(name, models.list_models(module=models), n=3)
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        raise UsageError(f"torchvision has no classification architecture {name!r}{hint}")
    return without_classifier(models.get_model(name, weights=None))


def without_classifier(network: nn.Module) -> Trunk:
    """A torchvision classifier whose last module is cut off; its feature size is found by a run."""
    found = [part for part in CLASSIFIERS if isinstance(getattr(network, part, None), nn.Module)]
    if not found:
        raise UsageError(f"{type(network).__name__} has no classifier that could be cut off")
    setattr(network, found[0], nn.Identity())
    was_training = network.training
    with torch.inference_mode():
        features = network.eval()(torch.zeros(1, 3, 224, 224)).flatten(1)
    return Trunk(network.train(was_training), features.shape[1])


SOURCES = {"slim_resnet": _slim_resnet, "timm": _timm, "torchvision": _torchvision}


def build_trunk(architecture: str) -> Trunk:
    """The untrained trunk of an architecture such as ``slim_resnet:32`` or ``timm:resnet18``.

    Raises:
        UsageError: The name is unknown; the message lists the nearest.
        MissingExtraError: timm is asked for and not installed.
    """
    source, _, name = architecture.partition(":")
    if source not in SOURCES or not name:
        raise UsageError(
            f"unknown architecture {architecture!r}: expected one of "
            + ", ".join(f"{known}:NAME" for known in SOURCES)
        )
    return SOURCES[source](name)
