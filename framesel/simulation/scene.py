"""What is there: a place, the objects in it and how they move, without any camera."""

import bisect
from dataclasses import dataclass

import numpy as np

from framesel.simulation import drift
from framesel.simulation.objects import ASPECTS, COLOURS, COMMON
from framesel.simulation.place import Place
from framesel.simulation.spec import Dwell, PlaceKind, VideoSpec


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

    def middle_xy(self, t_s: float) -> tuple[float, float]:
        """Where the middle of its box is; at the very same point at all times if it is parked."""
        if self.from_xy == self.to_xy:
            return self.from_xy
        share = (t_s - self.start_s) / max(self.end_s - self.start_s, 1e-9)
        (x0, y0), (x1, y1) = self.from_xy, self.to_xy
        return (1 - share) * x0 + share * x1, (1 - share) * y0 + share * y1


@dataclass(frozen=True, slots=True)
class Episode:
    """A stretch of time in which a place is still or busy, with the actors that are there then."""

    start_s: float
    end_s: float
    still: bool
    actors: tuple[Actor, ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """One place over a span of time.

    Attributes:
        number: Over all videos.
        kind: Of the place.
        place: The background, larger than the picture.
        episodes: In order; they fill the span.
    """

    number: int
    kind: PlaceKind | None
    place: Place
    episodes: tuple[Episode, ...]

    def episode(self, t_s: float) -> Episode:
        """What happens at this moment of the span."""
        after = bisect.bisect_right(self.episodes, t_s, key=lambda episode: episode.start_s)
        return self.episodes[max(after - 1, 0)]


def make_actor(
    rng: np.random.Generator,
    label: str,
    track: int,
    height_px: float,
    span_s: tuple[float, float],
    way: tuple[tuple[float, float], tuple[float, float]],
) -> Actor:
    """An actor of this class with its own shade."""
    shade = rng.uniform(-18, 18, 3).tolist()
    red, green, blue = (
        int(min(max(base + own, 0), 255)) for base, own in zip(COLOURS[label], shade, strict=True)
    )
    box_wh = (height_px * ASPECTS.get(label, 1.0), height_px)
    return Actor(label, track, (red, green, blue), box_wh, span_s[0], span_s[1], *way)


def dwell_times_s(
    rng: np.random.Generator, total_s: float, still: Dwell | None = None, busy: Dwell | None = None
) -> list[float]:
    """Durations that fill a span: of a still stretch, a busy one, a still one and so on.

    What is left at the end and is shorter than the shortest goes to the last one.
    """
    laws = (still or Dwell(), busy or Dwell())
    least_s = min(law.shortest_s for law in laws)
    durations: list[float] = []
    left = total_s
    while left > 0:
        law = laws[len(durations) % 2]
        drawn = law.shortest_s * (1.0 + float(rng.pareto(law.alpha)))
        durations.append(left if left - drawn < least_s else drawn)
        left -= durations[-1]
    return durations


def make_scene(
    rng: np.random.Generator,
    spec: VideoSpec,
    order: int,
    number: int,
    size_wh: tuple[int, int],
    span_s: tuple[float, float],
    first_track: int,
) -> Scene:
    """Builds a place and what happens there.

    Still and busy stretches take turns, each with its own objects.

    Args:
        rng: Draws everything.
        spec: Of the video.
        order: Which of the video's places.
        number: Of the scene, over all videos.
        size_wh: Pixels of the picture; the place is three times as wide and half as high again.
        span_s: When the scene is seen.
        first_track: The first number for its actors.
    """
    kind = spec.kinds[order % len(spec.kinds)] if spec.kinds else None
    place = Place.drawn(rng, (3 * size_wh[0], size_wh[1] * 3 // 2), kind)
    episodes: list[Episode] = []
    start_s, track = span_s[0], first_track
    for turn, duration_s in enumerate(
        dwell_times_s(rng, span_s[1] - span_s[0], spec.still, spec.busy)
    ):
        still, end_s = turn % 2 == 0, start_s + duration_s
        prior = drift.class_prior(spec, drift.phase(spec, start_s)).cumsum().tolist()
        actors: list[Actor] = []
        # About as many are in the picture at a time as are drawn for a third of the place.
        for _ in range(int(rng.integers(4, 13))):
            label = COMMON[bisect.bisect_right(prior, rng.random(), hi=spec.classes - 1)]
            tall = float(rng.uniform(*spec.sizes)) * size_wh[1]
            origin = _somewhere(rng, place.world_wh)
            way = (origin, origin if still else _nearby(rng, origin, size_wh[0], duration_s))
            actors.append(make_actor(rng, label, track, tall, (start_s, end_s), way))
            track += 1
        episodes.append(Episode(start_s, end_s, still, tuple(actors)))
        start_s = end_s
    return Scene(number, kind, place, tuple(episodes))


def _somewhere(rng: np.random.Generator, world_wh: tuple[int, int]) -> tuple[float, float]:
    return (float(rng.uniform(0, world_wh[0])), float(rng.uniform(0.3, 0.9) * world_wh[1]))


def _nearby(
    rng: np.random.Generator, origin: tuple[float, float], width: int, duration_s: float
) -> tuple[float, float]:
    """Where an actor ends up that moves a tenth to two fifths of a picture's width a second."""
    speed = float(rng.uniform(0.1, 0.4)) * width * (1 if rng.random() < 0.5 else -1)
    return (origin[0] + speed * duration_s, origin[1] + float(rng.uniform(-0.1, 0.1)) * width)
