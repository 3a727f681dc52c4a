"""Footage as vectors with everything that is known of it: what strategies are compared on."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from framesel.selection.vectors.arrays import F32, F64, I64, Bool

NOTHING = -1
"""In ``label`` and ``event``: there is none."""


@dataclass(frozen=True, eq=False)
class Footage:
    """n sampled frames in (video, time) order; row i of every array is frame i.

    Attributes:
        vectors: (n, d) float32 unit rows.
        video_no: (n,) int64, position in ``World.videos``.
        pts_s: (n,) float64 seconds in that video.
        passes: (n,) bool, whether the quality gate lets the frame through.
        good: (n,) bool, whether a label of it teaches anything: not black, blurred or garbage.
        moment: (n,) int64, equal for frames that show the same up to noise, encoding and other
            changes that teach nothing; across videos too.
        label: (n,) int64, position in ``World.classes``; ``NOTHING`` where a frame has no label.
        event: (n,) int64, number of the rare event that is seen, ``NOTHING`` for none.
        newcomer: (n,) bool, whether a small object has appeared in an otherwise still picture.
        tiles: (n, t, d) float32 unit rows of parts of the picture; None where there are none.
    """

    vectors: F32
    video_no: I64
    pts_s: F64
    passes: Bool
    good: Bool
    moment: I64
    label: I64
    event: I64
    newcomer: Bool
    tiles: F32 | None = None

    def __len__(self) -> int:
        return len(self.vectors)

    def subset(self, rows: NDArray[Any]) -> Self:
        """Some of the frames, in the given order."""
        columns: dict[str, Any] = {field.name: getattr(self, field.name) for field in fields(self)}
        given: dict[str, Any] = {n: v[rows] for n, v in columns.items() if v is not None}
        return replace(self, **given)


@dataclass(frozen=True, eq=False)
class World:
    """A pool to choose from and held-out footage to judge by; no video is in both.

    Attributes:
        name: Of the preset, or of what was done to real footage.
        seed: What it was made with.
        videos: Names of all videos, of the pool and held out; the same for every seed, so that a
            bootstrap can draw them.
        classes: Names of the labels.
        pool: What may be picked.
        held_out: What the picks shall teach about.
        moments_known: Whether ``moment`` tells duplicates from others (real footage: no).
    """

    name: str
    seed: int
    videos: tuple[str, ...]
    classes: tuple[str, ...]
    pool: Footage
    held_out: Footage
    moments_known: bool


def unit(vectors: NDArray[np.floating]) -> F32:
    """Rows divided by their lengths, as float32."""
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=-1, keepdims=True)
    return np.ascontiguousarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
