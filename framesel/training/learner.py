"""What every family of detectors gives to the one loop that trains them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from framesel.training.batches import Batch

State = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Form:
    """What a family wants and leaves.

    Attributes:
        size_px: Side of the squares that it is trained on.
        stretched: Pictures are squashed to squares instead of keeping their aspect.
        file: Name of the weights that it writes.
        prefix: What stands before their path in a detector's name.
        summed: Its loss is the sum over the pictures of a batch; otherwise their mean.
        taken_over: Classes whose last layer came with the initial weights.
    """

    size_px: int
    stretched: bool
    file: str
    prefix: str
    summed: bool
    taken_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Precision:
    """Where convolutions are computed, and in what.

    Attributes:
        device: Of all tensors.
        half: The smaller type of mixed precision; None: all is fp32.
    """

    device: torch.device
    half: torch.dtype | None = None

    @contextmanager
    def mixed(self) -> Iterator[None]:
        """Mixed precision inside, where it is asked for."""
        on = self.half is not None
        with torch.autocast(self.device.type, dtype=self.half or torch.bfloat16, enabled=on):
            yield


class Learner(Protocol):
    """A detector that can be trained.

    Attributes:
        form: What it wants and leaves.
        module: Everything that learns.
    """

    form: Form
    module: nn.Module

    def begin(self, precision: Precision) -> None:
        """Moves to the device; what has to do with places is computed in fp32 in any case."""
        ...

    def loss(self, batch: Batch, share: float) -> Tensor:
        """What a step makes smaller, a scalar in fp32.

        Args:
            batch: On the device.
            share: Of all steps, how much is done: 0 to below 1.
        """
        ...

    def export(self, path: Path, state: State) -> None:
        """Writes a detector with these tensors, the same bytes for the same tensors."""
        ...


def in_full(outputs: Any) -> Any:
    """Nested outputs of a network with every tensor in fp32."""
    if isinstance(outputs, Tensor):
        return outputs.float()
    if isinstance(outputs, Mapping):
        return {key: in_full(value) for key, value in outputs.items()}
    return type(outputs)(in_full(value) for value in outputs)


def same_classes(
    before: Sequence[str], now: Sequence[str], rename: Mapping[str, str]
) -> list[tuple[int, int]]:
    """Which of the present classes the initial weights knew.

    Args:
        before: Names in the weights.
        now: Names in the labels.
        rename: Old names to present ones.

    Returns:
        (number before, number now), at most one for each present class. Case and white space around
        a name count only where a name fits exactly as well.
    """
    renamed = [rename.get(name, name) for name in before]
    loose = [name.strip().casefold() for name in renamed]
    found = []
    for number, name in enumerate(now):
        if name in renamed:
            found.append((renamed.index(name), number))
        elif name.strip().casefold() in loose:
            found.append((loose.index(name.strip().casefold()), number))
    return found


def copy_rows(
    old: Tensor, new: Tensor, pairs: Sequence[tuple[int, int]], *, outer: int = 1, inner: int = 1
) -> None:
    """Copies what a layer knew of some classes into the layer that replaces it.

    Args:
        old: (outer * C * inner, …) weight or bias.
        new: (outer * C' * inner, …), written into.
        pairs: (class before, class now).
        outer: Rows of a class that lie apart: one for each anchor.
        inner: Rows of a class that lie together: one for each number of a box.
    """
    rest = old.shape[1:]
    source = old.detach().reshape(outer, -1, inner, *rest)
    target = new.detach().view(outer, -1, inner, *rest)
    for before, now in pairs:
        target[:, now] = source[:, before]
