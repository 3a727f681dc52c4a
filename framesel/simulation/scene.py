"""What is there: a textured place, the objects in it and how they move, without any camera."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Points = NDArray[np.float64]

# Base colours; each object varies its own a little. The first four are seen everywhere, the later
# the more rarely (Zipf); a beacon is seen in rare events only.
COLOURS = {
    "ball": (215, 60, 50),
    "crate": (50, 105, 215),
    "cone": (235, 165, 35),
    "bar": (60, 175, 75),
    "beacon": (225, 45, 215),
}
COMMON = ("ball", "crate", "cone", "bar")
RARE = "beacon"


@dataclass(frozen=True, slots=True)
class Actor:
    """An object and its way through the place.

    Attributes:
        label: Its class, a key of `COLOURS`.
        track: Its number within the video.
        colour: RGB fill.
        size_wh: Pixels of its box where the camera neither turns nor zooms.
        start_s, end_s: When it is there.
        from_xy, to_xy: The middle of its box in the place's pixels, then; equal if it is parked.
    """

    label: str
    track: int
    colour: tuple[int, int, int]
    size_wh: tuple[float, float]
    start_s: float
    end_s: float
    from_xy: tuple[float, float]
    to_xy: tuple[float, float]

    def middle_xy(self, t_s: float) -> Points:
        """(2,) where the middle of its box is."""
        share = (t_s - self.start_s) / max(self.end_s - self.start_s, 1e-9)
        return (1 - share) * np.array(self.from_xy) + share * np.array(self.to_xy)


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of time in which a place is still (`state` is its number) or busy (None)."""

    start_s: float
    end_s: float
    state: int | None


@dataclass(frozen=True, slots=True)
class Scene:
    """One place over a span of time.

    Attributes:
        number: Over all videos.
        place: (H, W, 3) background, larger than the picture.
        actors: From back to front.
        episodes: In order; they fill the span.
    """

    number: int
    place: Image
    actors: tuple[Actor, ...]
    episodes: tuple[Episode, ...]

    def present(self, t_s: float) -> list[Actor]:
        """The actors that are there, from back to front."""
        return [actor for actor in self.actors if actor.start_s <= t_s < actor.end_s]

    def state(self, t_s: float) -> int | None:
        """Number of the still stretch at this moment."""
        for episode in self.episodes:
            if episode.start_s <= t_s < episode.end_s:
                return episode.state
        return None


