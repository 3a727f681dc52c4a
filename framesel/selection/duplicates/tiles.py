"""What the tiles of two frames say against their being the same.

A vector of a whole frame hardly moves for one new small object. A vector of the tile that it lies
in does.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from framesel.errors import SelectionError
from framesel.selection.vectors.arrays import F32, I64, checked_vectors
from framesel.selection.vectors.dot import dot_rows, kernel


@dataclass(frozen=True, eq=False)
class Tiles:
    """Vectors of the tiles of n frames.

    Attributes:
        vectors: (n * each, d) float32 unit rows: the tiles of frame 0, of frame 1, ...
        each: Tiles of a frame; 0 where there are none, and all frames are alike.
        tau: Inner product that every tile of two like frames reaches.
    """

    vectors: F32
    each: int
    tau: np.float32

    def of(self, rows: I64) -> Tiles:
        """Those of some frames."""
        if not self.each:
            return self
        shaped = self.vectors.reshape(-1, self.each * self.vectors.shape[1])[rows]
        return Tiles(shaped.reshape(-1, self.vectors.shape[1]), self.each, self.tau)


NO_TILES = Tiles(np.empty((0, 1), np.float32), 0, np.float32(0.0))


def checked_tiles(tiles: ArrayLike, frames: int, tau_tile: float) -> Tiles:
    """The tiles of some frames.

    Args:
        tiles: (n, t, d) unit rows.
        frames: n.
        tau_tile: Cosine that every tile of two duplicates reaches.

    Raises:
        SelectionError: Another shape, rows that are not finite and of unit length, or a threshold
            out of range.
    """
    shape = np.shape(tiles)
    if len(shape) != 3 or shape[0] != frames:
        raise SelectionError(
            f"tiles have shape {shape}, expected ({frames}, t, d): t unit rows for each frame"
        )
    if not -1.0 <= tau_tile <= 1.0:
        raise SelectionError(f"tau_tile is {tau_tile}; give a cosine from -1 to 1, e.g. 0.9")
    rows = np.reshape(tiles, (shape[0] * shape[1], shape[2]))
    return Tiles(checked_vectors(rows, "tiles"), shape[1], np.float32(tau_tile))


@kernel
def alike(one: F32, row: int, other: F32, place: int, each: int, tau: np.float32) -> bool:
    """Whether every tile of a frame is near the same tile of another: tiles of both, and rows."""
    for tile in range(each):
        if dot_rows(one, row * each + tile, other, place * each + tile) < tau:
            return False
    return True
