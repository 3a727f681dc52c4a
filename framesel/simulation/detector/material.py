"""Labelled recordings on disk: what the settings of the comparison are made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from framesel.errors import DecodeError
from framesel.evaluation.boxes import F32, I64, Truth
from framesel.video.frame import Frame

Part = Literal["pool", "dev", "test"]


@dataclass(frozen=True, eq=False)
class Clip:
    """One recording, or one still picture, every frame of which was labelled.

    Attributes:
        name: Unique in its material.
        path: Of the file.
        part: ``pool``: learnt from; ``dev``: judged by; ``test``: judged by once, at the end.
        fps: Frames a second.
        truth: Boxes of every frame, in decode order.
    """

    name: str
    path: Path
    part: Part
    fps: float
    truth: Truth

    def frames(self, every: int) -> Iterator[Frame]:
        """Every so many-th frame, from the first.

        Raises:
            DecodeError: The video is damaged, or has other frames than were labelled.
        """
        from framesel.video.decoders import decoder_for
        from framesel.video.info import WHOLE
        from framesel.video.probing import probe
        from framesel.video.sampling import EveryN

        info = probe(self.path)
        given = 0
        for frame in decoder_for(info.kind).sample(self.path, info, WHOLE, EveryN(n=every)):
            yield frame
            given += 1
        wanted = -(-len(self.truth) // every)
        if given != wanted:
            raise DecodeError(
                f"{self.path}: {given} frames at every {every}-th, the labels know {wanted}; are "
                "they of this file?"
            )


@dataclass(frozen=True, eq=False)
class Material:
    """Clips of one data set.

    Attributes:
        name: Of the data set.
        classes: Names of the classes.
        clips: By name.
    """

    name: str
    classes: tuple[str, ...]
    clips: tuple[Clip, ...]

    def of(self, part: Part) -> I64:
        """(k,) int64: numbers of the clips of a part."""
        return np.array([i for i, clip in enumerate(self.clips) if clip.part == part], np.int64)


def truth_of(frames: int, frame: I64, class_no: I64, xyxy: F32) -> Truth:
    """Boxes by frame, from a list of boxes in any order.

    Args:
        frames: How many frames there are.
        frame: (m,) from 0.
        class_no: (m,)
        xyxy: (m, 4)
    """
    order = np.argsort(frame, kind="stable")
    offsets = np.searchsorted(frame[order], np.arange(frames + 1)).astype(np.int64)
    return Truth(offsets, xyxy[order].reshape(-1, 4), class_no[order])


def inside(truth: Truth, size_wh: I64) -> Truth:
    """The same boxes cut off at the edges of their pictures; what lies outside is dropped.

    Args:
        truth: Of n pictures.
        size_wh: (n, 2) pixels.
    """
    count = np.diff(truth.offsets)
    limit = np.repeat(np.tile(size_wh, 2), count, axis=0).astype(np.float32)
    xyxy = np.clip(truth.xyxy, 0.0, limit)
    kept = (xyxy[:, 2:] > xyxy[:, :2]).all(axis=1)
    before = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    return Truth(before[truth.offsets], xyxy[kept], truth.class_no[kept])


def pick(truth: Truth, rows: I64) -> Truth:
    """The boxes of some pictures, in the given order; a picture may come more than once."""
    count = np.diff(truth.offsets)[rows]
    offsets = np.concatenate([[0], np.cumsum(count)]).astype(np.int64)
    boxes = np.arange(offsets[-1]) + np.repeat(truth.offsets[rows] - offsets[:-1], count)
    return Truth(offsets, truth.xyxy[boxes], truth.class_no[boxes])


def joined(parts: list[Truth]) -> Truth:
    """The pictures of several, one after the other."""
    counts = np.concatenate([np.diff(part.offsets) for part in parts])
    return Truth(
        np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        np.concatenate([part.xyxy for part in parts]),
        np.concatenate([part.class_no for part in parts]),
    )
