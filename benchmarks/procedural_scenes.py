"""Simple rendered footage for training: landscapes under a moving camera, with moving things.

Everything is drawn from numpy noise by seed, so nothing of it needs a licence. It adds ground-level
views, cities and textures to drone footage that is mostly sky.
"""

from __future__ import annotations

import cv2
import numpy as np
from drone_clips import Image

WORLD_PX = 512


def _texture(rng: np.random.Generator, size: int) -> np.ndarray:
    """Noise with a random spectrum, (size, size) float32 in [0, 1]."""
    image = np.zeros((size, size), np.float32)
    roughness = rng.uniform(0.4, 0.9)
    for octave in range(2, 8):
        side = 2**octave
        noise = rng.random((side, side), dtype=np.float32)
        stretched = cv2.resize(noise, (size, size), interpolation=cv2.INTER_CUBIC)
        image += stretched * roughness**octave
    low, high = np.quantile(image, [0.01, 0.99])
    scaled: np.ndarray = np.clip((image - low) / (high - low), 0, 1)
    return scaled


def _tinted(rng: np.random.Generator, size: int) -> np.ndarray:
    """A texture between two random colours, (size, size, 3) float32."""
    low, high = rng.uniform(0, 255, (2, 3))
    mixed: np.ndarray = low + _texture(rng, size)[..., None] * (high - low)
    return mixed


def _world(rng: np.random.Generator) -> np.ndarray:
    """A background: sky above ground, perhaps houses, a road or only a texture."""
    world = _tinted(rng, WORLD_PX)
    if rng.random() < 0.8:
        skyline = WORLD_PX * (rng.uniform(0.2, 0.8) + 0.15 * (_texture(rng, WORLD_PX)[0] - 0.5))
        ground = np.arange(WORLD_PX)[:, None] > skyline[None]
        world[ground] = _tinted(rng, WORLD_PX)[ground]
    for _ in range(rng.integers(0, 14)):
        x, y = rng.integers(0, WORLD_PX, 2)
        w, h = rng.integers(10, 120, 2)
        colour = tuple(map(float, rng.uniform(0, 255, 3)))
        cv2.rectangle(world, (int(x), int(y)), (int(x + w), int(y + h)), colour, -1)
    if rng.random() < 0.3:
        corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * 40 + rng.integers(0, 400, (4, 2))
        cv2.fillPoly(world, [corners.astype(np.int32)], tuple(map(float, rng.uniform(0, 255, 3))))
    return world


def render_scene(seed: int, frames: int, size_px: int) -> list[Image]:
    """One clip: a camera drifts and zooms over a world in which a few things move.

    Args:
        seed: Same seed, same clip.
        frames: How many.
        size_px: Side of the square frames.
    """
    rng = np.random.default_rng(seed)
    world = _world(rng)
    thermal = rng.random() < 0.4
    if thermal:
        world = np.repeat(world.mean(axis=2, keepdims=True), 3, axis=2)
    view = rng.uniform(0.4, 0.8) * WORLD_PX
    corner, drift = rng.uniform(0, WORLD_PX - view, 2), rng.normal(0, 4.0, 2)
    things = [
        (
            rng.uniform(0, view, 2) + corner,
            rng.normal(0, 9, 2),
            rng.uniform(3, 30, 2),
            rng.uniform(0, 255, 3),
        )
        for _ in range(rng.integers(0, 6))
    ]
    clip: list[Image] = []
    for number in range(frames):
        canvas = world.copy()
        for place, speed, axes, colour in things:
            centre = tuple(int(v) for v in (place + speed * number) % WORLD_PX)
            tone = np.full(3, colour.mean()) if thermal else colour
            cv2.ellipse(
                canvas, centre, tuple(map(int, axes)), 0, 0, 360, tuple(map(float, tone)), -1
            )
        x, y = np.clip(corner + drift * number, 0, WORLD_PX - view).astype(int)
        cut = canvas[y : y + int(view), x : x + int(view)]
        small = cv2.resize(cut, (size_px, size_px), interpolation=cv2.INTER_AREA)
        small += rng.normal(0, 2.0, small.shape)
        clip.append(np.clip(small, 0, 255).astype(np.uint8))
    return clip
