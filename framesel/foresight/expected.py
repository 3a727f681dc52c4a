"""How many frames a sampling will take, from what a container says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from framesel.catalog import Part
from framesel.video.companions import with_companions
from framesel.video.sampling import Keyframes, Sampling
from framesel.video.timeline import Timeline

KEYFRAME_EVERY_S = 2.0
"""Of cameras and encoders as they come; the sample says what is true of these."""

MOST_FRAMES = 20_000_000
"""Of one video: four days at 60 frames a second."""

_DEFAULT_FPS = Fraction(25)


class Expected(NamedTuple):
    """What to expect of one part of a video."""

    frames: float
    seconds: float
    """Of footage; a picture counts as one."""


def expected(row: Mapping[str, Any], part: Part, sampling: Sampling) -> Expected:
    """Exact for footage of constant rate that is whole, but for changes and keyframes.

    Of ``on_change`` every candidate is expected, of ``keyframes`` one in two seconds: the sample
    tells which share of that comes true.

    Args:
        row: The catalog's, of the part's video.
        part: A stretch of it.
        sampling: Which timestamps become frames.
    """
    if row["kind"] == "image":
        return Expected(1.0, 1.0)
    pts, timeline = _shown(_facts(row), sampling)
    first = 0 if part.start_pts is None else int(np.searchsorted(timeline.pts, part.start_pts))
    last = (
        len(timeline) if part.end_pts is None else int(np.searchsorted(timeline.pts, part.end_pts))
    )
    seconds = float((last - first) * _step(row))
    if isinstance(sampling, Keyframes):
        inside = sampling.inside(timeline)[first:last]
        return Expected(float(inside.sum() * _step(row)) / KEYFRAME_EVERY_S, seconds)
    return Expected(float(pts[first:last].sum()), seconds)


def length_s(row: Mapping[str, Any]) -> float:
    """Seconds of footage of a whole video; a picture counts as one."""
    return 1.0 if row["kind"] == "image" else float(_frames(row) * _step(row))


class _Facts(NamedTuple):
    frames: int
    step: Fraction
    base: Fraction
    first_pts: int


def _facts(row: Mapping[str, Any]) -> _Facts:
    base = Fraction(row["time_base_num"], row["time_base_den"])
    return _Facts(_frames(row), _step(row), base, row["first_pts"])


def _step(row: Mapping[str, Any]) -> Fraction:
    """Seconds from frame to frame."""
    if row["kind"] == "sequence":
        return Fraction(1)
    if row["fps_num"]:
        return Fraction(row["fps_den"], row["fps_num"])
    if row["frames"] and row["duration_s"]:
        return Fraction(row["duration_s"]).limit_denominator(1 << 20) / int(row["frames"])
    return 1 / _DEFAULT_FPS


def _frames(row: Mapping[str, Any]) -> int:
    """As promised; a container that promises more than it has bytes for is not believed."""
    told = row["frames"] or round((row["duration_s"] or 0.0) / float(_step(row)))
    return max(0, min(int(told), int(row["bytes"]), MOST_FRAMES))


@lru_cache(maxsize=8)
def _shown(facts: _Facts, sampling: Sampling) -> tuple[Any, Timeline]:
    """Which frames are taken, companions included, and when all of them are shown."""
    ticks = facts.step / facts.base
    count = np.arange(facts.frames + 1, dtype=np.int64)
    edges = (count * ticks.numerator + ticks.denominator // 2) // ticks.denominator
    pts = facts.first_pts + edges
    key = np.zeros(facts.frames, np.bool_)
    timeline = Timeline(pts[:-1], key, facts.base, facts.first_pts, int(pts[-1]))
    taken = with_companions(sampling.choose(timeline), sampling.companions)
    return taken, timeline
