"""The model: what is measured of a stage, and what follows for more of the same. Plain arithmetic.

More work never takes less time, and more workers never take more: both follow from how the local
runner hands out work, in order, to whoever is free.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

POOLED = ""
"""Stands for all kinds of footage, where one was not measured."""


@dataclass(frozen=True)
class Rate:
    """What a unit of work costs on one kind of footage.

    Attributes:
        seconds: Of one worker, for each unit.
        yields: Rows for each frame that was expected (of the stage ``frames``), or for each row of
            the stage ``frames`` (of the others).
        bytes: On disk, for each row.
    """

    seconds: float
    yields: float
    bytes: float


@dataclass(frozen=True)
class ShardCost:
    """A stage that works shard by shard.

    Attributes:
        start_s: From the start of a worker until it works as fast as it then does.
        rates: By kind of footage; ``POOLED`` is always there.
        memory: Bytes of one worker at its peak.
    """

    start_s: float
    rates: Mapping[str, Rate]
    memory: int

    def rate(self, kind: str) -> Rate:
        """Of a kind of footage, or of all where it was not measured."""
        return self.rates.get(kind, self.rates[POOLED])


@dataclass(frozen=True)
class ExportCost:
    """Pictures that are decoded again, each from the keyframe before it.

    Attributes:
        start_s: As of ``ShardCost``.
        write_s: Of one worker, for each picture.
        decode_s: Likewise, for each second of footage.
        group_s: From keyframe to keyframe.
        bytes: On disk, for each picture.
        memory: Bytes of one worker at its peak.
    """

    start_s: float
    write_s: float
    decode_s: float
    group_s: float
    bytes: float
    memory: int

    def seconds(self, picks: float, length_s: float) -> float:
        """Of one worker, for some pictures of one video."""
        return picks * self.write_s + self.decode_s * decoded_s(picks, length_s, self.group_s)


def decoded_s(picks: float, length_s: float, group_s: float) -> float:
    """Seconds of footage that are decoded for pictures that lie anywhere in a video.

    Groups of pictures are decoded up to the last that is wanted of them. With the mean number m of
    those in a group, that is the share 1 - (1 - exp(-m)) / m of it.
    """
    if picks <= 0 or length_s <= 0:
        return 0.0
    mean = picks * min(group_s, length_s) / length_s
    return length_s * (mean / 2 if mean < 1e-4 else 1.0 + math.expm1(-mean) / mean)


@dataclass(frozen=True)
class Growth:
    """A stage that sees everything at once.

    Attributes:
        cold_s: What its first call takes beside the work: libraries are loaded.
        points: (frames, seconds) as measured, of growing numbers of frames.
        bytes: On disk, for each frame.
    """

    cold_s: float
    points: tuple[tuple[float, float], ...]
    bytes: float

    def seconds(self, frames: float) -> float:
        """Linear between what was measured and beyond it; never falling.

        Near-duplicates and selection were seen to grow as frames ** 0.74 up to a million
        (``benchmarks/scale.py``): linear from the last two measurements is a little too much.
        """
        if frames <= 0:
            return 0.0
        known = _rising(self.points)
        if len(known) == 1 or frames <= known[0][0]:
            return self.cold_s + known[0][1] * min(1.0, frames / known[0][0])
        after = next((i for i, (n, _) in enumerate(known) if n >= frames), len(known) - 1)
        (n0, t0), (n1, t1) = known[max(after - 1, 0)], known[max(after, 1)]
        return self.cold_s + t0 + (t1 - t0) * (frames - n0) / (n1 - n0)


def _rising(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Points in order of frames, each at least as slow as those before it."""
    found: list[tuple[float, float]] = []
    for frames, seconds in sorted(points):
        if not found or frames > found[-1][0]:
            found.append((frames, max(seconds, found[-1][1] if found else 0.0)))
    return found


def makespan(costs: Sequence[float], workers: int) -> float:
    """Seconds until the last piece of work is done, given out in order to whoever is free.

    Args:
        costs: Seconds of each piece.
        workers: How many work at once.
    """
    free = [0.0] * max(1, min(workers, len(costs)))
    for cost in costs:
        heapq.heapreplace(free, free[0] + cost)
    return max(free)


def off_by(predicted: float, true: float) -> float:
    """The factor between two numbers, at least 1."""
    low, high = sorted((predicted, true))
    return high / low if low > 0 else float("inf")
