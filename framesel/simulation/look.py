"""What a camera sees of a scene at one moment: geometry without pixels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from framesel.simulation.edits import Box, Edit
from framesel.simulation.scene import Actor, Scene
from framesel.simulation.truth import Fault, ObjectTruth

# An object of which less can be seen is not written down.
LEAST_VISIBLE = 0.25

Matrix = NDArray[np.float64]
View = tuple[float, float, float, float]


@dataclass(frozen=True)
class Look:
    """A frame as it is without any edit.

    Attributes:
        scene: What is looked at.
        matrix: (2, 3) affine map from the place's pixels to the picture's.
        actors: Those that reach into the picture, from back to front.
        boxes: Theirs, not clipped.
        size_wh: Pixels of the picture.
        t_s: When, in the video that it was taken for.
        stretch: Equal for frames of the same still stretch; None while anything moves.
        event: Number of the rare event, over all videos.
        newcomer: Its track.
        phase: The season.
        fault: What is wrong with the picture; a frozen one looks like the one that it repeats.
    """

    scene: Scene
    matrix: Matrix
    actors: tuple[Actor, ...]
    boxes: tuple[Box, ...]
    size_wh: tuple[int, int]
    t_s: float
    stretch: tuple[float, ...] | None
    event: int | None
    newcomer: int | None
    phase: int
    fault: Fault

    @cached_property
    def same(self) -> tuple[object, ...]:
        """Equal for looks of one video that show the same."""
        tracks = tuple(actor.track for actor in self.actors)
        # Garbage never repeats itself.
        spoilt = self.t_s if self.fault == "corrupted" else self.fault == "blurred"
        return self.scene.number, self.matrix.tobytes(), self.phase, tracks, self.boxes, spoilt

    @cached_property
    def view(self) -> View:
        """Middle of the picture in the place, in picture widths; zoom; turn in radians."""
        (cos, _, x), (sin, _, y) = self.matrix.tolist()
        width, height = self.size_wh
        x, y, square = width / 2 - x, height / 2 - y, cos * cos + sin * sin
        across, down = (cos * x + sin * y) / square, (cos * y - sin * x) / square
        zoom, turn = math.sqrt(square), math.atan2(sin, cos)
        return round(across / width, 5), round(down / width, 5), round(zoom, 5), round(turn, 5)

    @cached_property
    def objects(self) -> tuple[ObjectTruth, ...]:
        """What can be labelled."""
        return self.relabelled(None, 0)

    def relabelled(self, edit: Edit | None, first_track: int) -> tuple[ObjectTruth, ...]:
        """What can be labelled after an edit, with tracks counted from `first_track`."""
        if self.fault in ("black", "corrupted"):
            return ()
        found = []
        for actor, box in zip(self.actors, self.boxes, strict=True):
            whole = box if edit is None else edit.moved(box, self.size_wh)
            inside, clipped = visible(whole, self.size_wh)
            if inside >= LEAST_VISIBLE:
                track = first_track + actor.track
                found.append(
                    ObjectTruth(actor.label, track, clipped, actor.colour, round(inside, 3))
                )
        return tuple(found)


def seen(
    actors: Sequence[Actor], matrix: Matrix, t_s: float, size_wh: tuple[int, int]
) -> tuple[tuple[Actor, ...], tuple[Box, ...]]:
    """The actors that reach into the picture, and their boxes.

    An actor stays upright when the camera turns, and grows when it comes closer.
    """
    (xx, xy, x0), (yx, yy, y0) = matrix.tolist()
    scale = math.hypot(xx, yx)
    inside: list[Actor] = []
    boxes: list[Box] = []
    for actor in actors:
        x, y = actor.middle_xy(t_s)
        x, y = xx * x + xy * y + x0, yx * x + yy * y + y0
        half_w, half_h = scale * actor.size_wh[0] / 2, scale * actor.size_wh[1] / 2
        if -half_w < x < size_wh[0] + half_w and -half_h < y < size_wh[1] + half_h:
            inside.append(actor)
            boxes.append((x - half_w, y - half_h, x + half_w, y + half_h))
    return tuple(inside), tuple(boxes)


def visible(box: Box, size_wh: tuple[int, int]) -> tuple[float, Box]:
    """Which fraction of a box lies inside the picture, and the box clipped to it."""
    left, right = max(box[0], 0.0), min(box[2], float(size_wh[0]))
    top, bottom = max(box[1], 0.0), min(box[3], float(size_wh[1]))
    area = max(right - left, 0.0) * max(bottom - top, 0.0)
    inside = area / ((box[2] - box[0]) * (box[3] - box[1]))
    return inside, (round(left, 2), round(top, 2), round(right, 2), round(bottom, 2))
