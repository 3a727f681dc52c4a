"""The classes of objects: their names, colours and shapes."""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Points = NDArray[np.float64]

# Base colours; each object varies its own a little. The first ones are seen everywhere, the later
# the more rarely (Zipf); a beacon is seen in rare events only.
COLOURS = {
    "ball": (215, 60, 50),
    "crate": (50, 105, 215),
    "cone": (235, 165, 35),
    "bar": (60, 175, 75),
    "kite": (140, 75, 195),
    "post": (120, 75, 45),
    "plus": (240, 230, 70),
    "nut": (90, 205, 210),
    "disc": (235, 235, 240),
    "slab": (40, 40, 55),
    "tent": (120, 145, 25),
    "gem": (250, 140, 120),
    "beacon": (225, 45, 215),
}
RARE = "beacon"
COMMON = tuple(label for label in COLOURS if label != RARE)
# Width over height of the box.
ASPECTS = {"bar": 2.2, "slab": 2.2, "post": 0.4}


def _polygon(corners: int, turn: float = 0.0) -> Points:
    angles = turn + np.arange(corners) * math.tau / corners
    return np.column_stack([np.cos(angles), np.sin(angles)]) / 2


def _star() -> Points:
    angles = np.arange(10) * math.tau / 10 - math.tau / 4
    radii = np.where(np.arange(10) % 2 == 0, 0.5, 0.25)
    return np.asarray(radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)]))


def _filling(unit: Points) -> Points:
    """The shape stretched to touch all sides of its box: a star's points reach less far down."""
    low, high = unit.min(axis=0), unit.max(axis=0)
    return np.asarray((unit - low) / (high - low) - 0.5)


_ROUND = _polygon(32)
_SQUARE = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
_TRIANGLE = np.array([[0, -0.5], [0.5, 0.5], [-0.5, 0.5]])
_THIRD = 1 / 6
_PLUS = np.array(
    [
        *[[-_THIRD, -0.5], [_THIRD, -0.5], [_THIRD, -_THIRD], [0.5, -_THIRD]],
        *[[0.5, _THIRD], [_THIRD, _THIRD], [_THIRD, 0.5], [-_THIRD, 0.5]],
        *[[-_THIRD, _THIRD], [-0.5, _THIRD], [-0.5, -_THIRD], [-_THIRD, -_THIRD]],
    ]
)
SHAPES: dict[str, Points] = {
    "ball": _ROUND,
    "crate": _SQUARE,
    "cone": _TRIANGLE,
    "bar": _SQUARE,
    "kite": _polygon(4),
    "post": _SQUARE,
    "plus": _PLUS,
    "nut": _filling(_polygon(6)),
    "disc": _ROUND,
    "slab": _SQUARE,
    "tent": _TRIANGLE,
    "gem": _filling(_polygon(5, -math.tau / 4)),
    RARE: _filling(_star()),
}


def outline(label: str, box_wh: tuple[float, float]) -> Points:
    """(n, 2) corners of a class's shape around its middle; they touch all sides of the box."""
    return np.asarray(SHAPES[label] * np.array(box_wh), np.float64)


def draw(picture: Image, corners: Points, colour: tuple[int, int, int]) -> None:
    """Paints a filled shape with a darker rim into the (h, w, 3) picture, in place."""
    fixed = [np.round(corners * 16).astype(np.int32)]
    cv2.fillPoly(picture, fixed, colour, lineType=cv2.LINE_AA, shift=4)
    red, green, blue = (part * 2 // 5 for part in colour)
    cv2.polylines(picture, fixed, True, (red, green, blue), 1, cv2.LINE_AA, shift=4)
