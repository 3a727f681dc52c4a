"""Frames whose vectors are had by asking for them: they may be more than fit into memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from framesel.selection.duplicates.tiles import Tiles
from framesel.selection.vectors.arrays import F32, I64


class Frames(Protocol):
    """Asked from several threads at once."""

    def vectors(self, rows: I64) -> F32:
        """(r, d) float32 unit rows of some frames."""

    def tiles(self, rows: I64) -> Tiles:
        """The tiles of some frames, or none."""


@dataclass(frozen=True, eq=False)
class InMemory:
    """Frames in arrays: (n, d) float32 unit rows, and the tiles of all n, or none."""

    rows: F32
    parts: Tiles

    def vectors(self, rows: I64) -> F32:
        """See :class:`Frames`."""
        return self.rows[rows]

    def tiles(self, rows: I64) -> Tiles:
        """See :class:`Frames`."""
        return self.parts.of(rows)
