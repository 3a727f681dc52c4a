"""What a backbone is worth: three measures that need no training, on frames of known origin.

Duplicates found at a fixed rate of false merges, retrieval of the same video, and purity of class
among the neighbours from other scenes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from framesel.backbones.backbone import Vectors
from framesel.backbones.perturb import CHANGES
from framesel.backbones.preprocessing import Image
from framesel.errors import UsageError

Ids = NDArray[np.int64]
FALSE_MERGES = 0.01
NEIGHBOURS = 10


@dataclass(frozen=True)
class ProbeSet:
    """Frames of known origin; a few per video, in time order.

    Attributes:
        images: (h, w, 3) uint8 RGB.
        videos: (n,) number of the video.
        scenes: (n,) number of the scene; videos that show the same place share it.
        classes: (n,) number of the class of the video's object, or None where it is unknown.
    """

    images: Sequence[Image]
    videos: Ids
    scenes: Ids
    classes: Ids | None = None

    def __post_init__(self) -> None:
        columns = [self.videos, self.scenes] + ([] if self.classes is None else [self.classes])
        if any(len(column) != len(self.images) for column in columns):
            raise UsageError("a probe set needs one video, scene and class for each image")
        if len(np.unique(self.scenes)) < 2:
            raise UsageError("a probe set needs frames of at least two scenes")


@dataclass(frozen=True, slots=True)
class Worth:
    """Shares from 0 to 1, higher is better.

    Attributes:
        duplicates: Changed frames recognised where 1 % of the frames merge with another scene.
        by_change: The same for each kind of change.
        tau_cos: The cosine at which that is so.
        retrieval: Frames of a video's first half whose nearest frame among all second halves (other
            videos of the same scene left out) is of the same video.
        purity: Mean share of the ten nearest frames of other scenes that have the same class,
            averaged over classes; None without classes.
    """

    duplicates: float
    by_change: dict[str, float]
    tau_cos: float
    retrieval: float
    purity: float | None


def changed_images(images: Sequence[Image], seed: int = 0) -> dict[str, list[Image]]:
    """Every image under every change, by kind."""
    return {
        kind: [
            change(image, np.random.default_rng([seed, number, row]))
            for row, image in enumerate(images)
        ]
        for number, (kind, change) in enumerate(CHANGES.items())
    }


def false_merge_cos(vectors: Vectors, scenes: Ids, share: float = FALSE_MERGES) -> float:
    """The cosine that a share of the frames exceeds with its nearest frame of another scene."""
    cos = vectors @ vectors.T
    cos[scenes[:, None] == scenes[None, :]] = -np.inf
    return float(np.quantile(cos.max(axis=1), 1.0 - share))


def retrieval_of_video(vectors: Vectors, videos: Ids, scenes: Ids) -> float:
    """Top-1 retrieval across the halves of each video; see ``Worth``."""
    second = np.zeros(len(videos), bool)
    for video in np.unique(videos):
        rows = np.flatnonzero(videos == video)
        second[rows[len(rows) // 2 :]] = len(rows) > 1
    queries = np.flatnonzero(~second & np.isin(videos, videos[second]))
    gallery = np.flatnonzero(second)
    cos = vectors[queries] @ vectors[gallery].T
    same_place = scenes[queries][:, None] == scenes[gallery][None, :]
    same_video = videos[queries][:, None] == videos[gallery][None, :]
    cos[same_place & ~same_video] = -np.inf
    return float((videos[gallery[cos.argmax(axis=1)]] == videos[queries]).mean())


def purity_of_class(vectors: Vectors, classes: Ids, scenes: Ids, k: int = NEIGHBOURS) -> float:
    """Share of equal classes among the k nearest frames of other scenes, averaged over classes."""
    cos = vectors @ vectors.T
    cos[scenes[:, None] == scenes[None, :]] = -np.inf
    nearest = np.argsort(-cos, axis=1, kind="stable")[:, :k]
    reachable = np.isfinite(np.take_along_axis(cos, nearest, axis=1))
    equal = (classes[nearest] == classes[:, None]) & reachable
    shares = equal.sum(axis=1) / np.maximum(reachable.sum(axis=1), 1)
    return float(np.mean([shares[classes == number].mean() for number in np.unique(classes)]))


def worth_of(
    embed: Callable[[Sequence[Image]], Vectors],
    probes: ProbeSet,
    changed: dict[str, list[Image]] | None = None,
) -> Worth:
    """The three measures.

    Args:
        embed: Images to unit rows: a backbone, or anything to compare with one.
        probes: Frames of known origin.
        changed: From ``changed_images``, to be made once for several backbones.
    """
    vectors = embed(probes.images)
    tau_cos = false_merge_cos(vectors, probes.scenes)
    changed = changed_images(probes.images) if changed is None else changed
    by_change = {
        kind: float(((embed(images) * vectors).sum(axis=1) > tau_cos).mean())
        for kind, images in changed.items()
    }
    classes = probes.classes
    return Worth(
        duplicates=float(np.mean(list(by_change.values()))),
        by_change=by_change,
        tau_cos=tau_cos,
        retrieval=retrieval_of_video(vectors, probes.videos, probes.scenes),
        purity=None if classes is None else purity_of_class(vectors, classes, probes.scenes),
    )
