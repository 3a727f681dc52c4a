"""Worlds made from footage that a workspace has embedded and somebody has labelled.

Three of them, each with the labels and vectors of real frames:

- ``footage``: as it is.
- ``footage_rare``: one class (another for each seed) is thinned out to bursts of 3 to 15 frames;
  each is a rare event.
- ``footage_dwell``: every clip is slowed down by a factor of its own, heavy-tailed: its frames are
  repeated with a sensor's noise, as if the camera had looked on for longer.

Videos are split before anything else, and each seed draws four fifths of those in the pool.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from framesel.selection.vectors.arrays import F64, Bool
from framesel.simulation.world import NOTHING, Footage, World, unit

Kind = Literal["footage", "footage_rare", "footage_dwell"]
KINDS: Final[tuple[Kind, ...]] = ("footage", "footage_rare", "footage_dwell")

POOL_SHARE: Final = 0.8
BURSTS: Final = 6
BURST_FRAMES: Final = (3, 15)
PARETO: Final = 1.1
LONGEST: Final = 40.0
NOISE_COS: Final = 0.998
"""Cosine of a repeated frame to the one that it repeats."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Labelled footage as it is, of which worlds are made.

    Attributes:
        kind: What is done to it.
        videos: Their names.
        classes: Their names.
        footage: All frames with a vector; ``label`` is the one class that a frame shows,
            ``NOTHING`` where it shows none, several or was not labelled.
        held_out: (V,) bool, which videos are judged by.
    """

    kind: Kind
    videos: tuple[str, ...]
    classes: tuple[str, ...]
    footage: Footage
    held_out: Bool

    @property
    def name(self) -> str:
        """Of its worlds."""
        return self.kind

    def world(self, seed: int) -> World:
        """The world of a seed."""
        rng = np.random.default_rng([seed, KINDS.index(self.kind)])
        inside = np.flatnonzero(~self.held_out)
        drawn = rng.permutation(inside)[: max(2, round(POOL_SHARE * len(inside)))]
        pool = self.footage.subset(np.flatnonzero(np.isin(self.footage.video_no, drawn)))
        if self.kind == "footage_rare":
            pool = thinned_out(pool, seed % len(self.classes), rng)
        elif self.kind == "footage_dwell":
            pool = slowed_down(pool, rng)
        held_out = self.footage.subset(np.flatnonzero(self.held_out[self.footage.video_no]))
        return World(self.kind, seed, self.videos, self.classes, pool, held_out, False)


def thinned_out(pool: Footage, label: int, rng: np.random.Generator) -> Footage:
    """Leave of one class only a few bursts, in different videos, each of them a rare event."""
    of_class = pool.label == label
    videos = rng.permutation(np.unique(pool.video_no[of_class]))[:BURSTS]
    event = np.full(len(pool), NOTHING, np.int64)
    for number, video in enumerate(videos):
        rows = np.flatnonzero(of_class & (pool.video_no == video))
        length = min(int(rng.integers(BURST_FRAMES[0], BURST_FRAMES[1] + 1)), len(rows))
        start = int(rng.integers(len(rows) - length + 1))
        event[rows[start : start + length]] = number
    stays = np.flatnonzero(~of_class | (event >= 0))
    return replace(pool, event=event).subset(stays)


def slowed_down(pool: Footage, rng: np.random.Generator) -> Footage:
    """Repeat the frames of each video as often as a Pareto variable says (exponent 1.1)."""
    times = np.zeros(int(pool.video_no.max(initial=-1)) + 1, np.int64)
    for video in np.unique(pool.video_no):
        times[video] = round(min(1.0 + rng.pareto(PARETO), LONGEST))
    count = times[pool.video_no]
    rows = np.repeat(np.arange(len(pool)), count)
    nth = np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)
    slow = pool.subset(rows)
    noise = unit(rng.standard_normal(slow.vectors.shape))
    away = np.where(nth > 0, np.sqrt(1.0 / NOISE_COS**2 - 1.0), 0.0)
    step_s = _steps_s(pool)[rows]
    return replace(
        slow,
        vectors=unit(slow.vectors + away[:, None] * noise),
        pts_s=slow.pts_s * times[slow.video_no] + nth * step_s,
    )


def _steps_s(pool: Footage) -> F64:
    """Seconds from each frame to the next of its video, at least a thousandth. (n,) float64."""
    steps = np.diff(pool.pts_s, append=pool.pts_s[-1:] + 1.0)
    ends = np.flatnonzero(np.diff(pool.video_no, append=-1))
    steps[ends] = 1.0
    return np.maximum(steps, 1e-3)
