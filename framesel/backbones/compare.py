"""A freshly trained backbone against the one that it would replace, on the user's own frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from framesel.backbones.backbone import Vectors
from framesel.backbones.frame_cache import ImageSource, decode_picture
from framesel.backbones.preprocessing import Image
from framesel.backbones.worth import ProbeSet, Worth, changed_images, worth_of
from framesel.errors import StageError

FRAMES_PER_VIDEO = 8
MOST_FRAMES = 800


@dataclass(frozen=True, slots=True)
class Comparison:
    """Worth of both, on the same frames.

    Attributes:
        candidate: The new backbone.
        incumbent: The one that it would replace.
        frames: How many frames were compared.
    """

    candidate: Worth
    incumbent: Worth
    frames: int

    @property
    def better(self) -> bool:
        """Whether the new one is worse at nothing that was measured and better at something."""
        new, old = (
            (worth.duplicates, worth.retrieval, worth.purity if worth.purity is not None else 0.0)
            for worth in (self.candidate, self.incumbent)
        )
        return all(a >= b for a, b in zip(new, old, strict=True)) and new != old


def probes_of(
    source: ImageSource,
    *,
    scenes: Sequence[int] | None = None,
    classes: Sequence[int] | None = None,
) -> ProbeSet:
    """Evenly spaced frames of each video, and of evenly spaced videos where there are many.

    Args:
        source: Frames by video.
        scenes: Number of the scene of each video; without it each video is a scene of its own.
        classes: Number of the class of each video, if it is known.

    Raises:
        StageError: Fewer than two videos have readable frames.
    """
    count = min(len(source), max(2, MOST_FRAMES // FRAMES_PER_VIDEO))
    chosen = np.unique(np.linspace(0, max(0, len(source) - 1), count).astype(int)).tolist()
    images: list[Image] = []
    videos: list[int] = []
    for video in chosen:
        pictures = source[video][1]
        spread = np.linspace(0, len(pictures) - 1, min(FRAMES_PER_VIDEO, len(pictures)))
        decoded = (decode_picture(pictures[row]) for row in spread.astype(int))
        readable = [image for image in decoded if image is not None]
        images += readable
        videos += [int(video)] * len(readable)
    numbers = np.array(videos, np.int64)
    places = numbers if scenes is None else np.asarray(scenes, np.int64)[numbers]
    if len(np.unique(places)) < 2:
        raise StageError(
            "backbones are compared across scenes, and there are readable frames of only one: "
            "add footage of another place"
        )
    kinds = None if classes is None else np.asarray(classes, np.int64)[numbers]
    return ProbeSet(images, numbers, places, kinds)


def compare(
    candidate: Callable[[Sequence[Image]], Vectors],
    incumbent: Callable[[Sequence[Image]], Vectors],
    probes: ProbeSet,
) -> Comparison:
    """Both backbones on the same frames and the same changes of them."""
    changed = changed_images(probes.images)
    return Comparison(
        candidate=worth_of(candidate, probes, changed),
        incumbent=worth_of(incumbent, probes, changed),
        frames=len(probes.images),
    )
