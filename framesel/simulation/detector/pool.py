"""What strategies choose from, and what the detectors that they train are judged by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from framesel.evaluation.boxes import Truth
from framesel.selection.vectors.arrays import F32, F64, I64, Bool
from framesel.simulation.detector.album import Album

NO_CLASS = -1
"""``Pool.rare``: no class was thinned out."""


@dataclass(frozen=True, eq=False)
class Judged:
    """n labelled pictures of held-out footage; row i of every array is picture i.

    Attributes:
        setting: Its name.
        classes: Names of the classes.
        album: Where the pictures lie; it may hold more than these.
        rows: (n,) int64, their numbers in the album.
        video_no: (n,) int64, which clip a picture is of, from 0.
        truth: Labelled boxes in pixels of the pictures.
        size_wh: (n, 2) int64 pixels.
    """

    setting: str
    classes: tuple[str, ...]
    album: Album
    rows: I64
    video_no: I64
    truth: Truth
    size_wh: I64

    def __len__(self) -> int:
        return len(self.rows)

    def jpeg(self, i: int) -> bytes:
        """Picture i as a JPEG file."""
        return self.album.jpeg(int(self.rows[i]))


@dataclass(frozen=True, eq=False)
class Pool:
    """n labelled pictures in (video, time) order, of which strategies see all but the labels.

    Attributes:
        setting: Its name.
        seed: Which clips were drawn, and which class is rare.
        classes: Names of the classes.
        album: Where the pictures lie; it may hold more than these.
        rows: (n,) int64, their numbers in the album.
        video_no: (n,) int64, from 0.
        clip_no: (n,) int64, which recording a picture is of; several may make up one video.
        pts_s: (n,) float64 seconds in the video.
        truth: Labelled boxes in pixels of the pictures.
        size_wh: (n, 2) int64 pixels.
        vectors: (n, d) float32 unit rows of the default backbone.
        passes: (n,) bool, whether the quality gate lets the picture through.
        rare: Class that was thinned out, ``NO_CLASS`` for none.
    """

    setting: str
    seed: int
    classes: tuple[str, ...]
    album: Album
    rows: I64
    video_no: I64
    clip_no: I64
    pts_s: F64
    truth: Truth
    size_wh: I64
    vectors: F32
    passes: Bool
    rare: int

    def __len__(self) -> int:
        return len(self.rows)

    def jpeg(self, i: int) -> bytes:
        """Picture i as a JPEG file."""
        return self.album.jpeg(int(self.rows[i]))

    @property
    def clips(self) -> int:
        """How many recordings there are."""
        return len(np.unique(self.clip_no))

    def boxes(self) -> I64:
        """(n,) int64: labelled boxes in each picture."""
        counts: I64 = np.diff(self.truth.offsets)
        return counts
