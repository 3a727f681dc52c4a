"""Heads that were fine-tuned to other classes than their trunk was made for.

ultralytics makes the branch that tells classes as wide as the number of classes asks for. When it
fine-tunes weights to fewer or more classes, it keeps the branch and replaces its last layer only:
the architecture in the checkpoint no longer says how wide the branch is, its tensors do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

BRANCHES = ("cv3", "one2one_cv3")
MOST_WIDE = 100  # ultralytics never makes the branch wider than that for the sake of its classes


def built_for(config: Mapping[str, Any], state: Mapping[str, Tensor]) -> int:
    """The number of classes for which ultralytics would build a branch as wide as the tensors.

    Args:
        config: Architecture: ``nc``, ``backbone``, ``head``.
        state: Tensors by name.

    Returns:
        ``nc`` where the branch is as wide as that asks for, or where nothing can be told.
    """
    classes = int(config["nc"])
    last = len(config["backbone"]) + len(config["head"]) - 1
    for branch in BRANCHES:
        prefix = f"model.{last}.{branch}.0."
        finals = {
            int(name.removeprefix(prefix).partition(".")[0]): tensor
            for name, tensor in state.items()
            if name.startswith(prefix) and name.endswith("weight") and tensor.ndim == 4
        }
        if finals:
            width = int(finals[max(finals)].shape[1])
            return width if width <= MOST_WIDE else classes
    return classes


def narrow(layers: nn.Module, classes: int) -> None:
    """Gives the head of a network last layers for so many classes, as fine-tuning does.

    Args:
        layers: A sequence that ends in the head; nothing is changed where it fits already.
        classes: How many.
    """
    head: Any = list(layers.children())[-1]
    if head.nc == classes:
        return
    for name in BRANCHES:
        for branch in getattr(head, name, None) or ():
            wide = branch[-1]
            branch[-1] = nn.Conv2d(wide.in_channels, classes, 1, device=wide.weight.device)
    head.nc, head.no = classes, classes + 4 * head.reg_max
