"""Paints the frames of one video, and writes down what they show."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np

from framesel.simulation import scene as scenes
from framesel.simulation.camera import Camera, Image, Matrix, Sensor, look, make_camera
from framesel.simulation.presets import VideoSpec
from framesel.simulation.schedule import Schedule, plan
from framesel.simulation.truth import Fault, FrameTruth, ObjectTruth

# An object of which less can be seen is not written down.
LEAST_VISIBLE = 0.25


@dataclass(frozen=True, slots=True)
class Numbering:
    """The numbers of a video's first scene and first event, over all videos."""

    scene: int
    event: int


class Painter:
    """One video's places, cameras and timetable.

    Everything is drawn from `rng` in one order, so equal seeds paint equal pictures.
    """

    def __init__(
        self,
        spec: VideoSpec,
        size_wh: tuple[int, int],
        fps: Fraction,
        numbering: Numbering,
        rng: np.random.Generator,
    ) -> None:
        self._spec, self._size_wh, self._numbering, self._rng = spec, size_wh, numbering, rng
        self.schedule: Schedule = plan(spec, fps, rng)
        self._scenes: list[scenes.Scene] = []
        self._cameras: list[Camera] = []
        for order in range(spec.scenes):
            span_s = (self.schedule.cuts_s[order], self.schedule.cuts_s[order + 1])
            number = numbering.scene + order
            # No scene has a thousand states or tracks.
            self._scenes.append(scenes.make_scene(rng, number, size_wh, span_s, 1000 * order))
            height, width = self._scenes[-1].place.shape[:2]
            self._cameras.append(make_camera(spec.camera, size_wh, (width, height), rng))
        self._sensor = Sensor(size_wh, night=spec.night, rng=rng)
        self._events = [self._event_actor(number) for number in range(spec.events)]

    def frames(self) -> Iterator[tuple[Image, FrameTruth]]:
        """The (h, w, 3) RGB pictures in order, each with its truth."""
        first_of_state: dict[int, int] = {}
        last: tuple[Image, FrameTruth] | None = None
        for index, t_s in enumerate(self.schedule.times_s.tolist()):
            fault = self.schedule.fault_of[index]
            if fault == "frozen" and last is not None:
                last = (last[0], _frozen(last[1], index, t_s))
                yield last
                continue
            picture, truth = self._compose(index, t_s)
            if truth.state is not None:
                first = first_of_state.setdefault(truth.state, index)
                truth = replace(truth, duplicate_of=first if first != index else None)
            last = (spoil(picture, fault), truth)
            yield last

    def _compose(self, index: int, t_s: float) -> tuple[Image, FrameTruth]:
        place = int(self.schedule.scene_of[index])
        event = int(self.schedule.event_of[index])
        fault = self.schedule.fault_of[index]
        scene, camera = self._scenes[place], self._cameras[place]
        matrix = camera.matrix(t_s)
        light = look(scene.place, matrix, self._size_wh)
        actors = scene.present(t_s) + ([self._events[event]] if event >= 0 else [])
        seen = [(actor, self._corners(actor, matrix, t_s)) for actor in actors]
        for actor, corners in seen:
            scenes.draw(light, corners, actor.colour)
        still = not camera.moving and event < 0 and not fault
        truth = FrameTruth(
            index=index,
            t_s=t_s,
            scene=scene.number,
            state=scene.state(t_s) if still else None,
            objects=() if fault == "black" else self._objects(seen),
            event=self._numbering.event + event if event >= 0 else None,
            fault=fault,
            duplicate_of=None,
        )
        return self._sensor.expose(light, self._rng), truth

    def _corners(self, actor: scenes.Actor, matrix: Matrix, t_s: float) -> scenes.Points:
        """(n, 2) the actor's outline in the picture. It stays upright when the camera turns."""
        scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
        middle = matrix[:, :2] @ actor.middle_xy(t_s) + matrix[:, 2]
        width, height = actor.size_wh
        return middle + scenes.outline(actor.label, (scale * width, scale * height))

    def _objects(self, seen: list[tuple[scenes.Actor, scenes.Points]]) -> tuple[ObjectTruth, ...]:
        found = []
        for actor, corners in seen:
            low, high = corners.min(axis=0), corners.max(axis=0)
            left, top = np.maximum(low, 0)
            right, bottom = np.minimum(high, np.array(self._size_wh))
            inside = max(right - left, 0) * max(bottom - top, 0) / np.prod(high - low)
            if inside >= LEAST_VISIBLE:
                box = (round(left, 2), round(top, 2), round(right, 2), round(bottom, 2))
                found.append(
                    ObjectTruth(actor.label, actor.track, box, actor.colour, round(inside, 3))
                )
        return tuple(found)

    def _event_actor(self, number: int) -> scenes.Actor:
        """Something never seen otherwise, placed where the camera looks when it appears."""
        frames = np.flatnonzero(self.schedule.event_of == number)
        start_s, end_s = (float(self.schedule.times_s[frames[end]]) for end in (0, -1))
        matrix = self._cameras[int(self.schedule.scene_of[frames[0]])].matrix(start_s)
        width, height = self._size_wh
        aim = self._rng.uniform(0.35, 0.65, 2) * np.array([width, height])
        x, y = np.linalg.solve(matrix[:, :2], aim - matrix[:, 2]).tolist()
        span_s = (start_s, end_s + 1)
        tall = float(self._rng.uniform(0.4, 0.6)) * height
        return scenes.make_actor(
            self._rng, scenes.RARE, 999_000 + number, tall, span_s, ((x, y), (x + 0.1 * width, y))
        )


def spoil(picture: Image, fault: Fault) -> Image:
    """The picture as a faulty camera gives it."""
    if fault == "black":
        return np.full_like(picture, 4)
    if fault == "blurred":
        sigma = picture.shape[0] / 40
        return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)
    return picture


def _frozen(truth: FrameTruth, index: int, t_s: float) -> FrameTruth:
    original = truth.duplicate_of if truth.fault == "frozen" else truth.index
    return replace(truth, index=index, t_s=t_s, fault="frozen", duplicate_of=original)
