"""Paints the frames of one video."""

from collections.abc import Iterator

import cv2
import numpy as np

from framesel.simulation import drift
from framesel.simulation.camera import Image, Matrix, look
from framesel.simulation.objects import Points, draw, outline
from framesel.simulation.scene import Actor
from framesel.simulation.story import Shot, Story
from framesel.simulation.truth import Fault, FrameTruth

# Side of the blocks of a corrupted picture, as in the codecs, and the share that is garbage.
BLOCK_PX = 16
GARBAGE = 0.9


def paint(story: Story) -> Iterator[tuple[Image, FrameTruth]]:
    """The (h, w, 3) RGB pictures of a video in order, each with its truth."""
    backgrounds: dict[int, Image] = {}
    picture: Image
    for shot in story.shots():
        if shot.truth.fault != "frozen":
            scene = shot.look.scene
            if scene.number not in backgrounds:
                # Places come one after the other; few videos go back to an earlier one.
                backgrounds = {scene.number: scene.place.paint()}
            clean = _exposed(shot, backgrounds[scene.number], story.rng)
            picture = spoil(clean, shot.truth.fault, story.rng)
        yield picture, shot.truth


def _exposed(shot: Shot, place: Image, rng: np.random.Generator) -> Image:
    seen, edit, size_wh = shot.look, shot.truth.edit, shot.look.size_wh
    matrix, gains = seen.matrix, drift.tint(seen.phase)
    if edit is not None:
        matrix = edit.matrix(size_wh)[:2] @ np.vstack([matrix, [0.0, 0.0, 1.0]])
        gains = gains * edit.gain
    light = look(place, matrix, size_wh)
    for actor in seen.actors:
        draw(light, _corners(actor, matrix, seen.t_s), actor.colour)
    return shot.sensor.expose(light, gains, rng)


def _corners(actor: Actor, matrix: Matrix, t_s: float) -> Points:
    """(n, 2) the actor's outline in the picture. It stays upright when the camera turns."""
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    middle = matrix[:, :2] @ np.array(actor.middle_xy(t_s)) + matrix[:, 2]
    width, height = actor.size_wh
    return np.asarray(middle + outline(actor.label, (scale * width, scale * height)))


def spoil(picture: Image, fault: Fault, rng: np.random.Generator) -> Image:
    """The picture as a faulty camera or a broken stream gives it."""
    if fault == "black":
        return np.full_like(picture, 4)
    if fault == "blurred":
        sigma = picture.shape[0] / 40
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)
    if fault == "corrupted":
        height, width = picture.shape[:2]
        rows, columns = -(-height // BLOCK_PX), -(-width // BLOCK_PX)
        flat = rng.integers(0, 256, (rows, columns, 3), np.uint8)
        hit = rng.random((rows, columns, 1)) < GARBAGE
        blocks, mask = (
            grid.repeat(BLOCK_PX, 0).repeat(BLOCK_PX, 1)[:height, :width] for grid in (flat, hit)
        )
        return np.where(mask, blocks, picture)
    return picture
