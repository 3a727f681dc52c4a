"""The directions in which a simulated backbone writes what it sees."""

import numpy as np
from numpy.typing import NDArray

from framesel.simulation.objects import COLOURS
from framesel.simulation.place import PALETTES

F64 = NDArray[np.float64]

# Distances after which a view has become another one: right, down, log zoom, turn. In picture
# widths and radians.
VIEW_SCALES = (0.35, 0.35, 0.3, 0.3)
# The same for an object's spot in the picture, in picture widths and heights: coarse.
SPOT_SCALES = (0.3, 0.3)


class Vocabulary:
    """Random unit directions, equal for equal seeds: they stand for a backbone's weights.

    Attributes:
        kinds: (kinds + 1, d) of kinds of places; the last row, zero, is for places without one.
        classes: (classes, d) of classes of objects, in the order of `COLOURS`.
        shade: (3, d) of an object's own red, green and blue.
        night, season, blur, black: (d,).
    """

    def __init__(self, dim: int, seed: int) -> None:
        self.dim, self._seed = dim, seed
        rng = np.random.default_rng([seed, dim])
        self.kinds = np.vstack([directions(rng, len(PALETTES), dim), np.zeros(dim)])
        self.classes = directions(rng, len(COLOURS), dim)
        self.shade = directions(rng, 3, dim)
        self.night, self.season, self.blur, self.black = directions(rng, 4, dim)
        self._view_waves = rng.standard_normal((4, dim)) / np.array(VIEW_SCALES)[:, None]
        self._spot_waves = rng.standard_normal((2, dim)) / np.array(SPOT_SCALES)[:, None]
        self._spot_phases = rng.uniform(0, 2 * np.pi, dim)

    def place(self, world: int, scene: int) -> tuple[F64, F64]:
        """(d,) a place's own direction and (d,) the phases of its views.

        Args:
            world: Seed of the footage.
            scene: Number of the place in it.
        """
        rng = np.random.default_rng([self._seed, self.dim, world, scene])
        return directions(rng, 1, self.dim)[0], rng.uniform(0, 2 * np.pi, self.dim)

    def views(self, views: F64, phases: F64) -> F64:
        """(n, d) unit features of where a camera looks: close for close views of one place.

        Random Fourier features of a Gaussian kernel (Rahimi and Recht, 2007), so that a camera
        that pans away and comes back does so here as well.

        Args:
            views: (n, 4) right, down, log zoom, turn.
            phases: (n, d) of the places.
        """
        return unit(np.cos(views @ self._view_waves + phases))

    def spots(self, spots: F64) -> F64:
        """(n, d) unit features of (n, 2) places in a picture, as shares of its sides."""
        return unit(np.cos(spots @ self._spot_waves + self._spot_phases))


def directions(rng: np.random.Generator, count: int, dim: int) -> F64:
    """(count, dim) random unit vectors."""
    return unit(rng.standard_normal((count, dim)))


def unit(rows: F64) -> F64:
    """Rows divided by their lengths; zero rows stay."""
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12))
