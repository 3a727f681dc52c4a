"""Frames of two sides, the footage that is known and the footage that is new, as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

F32: TypeAlias = NDArray[np.float32]
F64: TypeAlias = NDArray[np.float64]
I64: TypeAlias = NDArray[np.int64]
Mask: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Guesses:
    """m confident boxes of a detector.

    Attributes:
        frame: (m,) row of the frame that each is in.
        class_no: (m,) position in ``classes``.
        confidence: (m,)
        area: (m,) share of the picture that it covers.
        classes: Names.
    """

    frame: I64
    class_no: I64
    confidence: F64
    area: F64
    classes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Footage:
    """n frames of v videos, in order of video and time.

    Attributes:
        digests: (v,) what identifies each video.
        names: (v,) what people call it.
        video: (n,) number of each frame's video, from 0.
        pts: (n,) time in the video's stream.
        t_s: (n,) seconds from the video's beginning.
        vectors: (n, d) unit rows.
        guesses: What a detector sees; None without one.
    """

    digests: tuple[str, ...]
    names: tuple[str, ...]
    video: I64
    pts: I64
    t_s: F64
    vectors: F32
    guesses: Guesses | None = None

    def __len__(self) -> int:
        return len(self.video)

    def videos(self, wanted: Sequence[int]) -> Footage:
        """Some of the videos, numbered anew in the order in which they are asked for."""
        number = np.full(len(self.names), -1, np.int64)
        number[list(wanted)] = np.arange(len(wanted))
        rows = np.flatnonzero(number[self.video] >= 0)
        rows = rows[np.argsort(number[self.video[rows]], kind="stable")]
        found = self.rows(rows)
        return Footage(
            tuple(self.digests[v] for v in wanted),
            tuple(self.names[v] for v in wanted),
            number[found.video],
            found.pts,
            found.t_s,
            found.vectors,
            found.guesses,
        )

    def rows(self, rows: I64) -> Footage:
        """Some of the frames, each once; the videos keep their numbers."""
        guesses = self.guesses
        if guesses is not None:
            place = np.full(len(self), -1, np.int64)
            place[rows] = np.arange(len(rows))
            kept = np.flatnonzero(place[guesses.frame] >= 0)
            guesses = Guesses(
                place[guesses.frame[kept]],
                guesses.class_no[kept],
                guesses.confidence[kept],
                guesses.area[kept],
                guesses.classes,
            )
        return Footage(
            self.digests,
            self.names,
            self.video[rows],
            self.pts[rows],
            self.t_s[rows],
            self.vectors[rows],
            guesses,
        )


@dataclass(frozen=True, eq=False)
class Both:
    """The frames of both sides one behind the other; the videos of the new side come last.

    Attributes:
        known: The first n - m frames.
        new: The other m.
    """

    known: Footage
    new: Footage

    def __len__(self) -> int:
        return len(self.known) + len(self.new)

    @property
    def names(self) -> tuple[str, ...]:
        """(v,) what people call the videos."""
        return (*self.known.names, *self.new.names)

    @cached_property
    def video(self) -> I64:
        """(n,) number of each frame's video."""
        return np.concatenate([self.known.video, self.new.video + len(self.known.names)])

    @cached_property
    def t_s(self) -> F64:
        """(n,) seconds."""
        return np.concatenate([self.known.t_s, self.new.t_s])

    @cached_property
    def vectors(self) -> F32:
        """(n, d) unit rows."""
        return np.concatenate([self.known.vectors, self.new.vectors])

    @cached_property
    def new_video(self) -> Mask:
        """(v,) whether a video is on the new side."""
        return np.arange(len(self.names)) >= len(self.known.names)

    @cached_property
    def new_frame(self) -> Mask:
        """(n,) whether a frame is."""
        return np.arange(len(self)) >= len(self.known)

    @cached_property
    def guesses(self) -> Guesses | None:
        """What one and the same detector sees on both sides; None where it does not."""
        one, other = self.known.guesses, self.new.guesses
        if one is None or other is None or one.classes != other.classes:
            return None
        return Guesses(
            np.concatenate([one.frame, other.frame + len(self.known)]),
            np.concatenate([one.class_no, other.class_no]),
            np.concatenate([one.confidence, other.confidence]),
            np.concatenate([one.area, other.area]),
            one.classes,
        )
