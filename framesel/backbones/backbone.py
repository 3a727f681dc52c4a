"""The contract of a backbone, and the part that all runtimes share: batches of one fixed shape."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from framesel.backbones.preprocessing import Image, squash_batch
from framesel.errors import UsageError, WeightsError

Vectors = NDArray[np.float32]
Engine = Callable[[Iterable[Image]], Iterator[Vectors]]
"""Blocks (batch, size, size, 3) uint8 in, unit rows (batch, dim) out, one block after the other."""


@dataclass(frozen=True, slots=True)
class BackboneCard:
    """What is known of a backbone without loading it.

    Attributes:
        name: As asked for.
        dim: Length of its vectors; None where only loading tells.
        size_px: Side of the pictures that it sees; None where only loading tells.
        digest: sha256 (hex) that changes whenever its vectors would. For weights that a hub keeps
            it covers their full name and the version of the library that resolves it.
    """

    name: str
    dim: int | None
    size_px: int | None
    digest: str


@runtime_checkable
class Backbone(Protocol):
    """Images to unit vectors."""

    name: str
    dim: int
    size_px: int
    digest: str
    batch: int

    def __call__(self, images: Sequence[Image]) -> Vectors:
        """(h, w, 3) uint8 RGB pictures of any sizes -> (n, dim) float32 unit rows.

        A row depends on its picture alone. A picture without any response gives a row of zeros.
        """
        ...


class BatchedBackbone:
    """Cuts pictures into batches of one shape; the last one is filled up with black.

    Kernels are chosen by shape, so a fixed shape is what keeps a row independent of how many others
    it came with.

    Args:
        card: Name and digest.
        dim: Length of the vectors.
        size_px: Side of the pictures that the engine takes.
        batch: Pictures in a block.
        engine: Computes blocks; it is fed lazily, so it may prepare one while it computes another.
    """

    def __init__(
        self, card: BackboneCard, dim: int, size_px: int, batch: int, engine: Engine
    ) -> None:
        if batch < 1:
            raise UsageError(f"the batch is {batch}: it must hold at least one picture")
        self.name, self.digest = card.name, card.digest
        self.dim, self.size_px, self.batch = dim, size_px, batch
        self._engine = engine

    def __call__(self, images: Sequence[Image]) -> Vectors:
        """Unit rows of pictures; see ``Backbone``.

        Raises:
            UsageError: Something is not a (h, w, 3) uint8 picture.
            WeightsError: The weights give values that are not finite.
        """
        starts = range(0, len(images), self.batch)
        blocks = (
            squash_batch(images[start : start + self.batch], self.size_px, self.batch)
            for start in starts
        )
        vectors = np.zeros((len(images), self.dim), np.float32)
        for start, rows in zip(starts, self._engine(blocks), strict=True):
            wanted = vectors[start : start + self.batch]
            wanted[:] = rows[: len(wanted)]
        if not np.isfinite(vectors).all():
            raise WeightsError(
                f"backbone {self.name} gave vectors that are not finite: its weights are damaged, "
                "or they need more precision than this runtime has (try device cpu)"
            )
        return vectors
