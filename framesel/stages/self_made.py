"""From which cosine on are two frames the same? Asked of duplicates that are made for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from framesel.stages.pictures import Stored

if TYPE_CHECKING:
    from framesel.backbones import Backbone
    from framesel.selection import TauAdvice

SAMPLES = 300
"""Frames to make duplicates of."""

NEIGHBOURS_FROM = 4000
"""Frames among which the nearest of another video is looked for."""

_AT_ONCE = 128

Vectors = npt.NDArray[np.float32]


def spread(count: int, most: int) -> npt.NDArray[np.int64]:
    """At most so many of ``count`` rows, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(most, count)).round().astype(np.int64))


def advise(
    backbone: Backbone,
    stored: Sequence[Stored],
    originals: Vectors,
    footage: Vectors,
    video_no: npt.ArrayLike,
    *,
    at_least_cos: float,
) -> TauAdvice:
    """Compares frames with altered copies of them, and frames with those of other videos.

    Args:
        backbone: The one that gave the vectors.
        stored: p frames; each is altered once in every way of ``backbones.perturb``.
        originals: (p, dim) their vectors.
        footage: (n, dim) vectors of frames of all videos.
        video_no: (n,) the video of each.
        at_least_cos: No suggestion is below this.

    Raises:
        SelectionError: ``footage`` is of one video only.
    """
    from framesel.backbones.perturb import CHANGES
    from framesel.selection import suggest_tau
    from framesel.selection.duplicates.tau import nearest_in_other_videos

    nearest = nearest_in_other_videos(footage, video_no)
    altered: list[Vectors] = []
    for seed, change in enumerate(CHANGES.values()):
        for low in range(0, len(stored), _AT_ONCE):
            part = enumerate(stored[low : low + _AT_ONCE], low)
            images = [change(f.image(), np.random.default_rng([seed, i])) for i, f in part]
            altered.append(backbone(images))
    return suggest_tau(
        np.tile(originals, (len(CHANGES), 1)),
        np.concatenate(altered),
        nearest,
        at_least_cos=at_least_cos,
    )


def expectation(advice: TauAdvice) -> str:
    """What to expect of the suggestion, for a person."""
    return (
        f"finds {advice.recall:.1%} of the duplicates, merges {advice.wrong_merges:.2%} of the "
        "frames with another video"
    )


def doubts(advice: TauAdvice) -> Iterator[str]:
    """The warning where the two kinds of pairs cannot be told apart."""
    if not advice.separable:
        yield (
            "duplicates and the nearest frames of other videos overlap. Where several videos\n"
            "show one place, such merges are right: set duplicates.tau_cos to a number by its\n"
            "recall. Where they do not, the backbone is too coarse for this footage\n"
            "(`framesel pretrain`, or timm:…)."
        )
