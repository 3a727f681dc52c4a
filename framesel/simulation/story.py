"""What happens in one video, frame by frame, before a pixel is painted."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from framesel.simulation import drift, edits
from framesel.simulation.camera import Camera, Sensor, make_camera
from framesel.simulation.look import Look, seen
from framesel.simulation.objects import ASPECTS, COMMON, RARE
from framesel.simulation.scene import Actor, Scene, make_actor, make_scene
from framesel.simulation.schedule import NEWCOMER_FRAMES, Schedule, plan, take
from framesel.simulation.spec import Preset, VideoSpec
from framesel.simulation.truth import BLACK, FrameTruth

Mask = NDArray[np.bool_]
Matrix = NDArray[np.float64]

NEWCOMER_SHARE = (0.01, 0.02)


@dataclass(frozen=True, slots=True)
class Before:
    """How many scenes, events and frames the originals before a video have."""

    scenes: int
    events: int
    frames: int

    @classmethod
    def video(cls, preset: Preset, content: VideoSpec) -> Self:
        """Counts what stands before this original in its preset."""
        names = [spec.name for spec in preset.videos]
        earlier = preset.videos[: names.index(content.name)]
        originals = [spec for spec in earlier if spec.copy_of is None]
        return cls(
            scenes=sum(spec.scenes for spec in originals),
            events=sum(spec.events for spec in originals),
            frames=sum(int(spec.duration_s * preset.fps) + 1 for spec in originals),
        )


@dataclass(frozen=True, slots=True)
class Shot:
    """What a painter needs for one frame: what it looks like, by which sensor, and its truth."""

    look: Look
    sensor: Sensor
    truth: FrameTruth


@dataclass(frozen=True, slots=True)
class Source:
    """Where a frame comes from.

    Attributes:
        story: The video itself or the one that it borrows from.
        index: Of the frame there.
        lender: File name of the video that it borrows from.
        first_track: What that video's tracks are counted from here.
    """

    story: "Story"
    index: int
    lender: str | None
    first_track: int


class Story:
    """One video's places, cameras and timetable, and what every frame shows.

    All of it is drawn in one order from the seed and the video's name alone, so that a video shows
    the same whatever else its preset holds.

    Raises:
        ValueError: The video is too short for all that shall happen in it.
    """

    def __init__(self, preset: Preset, spec: VideoSpec, seed: int) -> None:
        self._preset, self._spec, self._size_wh = preset, spec, preset.size_wh
        self._content = content = preset.content(spec)
        self._edit_rng = np.random.default_rng([seed, zlib.crc32(spec.name.encode()), 1])
        self.rng = rng = np.random.default_rng([seed, zlib.crc32(content.name.encode())])
        self._before = Before.video(preset, content)
        self._schedule: Schedule = plan(content, preset.fps, rng)
        self._tracks = 0
        self._scenes: list[Scene] = []
        self._cameras: list[Camera] = []
        for order in range(content.scenes):
            self._add_scene(order)
        self.sensor = Sensor(self._size_wh, night=content.night, rng=rng)
        self._events = [self._event_actor(number) for number in range(content.events)]
        self._newcomer_of = np.full(len(self._schedule.times_s), -1)
        quiet = self._quiet() if content.newcomers else self._schedule.free
        self._newcomers = [self._newcomer(n, quiet) for n in range(content.newcomers)]
        self._lenders: dict[str, Story] = {}
        self._first_tracks: dict[str, int] = {}
        tracks = self._tracks
        for name in sorted({part.video for part in content.borrow}):
            self._lenders[name] = lender = Story(preset, preset.video(name), seed)
            self._first_tracks[name] = tracks
            tracks += lender._tracks
        self._still: Look | None = None

    @cached_property
    def truths(self) -> tuple[FrameTruth, ...]:
        """What each frame shows, in order."""
        numbers = _Numbers(self._before.frames)
        made: list[FrameTruth] = []
        for index, t_s in enumerate(self._schedule.times_s.tolist()):
            source = self._source(index)
            look = source.story.look(source.index)
            moment = numbers.moment(index, source, look)
            if look.fault == "frozen" and made and made[-1].moment == moment:
                made.append(_frozen(made[-1], index, t_s))
                continue
            healthy = look.fault in ("", "frozen")
            first = numbers.firsts.setdefault(moment, index) if healthy else index
            repeats = first != index or self._spec.copy_of is not None or source.lender is not None
            edit = edits.drawn(self._edit_rng, self._spec.edits) if healthy and repeats else None
            as_is = edit is None and source.lender is None
            made.append(
                FrameTruth(
                    index=index,
                    t_s=t_s,
                    scene=look.scene.number,
                    state=numbers.state(source, look),
                    objects=look.objects if as_is else look.relabelled(edit, source.first_track),
                    event=look.event,
                    fault="" if healthy else look.fault,
                    duplicate_of=first if first != index else None,
                    moment=moment,
                    place_kind=look.scene.kind or "",
                    view=look.view,
                    phase=look.phase,
                    newcomer=None if look.newcomer is None else source.first_track + look.newcomer,
                    edit=edit,
                    borrowed_from=source.lender,
                )
            )
        return tuple(made)

    def shots(self) -> Iterator[Shot]:
        """The frames in order, for a painter."""
        for truth in self.truths:
            source = self._source(truth.index)
            yield Shot(source.story.look(source.index), source.story.sensor, truth)

    def look(self, index: int) -> Look:
        """One of the video's own frames, without edits and without what it borrows."""
        schedule, fault = self._schedule, self._schedule.fault_of[index]
        while schedule.fault_of[index] == "frozen":
            index -= 1
        t_s, order = float(schedule.times_s[index]), int(schedule.scene_of[index])
        event, newcomer = int(schedule.event_of[index]), int(self._newcomer_of[index])
        scene, camera = self._scenes[order], self._cameras[order]
        episode, phase = scene.episode(t_s), drift.phase(self._content, t_s)
        still = episode.still and not camera.moving and event < 0 and fault in ("", "frozen")
        stretch = (order, episode.start_s, newcomer, phase) if still else None
        if self._still is not None and self._still.stretch == stretch:
            # Hours in which nothing moves cost nothing.
            return self._still if fault == self._still.fault else replace(self._still, fault=fault)
        present = list(episode.actors)
        if event >= 0:
            present.append(self._events[event])
        if newcomer >= 0:
            present.append(self._newcomers[newcomer])
        matrix = camera.matrix(t_s)
        actors, boxes = seen(present, matrix, t_s, self._size_wh)
        look = Look(
            scene=scene,
            matrix=matrix,
            actors=actors,
            boxes=boxes,
            size_wh=self._size_wh,
            t_s=t_s,
            stretch=stretch,
            event=self._before.events + event if event >= 0 else None,
            newcomer=self._newcomers[newcomer].track if newcomer >= 0 else None,
            phase=phase,
            fault=fault,
        )
        self._still = look if still else self._still
        return look

    def _source(self, index: int) -> Source:
        """Where the frame at an index comes from."""
        t_s = float(self._schedule.times_s[index])
        for part in self._content.borrow:
            if part.at_s <= t_s < part.at_s + part.duration_s:
                lender = self._lenders[part.video]
                away_s = np.abs(lender._schedule.times_s - (part.start_s + t_s - part.at_s))
                name = self._preset.video(part.video).file_name
                return Source(lender, int(away_s.argmin()), name, self._first_tracks[part.video])
        return Source(self, index, None, 0)

    def _add_scene(self, order: int) -> None:
        cuts_s, number = self._schedule.cuts_s, self._before.scenes + order
        span_s = (cuts_s[order], cuts_s[order + 1])
        scene = make_scene(
            self.rng, self._content, order, number, self._size_wh, span_s, self._tracks
        )
        self._tracks += sum(len(episode.actors) for episode in scene.episodes)
        self._scenes.append(scene)
        world_wh = scene.place.world_wh
        self._cameras.append(make_camera(self._content.camera, self._size_wh, world_wh, self.rng))

    def _event_actor(self, number: int) -> Actor:
        """Something never seen otherwise, placed where the camera looks when it appears."""
        frames = np.flatnonzero(self._schedule.event_of == number)
        start_s, end_s = (float(self._schedule.times_s[frames[end]]) for end in (0, -1))
        width, height = self._size_wh
        aim = self.rng.uniform(0.35, 0.65, 2) * np.array([width, height])
        x, y = self._in_place(int(frames[0]), aim)
        span_s = (start_s, end_s + 1)
        tall = float(self.rng.uniform(0.4, 0.6)) * height
        way = ((x, y), (x + 0.1 * width, y))
        return make_actor(self.rng, RARE, self._new_track(), tall, span_s, way)

    def _newcomer(self, number: int, quiet: Mask) -> Actor:
        """One object more, wholly in the picture, while nothing else changes."""
        stretch = take(quiet, NEWCOMER_FRAMES, self._content, self.rng)
        self._newcomer_of[stretch] = number
        start_s, end_s = (float(self._schedule.times_s[i]) for i in (stretch.start, stretch.stop))
        prior = drift.class_prior(self._content, drift.phase(self._content, start_s))
        label = COMMON[int(self.rng.choice(len(prior), p=prior))]
        size = np.array(self._size_wh)
        area = float(self.rng.uniform(*NEWCOMER_SHARE)) * size.prod()
        tall = float((area / ASPECTS.get(label, 1.0)) ** 0.5)
        half = np.array([tall * ASPECTS.get(label, 1.0), tall]) / 2
        spot = self._in_place(stretch.start, self.rng.uniform(half, size - half))
        return make_actor(self.rng, label, self._new_track(), tall, (start_s, end_s), (spot, spot))

    def _quiet(self) -> Mask:
        """(n,) frames at which nothing happens inside a still stretch, its first one left out."""
        schedule = self._schedule
        starts_s = np.array(
            [
                episode.start_s if episode.still else np.nan
                for order, t_s in zip(schedule.scene_of, schedule.times_s, strict=True)
                for episode in [self._scenes[order].episode(float(t_s))]
            ]
        )
        quiet = schedule.free.copy()
        quiet[0] = False
        quiet[1:] &= starts_s[1:] == starts_s[:-1]
        return quiet

    def _in_place(self, index: int, picture_xy: Matrix) -> tuple[float, float]:
        """The point of the place that is seen at this point of a frame."""
        camera = self._cameras[int(self._schedule.scene_of[index])]
        matrix = camera.matrix(float(self._schedule.times_s[index]))
        x, y = np.linalg.solve(matrix[:, :2], picture_xy - matrix[:, 2]).tolist()
        return x, y

    def _new_track(self) -> int:
        self._tracks += 1
        return self._tracks - 1


class _Numbers:
    """Numbers for what is the same, in the order in which it is first seen."""

    def __init__(self, first_moment: int) -> None:
        self._first_moment = first_moment
        self._moments: dict[object, int] = {}
        self._states: dict[object, int] = {}
        self.firsts: dict[int, int] = {}

    def moment(self, index: int, source: Source, look: Look) -> int:
        """Of the frame at this index; a borrowed one has its lender's."""
        if look.fault == "black":
            return BLACK
        if source.lender is not None:
            return source.story.truths[source.index].moment
        return self._moments.setdefault(look.same, self._first_moment + index)

    def state(self, source: Source, look: Look) -> int | None:
        """Of the still stretch."""
        if look.stretch is None:
            return None
        return self._states.setdefault((source.lender, look.stretch), len(self._states))


def _frozen(truth: FrameTruth, index: int, t_s: float) -> FrameTruth:
    original = truth.duplicate_of if truth.fault == "frozen" else truth.index
    return replace(truth, index=index, t_s=t_s, fault="frozen", duplicate_of=original)