def texture(rng: np.random.Generator, size_wh: tuple[int, int]) -> Image:
    """A place to look at: coloured noise of several octaves, a horizon, and some buildings."""
    width, height = size_wh
    light = np.zeros((height, width, 3), np.float32)
    for octave in range(2, 8):
        cells = rng.random((2**octave, 2**octave, 3), np.float32) - 0.5
        grid = 0.6 * cells.mean(axis=2, keepdims=True) + 0.4 * cells
        light += 1.6 ** (2 - octave) * cv2.resize(grid, size_wh, interpolation=cv2.INTER_CUBIC)
    # The sky is brighter than the ground, each in a colour of its own.
    horizon = rng.uniform(0.3, 0.6) * height
    ground = (np.arange(height) > horizon)[:, None, None]
    sky, soil = rng.uniform(120, 200, 3), rng.uniform(60, 130, 3)
    picture = np.where(ground, soil, sky) + light * np.where(ground, 75, 35)
    for _ in range(int(rng.integers(4, 10))):
        left, top = rng.integers(width), int(horizon - rng.uniform(0.05, 0.3) * height)
        right, bottom = left + rng.integers(width // 16, width // 6), int(horizon) + height // 30
        tone = rng.uniform(50, 200) + rng.uniform(-20, 20, 3)
        picture[max(top, 0) : bottom, left:right] = tone + 0.2 * light[0, 0]
        step = int(rng.integers(8, 20))
        picture[max(top, 0) + 3 : bottom - 3 : step, left + 3 : right - 3] *= 0.6
    return np.clip(picture, 10, 245).astype(np.uint8)


def make_actor(
    rng: np.random.Generator,
    label: str,
    track: int,
    height_px: float,
    span_s: tuple[float, float],
    way: tuple[tuple[float, float], tuple[float, float]],
) -> Actor:
    """An actor of this class with its own shade; a bar is wider than high."""
    shade = rng.uniform(-18, 18, 3)
    red, green, blue = np.clip(np.array(COLOURS[label]) + shade, 0, 255).astype(int).tolist()
    width_px = height_px * (2.2 if label == "bar" else 1.0)
    return Actor(
        label, track, (red, green, blue), (width_px, height_px), span_s[0], span_s[1], *way
    )


def dwell_times_s(rng: np.random.Generator, total_s: float) -> list[float]:
    """Heavy-tailed (Pareto, exponent 1.2) durations of at least a second that fill a span."""
    durations: list[float] = []
    left = total_s
    while left > 0:
        drawn = 1.0 + float(rng.pareto(1.2))
        durations.append(left if left - drawn < 1 else drawn)
        left -= durations[-1]
    return durations


def make_scene(
    rng: np.random.Generator,
    number: int,
    size_wh: tuple[int, int],
    span_s: tuple[float, float],
    first: int,
) -> Scene:
    """Builds a place and what happens there.

    Still and busy stretches take turns, each with its own objects.

    Args:
        rng: Draws everything.
        number: Of the scene, over all videos.
        size_wh: Pixels of the picture; the place is three times as wide and half as high again.
        span_s: When the scene is seen.
        first: The first number for tracks and states, so that they differ between scenes.
    """
    width, height = size_wh
    world_wh = (3 * width, height * 3 // 2)
    place = texture(rng, world_wh)
    zipf = 1 / np.arange(1, len(COMMON) + 1)
    actors: list[Actor] = []
    episodes: list[Episode] = []
    start_s = span_s[0]
    for order, duration_s in enumerate(dwell_times_s(rng, span_s[1] - span_s[0])):
        still = bool(order % 2 == 0)
        end_s = start_s + duration_s
        episodes.append(Episode(start_s, end_s, first + order if still else None))
        # About as many are in the picture at a time as are drawn for a third of the place.
        for _ in range(int(rng.integers(4, 13))):
            label = str(rng.choice(COMMON, p=zipf / zipf.sum()))
            tall = float(rng.uniform(0.09, 0.2)) * height
            origin = _somewhere(rng, world_wh)
            way = (origin, origin if still else _nearby(rng, origin, width, duration_s))
            track = first + len(actors)
            actors.append(make_actor(rng, label, track, tall, (start_s, end_s), way))
        start_s = end_s
    return Scene(number, place, tuple(actors), tuple(episodes))


def _somewhere(rng: np.random.Generator, world_wh: tuple[int, int]) -> tuple[float, float]:
    return (float(rng.uniform(0, world_wh[0])), float(rng.uniform(0.3, 0.9) * world_wh[1]))


def _nearby(
    rng: np.random.Generator, origin: tuple[float, float], width: int, duration_s: float
) -> tuple[float, float]:
    """Where an actor ends up that moves a tenth to two fifths of a picture's width a second."""
    speed = float(rng.uniform(0.1, 0.4)) * width * (1 if rng.random() < 0.5 else -1)
    return (origin[0] + speed * duration_s, origin[1] + float(rng.uniform(-0.1, 0.1)) * width)


def outline(label: str, box_wh: tuple[float, float]) -> Points:
    """(n, 2) corners of a class's shape around its middle; they touch all sides of the box."""
    if label == "ball":
        angles = np.linspace(0, math.tau, 33)[:-1]
        unit = np.column_stack([np.cos(angles), np.sin(angles)]) / 2
    elif label == "cone":
        unit = np.array([[0, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    elif label == RARE:
        angles = np.arange(10) * math.tau / 10 - math.tau / 4
        radii = np.where(np.arange(10) % 2 == 0, 0.5, 0.25)
        unit = radii[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
        # A star's points do not reach as far down as up: stretch it to fill its box.
        low, high = unit.min(axis=0), unit.max(axis=0)
        unit = (unit - low) / (high - low) - 0.5
    else:
        unit = np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]])
    return np.asarray(unit * np.array(box_wh), np.float64)


def draw(picture: Image, corners: Points, colour: tuple[int, int, int]) -> None:
    """Paints a filled shape with a darker rim into the (h, w, 3) picture, in place."""
    fixed = [np.round(corners * 16).astype(np.int32)]
    cv2.fillPoly(picture, fixed, colour, lineType=cv2.LINE_AA, shift=4)
    red, green, blue = (part * 2 // 5 for part in colour)
    cv2.polylines(picture, fixed, True, (red, green, blue), 1, cv2.LINE_AA, shift=4)
