"""What is exchanged as a whole between the sides: videos, or blocks of long ones.

Frames of one video know of one another. A test that exchanges single frames takes a hundred
pictures of one afternoon for a hundred witnesses, and alarms at every new video. If nothing has
changed, videos are exchangeable, so whole videos change sides. Where there are too few of them for
any arrangement to be rare (one fixed camera, two long recordings), they are cut into blocks much
longer than the stream's memory, kept apart by gaps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from framesel.drift.axes import principal
from framesel.drift.correlation import correlation_time
from framesel.drift.footage import F32, I64, Both, Mask

TIMES = 4.0
"""Correlation times that a block lasts, gaps included. On simulated streams three gave up to 10 %
false alarms at 5 %, and with six hardly anything could be told apart."""

LEAST_FRAMES = 16
"""Of a block: over fewer, nobody can say how long a stream remembers."""

_SLOW_AXES = 8
_SHUFFLES = 199


@dataclass(frozen=True, eq=False)
class Pieces:
    """u pieces of the frames of both sides.

    Attributes:
        what: What they are; single frames only where somebody wants to see what goes wrong.
        of: (n,) the piece of each frame; -1 for frames in the gaps between blocks.
        video: (u,) the video that each is of.
        is_new: (u,) whether it is on the new side.
        memory: Correlation time in frames where blocks were cut; nan elsewhere.
    """

    what: Literal["videos", "blocks", "frames"]
    of: I64
    video: I64
    is_new: Mask
    memory: float = math.nan

    def __len__(self) -> int:
        return len(self.video)

    @property
    def least_p(self) -> float:
        """The smallest p-value that any test can give."""
        return 1 / math.comb(len(self), int(self.is_new.sum()))


def pieces(both: Both, alpha: float) -> Pieces:
    """Whole videos where they suffice for a p-value of ``alpha``, else blocks.

    Blocks stand for one another only if the videos are of one stream. Where the known ones differ
    among themselves, a new one may differ as well without anything having changed: then videos
    stay whole, however few they are.

    Args:
        both: Each video has a frame.
        alpha: Rate of false alarms.
    """
    whole = Pieces("videos", both.video, np.arange(len(both.names)), both.new_video)
    if whole.least_p <= alpha:
        return whole
    blocks = _blocks(both)
    return whole if _differ(both, blocks, alpha) else blocks


def _blocks(both: Both) -> Pieces:
    count = np.bincount(both.video, minlength=len(both.names))
    ends = np.cumsum(count)
    rows = [np.arange(end - n, end) for end, n in zip(ends.tolist(), count.tolist(), strict=True)]
    order = np.lexsort((both.t_s, both.video))
    rows = [order[one] for one in rows]
    places = principal(_centred(both), 1.0 / count[both.video], _SLOW_AXES)
    memory = correlation_time(places[one] for one in rows)
    of = np.full(len(both), -1, np.int64)
    video: list[int] = []
    for number, one in enumerate(rows):
        for block in _cut(one, memory):
            of[block] = len(video)
            video.append(number)
    found = np.array(video, np.int64)
    return Pieces("blocks", of, found, both.new_video[found], memory)


def _differ(both: Both, blocks: Pieces, alpha: float) -> bool:
    """Whether the known videos are unlike one another, by exchanging their blocks.

    The statistic is the variance between videos of the means of their blocks, on all axes.
    """
    known = np.flatnonzero(~blocks.is_new)
    rows = np.flatnonzero((blocks.of >= 0) & ~blocks.is_new[blocks.of])
    video = np.unique(blocks.video[known], return_inverse=True)[1]
    if video.max() == 0:
        return False
    places = principal(both.vectors[rows], np.ones(len(rows)))
    place = np.searchsorted(known, blocks.of[rows])
    means = np.zeros((len(known), places.shape[1]))
    np.add.at(means, place, places)
    means /= np.bincount(place, minlength=len(known))[:, None]
    means -= means.mean(axis=0)
    size = np.bincount(video)

    def between(of: I64) -> float:
        sums = np.zeros((len(size), means.shape[1]))
        np.add.at(sums, of, means)
        return float((sums**2 / size[:, None]).sum())

    rng = np.random.default_rng(0)
    others = np.array([between(rng.permutation(video)) for _ in range(_SHUFFLES)])
    real = between(video)
    return bool((1 + (others >= real * (1 - 1e-9)).sum()) / (1 + _SHUFFLES) <= alpha)


def _centred(both: Both) -> F32:
    """(n, d) vectors less the mean of their video."""
    sums = np.zeros((len(both.names), both.vectors.shape[1]))
    np.add.at(sums, both.video, both.vectors)
    count = np.bincount(both.video, minlength=len(both.names))
    return (both.vectors - (sums / count[:, None])[both.video]).astype(np.float32)


def _cut(rows: I64, memory: float) -> list[I64]:
    """Blocks of a video's frames without the gaps; the whole video where it is too short for two.

    A gap of one correlation time lies between neighbours: half of it is cut from each.
    """
    number = int(len(rows) // max(math.ceil(TIMES * memory), LEAST_FRAMES))
    if number < 2:
        return [rows]
    edge = math.ceil(memory / 2)
    return [block[edge : len(block) - edge] for block in np.array_split(rows, number)]
