"""Unrelated pictures as a control: BCCD, blood cells, in Pascal VOC's folders, split by a seed."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np

from framesel.annotation.opening import open_labels
from framesel.annotation.returned import LabelledPicture
from framesel.errors import UsageError
from framesel.evaluation.boxes import Truth
from framesel.simulation.detector.material import Clip, Material, Part, truth_of

SHARES: Final[tuple[tuple[Part, float], ...]] = (("pool", 0.6), ("dev", 0.2), ("test", 0.2))
SPLIT_SEED: Final = 0


def read_bccd(folder: Path) -> Material:
    """Pictures, each a clip of one frame.

    Args:
        folder: With ``Annotations`` and ``JPEGImages``.

    Raises:
        UsageError: There is no such folder, or a picture is missing.
        LabelsError: The labels make no sense.
    """
    found = open_labels(folder, "voc")
    pictures = sorted(found.pictures, key=lambda picture: picture.name)
    paths = [folder / "JPEGImages" / picture.name for picture in pictures]
    missing = [path for path in paths if not path.is_file()]
    if missing or not paths:
        raise UsageError(f"{folder}: {len(paths)} pictures are labelled, not there: {missing[:1]}")
    classes = tuple(sorted(found.classes))
    clips = [
        Clip(picture.name, path, part, 1.0, _truth(picture, classes))
        for picture, path, part in zip(pictures, paths, split(len(paths)), strict=True)
    ]
    return Material("bccd", classes, tuple(clips))


def split(count: int) -> list[Part]:
    """A part for each of so many pictures, the shares as ``SHARES`` has them, the seed fixed."""
    ends = np.cumsum([share for _, share in SHARES]) * count
    place = np.random.default_rng(SPLIT_SEED).permutation(count)
    return [SHARES[int(np.searchsorted(ends[:-1], at, side="right"))][0] for at in place]


def _truth(picture: LabelledPicture, classes: tuple[str, ...]) -> Truth:
    boxes = [(box.x1, box.y1, box.x2, box.y2) for box in picture.boxes]
    class_no = np.array([classes.index(box.label) for box in picture.boxes], np.int64)
    xyxy = np.array(boxes, np.float32).reshape(-1, 4)
    return truth_of(1, np.zeros(len(boxes), np.int64), class_no, xyxy)
