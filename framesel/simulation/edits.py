"""Small changes by which a repeated picture differs from its original."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framesel.simulation.spec import EditKind

Matrix = NDArray[np.float64]
Box = tuple[float, float, float, float]

SHIFT_PX = 2
GAIN = (0.01, 0.03)
ZOOM = (0.01, 0.02)


@dataclass(frozen=True, slots=True)
class Edit:
    """One change; what its kind does not change stays at its default.

    Attributes:
        kind: Which.
        dx_px, dy_px: By how much the picture is moved to the right and down.
        gain: By which its brightness is multiplied.
        zoom: By which it is enlarged about its middle.
    """

    kind: EditKind
    dx_px: int = 0
    dy_px: int = 0
    gain: float = 1.0
    zoom: float = 1.0

    def matrix(self, size_wh: tuple[int, int]) -> Matrix:
        """(3, 3) affine map from the original picture's pixels to the edited one's."""
        x, y = size_wh[0] / 2, size_wh[1] / 2
        return np.array(
            [
                [self.zoom, 0.0, x - self.zoom * x + self.dx_px],
                [0.0, self.zoom, y - self.zoom * y + self.dy_px],
                [0.0, 0.0, 1.0],
            ]
        )

    def moved(self, box: Box, size_wh: tuple[int, int]) -> Box:
        """Where a box (left, top, right, bottom) of the original lies in the edited picture."""
        x, y = size_wh[0] / 2, size_wh[1] / 2
        left, right = (x + self.zoom * (side - x) + self.dx_px for side in box[::2])
        top, bottom = (y + self.zoom * (side - y) + self.dy_px for side in box[1::2])
        return left, top, right, bottom


def drawn(rng: np.random.Generator, kinds: Sequence[EditKind]) -> Edit | None:
    """A change of one of these kinds, each equally likely; None where there are none."""
    if not kinds:
        return None
    kind = kinds[int(rng.integers(len(kinds)))]
    if kind == "shifted":
        while True:
            dx_px, dy_px = rng.integers(-SHIFT_PX, SHIFT_PX + 1, 2).tolist()
            if math.hypot(dx_px, dy_px) > 0:
                return Edit(kind, dx_px, dy_px)
    if kind == "gain":
        sign = 1 if rng.random() < 0.5 else -1
        return Edit(kind, gain=round(1 + sign * float(rng.uniform(*GAIN)), 4))
    return Edit(kind, zoom=round(1 + float(rng.uniform(*ZOOM)), 4))
