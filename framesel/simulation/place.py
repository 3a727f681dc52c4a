"""The background of a scene: described at once, painted only when somebody looks."""

from dataclasses import dataclass
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from framesel.simulation.spec import PlaceKind

Image = NDArray[np.uint8]
Colour = NDArray[np.float64]

# Sky and ground; a hall has walls instead of a sky.
PALETTES: dict[PlaceKind, tuple[tuple[int, int, int], tuple[int, int, int]]] = {
    "street": ((185, 185, 190), (85, 85, 88)),
    "field": ((140, 180, 205), (85, 125, 60)),
    "shore": ((165, 195, 200), (125, 120, 95)),
    "hall": ((200, 180, 140), (105, 75, 62)),
}
# How much of a place's colours comes from its kind.
KIND_SHARE = 0.7


@dataclass(frozen=True, slots=True)
class Building:
    """A box with stripes of windows: (left, top, right, bottom) pixels, its grey and its colour."""

    box: tuple[int, int, int, int]
    grey: float
    tint: Colour
    step_px: int


@dataclass(frozen=True, slots=True)
class Place:
    """All that is drawn at random about a background.

    Attributes:
        world_wh: Pixels of the whole place, of which a camera sees a part.
        cells: Grids of coloured noise, one for each octave.
        horizon_px: Row in which the sky ends.
        sky, ground: (3,) RGB.
        buildings: From back to front.
    """

    world_wh: tuple[int, int]
    cells: tuple[NDArray[np.float32], ...]
    horizon_px: float
    sky: Colour
    ground: Colour
    buildings: tuple[Building, ...]

    @classmethod
    def drawn(
        cls, rng: np.random.Generator, world_wh: tuple[int, int], kind: PlaceKind | None
    ) -> Self:
        """A new place of this kind; without a kind its colours are free."""
        width, height = world_wh
        cells = tuple(rng.random((2**octave, 2**octave, 3), np.float32) for octave in range(2, 8))
        horizon = rng.uniform(0.3, 0.6) * height
        # The sky is brighter than the ground, each in a colour of its own.
        sky, ground = rng.uniform(120, 200, 3), rng.uniform(60, 130, 3)
        if kind is not None:
            sky, ground = (
                KIND_SHARE * np.array(base) + (1 - KIND_SHARE) * own
                for base, own in zip(PALETTES[kind], (sky, ground), strict=True)
            )
        buildings = []
        for _ in range(int(rng.integers(4, 10))):
            left, top = int(rng.integers(width)), int(horizon - rng.uniform(0.05, 0.3) * height)
            right = left + int(rng.integers(width // 16, width // 6))
            box = (left, max(top, 0), right, int(horizon) + height // 30)
            grey, tint = rng.uniform(50, 200), rng.uniform(-20, 20, 3)
            buildings.append(Building(box, grey, tint, int(rng.integers(8, 20))))
        return cls(world_wh, cells, horizon, sky, ground, tuple(buildings))

    def paint(self) -> Image:
        """(H, W, 3) coloured noise of several octaves, a horizon, and the buildings."""
        width, height = self.world_wh
        light = np.zeros((height, width, 3), np.float32)
        for octave, drawn in enumerate(self.cells):
            cells = drawn - 0.5
            grid = 0.6 * cells.mean(axis=2, keepdims=True) + 0.4 * cells
            light += 1.6**-octave * cv2.resize(grid, self.world_wh, interpolation=cv2.INTER_CUBIC)
        below = (np.arange(height) > self.horizon_px)[:, None, None]
        picture = np.where(below, self.ground, self.sky) + light * np.where(below, 75, 35)
        for building in self.buildings:
            left, top, right, bottom = building.box
            picture[top:bottom, left:right] = building.grey + building.tint + 0.2 * light[0, 0]
            picture[top + 3 : bottom - 3 : building.step_px, left + 3 : right - 3] *= 0.6
        return np.clip(picture, 10, 245).astype(np.uint8)
