"""Short stretches of videos that can be decoded on their own, found in a worker."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import numpy as np

from framesel.errors import MediaError
from framesel.task import Outcome, Say, Takes
from framesel.video.sampling import Sampling

LEAST_S = 4.0
"""A shorter stretch would say more of how decoding begins than of how it goes on."""

MOST_S = 30.0

_APART = 0.618034
"""Places spread evenly, however many there are: multiples of the golden ratio."""


class Piece(NamedTuple):
    """A stretch of a video."""

    start_pts: int | None
    end_pts: int | None
    seconds: float
    frames: int
    """As the sampling chooses them; of changes all candidates."""
    packets: int


@dataclass(frozen=True)
class Found:
    """What is known of a video once its packets were looked at.

    Attributes:
        pieces: Stretches to decode.
        packets: Of the whole video.
        index_s: What reading them took.
        groups: Of pictures, each of which begins with a keyframe.
    """

    pieces: tuple[Piece, ...]
    packets: int
    index_s: float
    groups: int = 1


@dataclass(frozen=True)
class Look:
    """A video to look at."""

    row: Mapping[str, Any]
    wanted: int
    """Pieces."""
    frames: int
    """Of each piece, about."""
    poison: str = ""

    @property
    def key(self) -> str:
        """A short name for logs."""
        return str(self.row["video_no"])

    def without(self, index: int, reason: str) -> Look:
        """The video killed its worker: the sample does without it."""
        del index
        return replace(self, poison=reason)


@dataclass(frozen=True)
class LookTask:
    """Reads the packets of videos, and cuts pieces out of them."""

    sampling: Sampling
    title: str = "sample"
    takes: ClassVar[Takes] = Takes(gb=0.5)

    def open(self) -> Callable[[Look, Say], Outcome]:
        """Returns the function that looks at one video; None is found in one that is broken."""

        def one(look: Look, say: Say) -> Outcome:
            began = time.monotonic()
            say(0, 0)
            found = None if look.poison else self._found(look)
            return Outcome(look.key, 1, (), time.monotonic() - began, payload=found)

        return one

    def _found(self, look: Look) -> Found | None:
        if look.row["kind"] == "image":
            return Found((Piece(None, None, 1.0, 1, 1),), 1, 0.0)
        if look.row["kind"] == "sequence":
            count = look.row["frames"]
            some = int(min(count, max(look.frames, 1)))
            return Found((Piece(None, some, float(some), some, some),), count, 0.0)
        try:
            return self._in_video(look)
        except (MediaError, ValueError, ArithmeticError, LookupError):
            return None

    def _in_video(self, look: Look) -> Found | None:
        from framesel.stages.footage import Video
        from framesel.video.packet_index import NO_PTS
        from framesel.video.packets import read_index

        video = Video.of(dict(look.row))
        began = time.monotonic()
        index = read_index(video.path, video.info)
        index_s = time.monotonic() - began
        line = index.timeline
        if not len(line):
            return None
        starts = index.pts[index.start & (index.pts != NO_PTS)] if not index.untimed else line.pts
        if index.unproven or not len(starts):
            starts = line.pts[:1]
        chosen = line.pts[self.sampling.choose(line)]
        pieces: dict[int, Piece] = {}
        for place in range(look.wanted):
            at = (place * _APART) % 1.0
            first = int(np.sort(starts)[int(at * len(starts))])
            pieces[first] = _piece(line, chosen, first, look.frames)
        return Found(tuple(pieces.values()), len(index.pts), index_s, len(starts))


def _piece(line: Any, chosen: Any, first_pts: int, frames: int) -> Piece:
    """From one pts on, a multiple of so many frames, within ``LEAST_S`` and ``MOST_S``."""
    base = line.time_base
    rank = int(np.searchsorted(chosen, first_pts))
    least, most = (first_pts + int(s / base) for s in (LEAST_S, MOST_S))
    batches = max(1, -(-(int(np.searchsorted(chosen, least)) - rank) // frames))
    last = rank + batches * frames
    end_pts = min(int(chosen[last]) if last < len(chosen) else line.end_pts, most, line.end_pts)
    held = int(np.searchsorted(chosen, end_pts)) - rank
    packets = int(np.searchsorted(line.pts, end_pts) - np.searchsorted(line.pts, first_pts))
    start = None if first_pts <= line.start_pts else first_pts
    end = None if end_pts >= line.end_pts else end_pts
    return Piece(start, end, float((end_pts - first_pts) * base), held, packets)
