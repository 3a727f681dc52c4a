"""When things happen in a video: its frames' times, places, rare events and faults."""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from framesel.simulation.spec import VideoSpec
from framesel.simulation.truth import Fault

# Frames that a stretch lasts, at least and at most.
FAULT_FRAMES: dict[Fault, tuple[int, int]] = {
    "black": (3, 8),
    "blurred": (4, 10),
    "frozen": (12, 25),
    "corrupted": (2, 6),
}
EVENT_FRAMES = (3, 15)
NEWCOMER_FRAMES = (4, 16)


@dataclass(frozen=True, slots=True)
class Schedule:
    """A video before anything is painted.

    Attributes:
        times_s: (n,) seconds from the first frame.
        scene_of: (n,) which of the video's places is seen, from 0.
        cuts_s: Times at which the places begin, and the end.
        event_of: (n,) which of the video's events is seen, from 0; -1 for none.
        fault_of: For each frame, what is wrong with it.
        free: (n,) whether nothing happens at the frame yet, nor right beside it.
    """

    times_s: NDArray[np.float64]
    scene_of: NDArray[np.int64]
    cuts_s: tuple[float, ...]
    event_of: NDArray[np.int64]
    fault_of: tuple[Fault, ...]
    free: NDArray[np.bool_]


def plan(spec: VideoSpec, fps: Fraction, rng: np.random.Generator) -> Schedule:
    """Lays out a video. Events and faults never overlap, nor does either touch a cut.

    Raises:
        ValueError: The video is too short for what it shall hold.
    """
    count = max(int(spec.duration_s * fps), 1)
    ticks = np.arange(count)
    if spec.variable_rate:
        # The first stays, so that time begins at zero.
        ticks = ticks[np.concatenate([[True], rng.random(count - 1) > 0.3])]
    times_s = ticks.astype(np.float64) * float(1 / fps)
    cuts_s = _cuts_s(spec, rng)
    scene_of = np.searchsorted(np.array(cuts_s[1:-1]), times_s, side="right")
    free = np.ones(len(ticks), bool)
    free[:2] = False
    free[1:] &= scene_of[1:] == scene_of[:-1]
    for part in spec.borrow:
        free &= (times_s < part.at_s) | (times_s >= part.at_s + part.duration_s)
    event_of = np.full(len(ticks), -1)
    for number in range(spec.events):
        event_of[take(free, EVENT_FRAMES, spec, rng)] = number
    fault_of: list[Fault] = [""] * len(ticks)
    wanted: list[tuple[Fault, int]] = [
        ("black", spec.black),
        ("blurred", spec.blurred),
        ("frozen", spec.frozen),
        ("corrupted", spec.corrupted),
    ]
    for fault, times in wanted:
        for _ in range(times):
            stretch = take(free, FAULT_FRAMES[fault], spec, rng)
            fault_of[stretch] = [fault] * (stretch.stop - stretch.start)
    return Schedule(times_s, scene_of, cuts_s, event_of, tuple(fault_of), free)


def _cuts_s(spec: VideoSpec, rng: np.random.Generator) -> tuple[float, ...]:
    """Borders of the places. Their durations are heavy-tailed, so some are seen for a moment."""
    share = 1 + rng.pareto(spec.scene_alpha, spec.scenes)
    floor_s = min(1.5, spec.duration_s / spec.scenes / 2)
    spare_s = spec.duration_s - floor_s * spec.scenes
    ends = np.cumsum(floor_s + spare_s * share / share.sum())
    return (0.0, *ends[:-1].tolist(), spec.duration_s + 1.0)


def take(
    free: NDArray[np.bool_], limits: tuple[int, int], spec: VideoSpec, rng: np.random.Generator
) -> slice:
    """Takes a stretch of free frames, and the frames beside it, so that stretches stay apart.

    Args:
        free: (n,) whether a frame may be taken; changed in place.
        limits: How many frames, at least and at most. One that is too long for the room that is
            left becomes shorter.
        spec: Whose frames they are.
        rng: Draws how many and where.

    Raises:
        ValueError: There is no room for the least.
    """
    drawn = int(rng.integers(limits[0], limits[1] + 1))
    for length in range(drawn, limits[0] - 1, -1):
        room = np.convolve(free, np.ones(length + 2, int), mode="valid") == length + 2
        starts = np.flatnonzero(room)
        if len(starts):
            start = int(rng.choice(starts)) + 1
            free[start - 1 : start + length + 1] = False
            return slice(start, start + length)
    raise ValueError(
        f"{spec.name}: {spec.duration_s} s are too short for all that shall happen in it; "
        "make it longer or ask for less"
    )
