"""How a place is seen: where the camera looks at each moment, and what its sensor makes of it."""

import math
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from framesel.simulation.spec import CameraKind

Image = NDArray[np.uint8]
Matrix = NDArray[np.float64]
Gains = NDArray[np.float64]


class Camera(Protocol):
    """Where the camera looks."""

    @property
    def moving(self) -> bool:
        """Whether two moments can look different though nothing else moved."""
        ...

    def matrix(self, t_s: float) -> Matrix:
        """(2, 3) affine map from the place's pixels to the picture's."""
        ...


@dataclass(frozen=True, slots=True)
class Static:
    """A camera on a wall. `corner_xy` is the place's pixel at the picture's top left."""

    corner_xy: tuple[int, int]
    moving: bool = False

    def matrix(self, t_s: float) -> Matrix:
        """The same map at every moment."""
        x, y = self.corner_xy
        return np.array([[1.0, 0.0, -x], [0.0, 1.0, -y]])


@dataclass(frozen=True, slots=True)
class Panning:
    """A camera that sweeps from one side to the other and back, at `speed_px_s`."""

    start_px: float
    range_px: float
    speed_px_s: float
    top_px: float
    moving: bool = True

    def matrix(self, t_s: float) -> Matrix:
        """The map after `t_s` seconds; the path is a triangle wave."""
        along = (self.start_px + self.speed_px_s * t_s) % (2 * self.range_px)
        x = self.range_px - abs(along - self.range_px)
        return np.array([[1.0, 0.0, -x], [0.0, 1.0, -self.top_px]])


@dataclass(frozen=True, slots=True)
class Handheld:
    """A camera in a hand: it drifts, trembles, turns a little and comes closer and goes back.

    Attributes:
        center_xy: The place's pixel about which it moves.
        size_wh: The picture's pixels.
        sway_px: How far it strays.
        phases: (4, 3) phases of the waves for x, y, turn and zoom.
    """

    center_xy: tuple[float, float]
    size_wh: tuple[int, int]
    sway_px: float
    phases: Matrix
    moving: bool = True

    def matrix(self, t_s: float) -> Matrix:
        """The map at `t_s`: sums of a slow wave, a step's and a tremor's."""
        waves = np.array([0.23, 1.1, 4.7])
        x, y, turn, zoom = np.sin(math.tau * waves * t_s + self.phases) @ np.array([1, 0.12, 0.02])
        scale, angle = 1 + 0.08 * zoom, 0.05 * turn
        width, height = self.size_wh
        cos, sin = scale * math.cos(angle), scale * math.sin(angle)
        linear = np.array([[cos, -sin], [sin, cos]])
        middle = np.array(self.center_xy) + self.sway_px * np.array([x, y])
        shift = np.array([width / 2, height / 2]) - linear @ middle
        return np.column_stack([linear, shift])


def make_camera(
    kind: CameraKind, size_wh: tuple[int, int], world_wh: tuple[int, int], rng: np.random.Generator
) -> Camera:
    """Places a camera of this kind in a place that is larger than its picture."""
    (width, height), (world_w, world_h) = size_wh, world_wh
    spare_w, spare_h = world_w - width, world_h - height
    if kind == "static":
        return Static((int(rng.integers(spare_w + 1)), int(rng.integers(spare_h + 1))))
    if kind == "panning":
        return Panning(
            start_px=float(rng.uniform(0, spare_w)),
            range_px=float(spare_w),
            speed_px_s=float(width * rng.uniform(0.10, 0.25)),
            top_px=float(rng.uniform(0, spare_h)),
        )
    return Handheld(
        center_xy=(world_w / 2, world_h / 2),
        size_wh=size_wh,
        sway_px=0.3 * min(spare_w, spare_h),
        phases=rng.uniform(0, math.tau, (4, 3)),
    )


def look(place: Image, matrix: Matrix, size_wh: tuple[int, int]) -> Image:
    """The (h, w, 3) picture that a camera with this map takes of a (H, W, 3) place."""
    seen = cv2.warpAffine(
        place, matrix, size_wh, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(seen, np.uint8)


class Sensor:
    """Turns light into pixel values: exposure, a tint at night, and noise.

    The noise of a frame is a window into one large field, so that it costs little.
    """

    def __init__(self, size_wh: tuple[int, int], *, night: bool, rng: np.random.Generator) -> None:
        self._gains = np.array([0.19, 0.20, 0.24] if night else [1.0, 1.0, 1.0])
        width, height = size_wh
        field = rng.standard_normal((2 * height, 2 * width)) * (1.8 if night else 1.2)
        self._field = np.repeat(field.round().astype(np.int16)[..., None], 3, axis=2)
        self._size_wh = size_wh

    def expose(self, light: Image, gains: Gains, rng: np.random.Generator) -> Image:
        """The (h, w, 3) picture, with noise that differs from call to call.

        Args:
            light: (h, w, 3) what would be seen by day.
            gains: (3,) of red, green and blue, beside those of the sensor.
            rng: Draws the noise.
        """
        width, height = self._size_wh
        top, left = rng.integers(height + 1), rng.integers(width + 1)
        noise = self._field[top : top + height, left : left + width]
        gains = self._gains * gains
        level = light if (gains == 1).all() else cv2.transform(light, np.diag(gains))
        return np.asarray(cv2.add(level, noise, dtype=cv2.CV_8U), np.uint8)
