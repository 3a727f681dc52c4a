"""What every source of models gives: a card without torch, and the module itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from framesel.backbones.backbone import BackboneCard
from framesel.errors import UsageError

if TYPE_CHECKING:
    from framesel.backbones.embedder import Embedder


@dataclass(frozen=True)
class LoadedModel:
    """A module in evaluation mode, and what the card may not have known."""

    module: Embedder
    dim: int
    size_px: int


class Source(Protocol):
    """One kind of name: what stands before the colon."""

    def describe(self, name: str) -> BackboneCard:
        """The card of a backbone, without importing torch.

        Raises:
            UsageError: The name makes no sense.
            WeightsError: The weights are not there or not to be trusted.
        """
        ...

    def load(self, name: str) -> LoadedModel:
        """The module with its weights, on the CPU. Errors as ``describe``."""
        ...


@dataclass(frozen=True, slots=True)
class NamedModel:
    """``MODEL``, ``MODEL@TAG`` or ``MODEL@PATH``.

    Attributes:
        model: Architecture, as its library calls it.
        tag: Name of pretrained weights; empty for the library's own choice.
        path: A local file that holds the weights instead.
    """

    model: str
    tag: str
    path: Path | None


def parse_model(name: str, rest: str) -> NamedModel:
    """Split what stands behind the source's colon; a tag with a slash or a suffix is a path.

    Raises:
        UsageError: A part is missing.
    """
    model, at, tag = rest.partition("@")
    if not model or (at and not tag):
        raise UsageError(
            f"backbone {name!r}: expected SOURCE:MODEL, SOURCE:MODEL@WEIGHTS or SOURCE:MODEL@PATH"
        )
    is_path = any(sign in tag for sign in ("/", "\\")) or Path(tag).suffix in WEIGHTS_SUFFIXES
    if is_path:
        return NamedModel(model, "", Path(tag))
    return NamedModel(model, tag, None)


WEIGHTS_SUFFIXES = (".safetensors", ".pt", ".pth", ".ckpt", ".bin")
