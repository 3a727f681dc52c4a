"""Near-duplicates: which frames stand for which, first within each video, then across all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numba
import numpy as np
from numpy.typing import ArrayLike

from framesel.errors import SelectionError
from framesel.selection.arrays import (
    F32,
    F64,
    I64,
    Bool,
    checked_column,
    checked_vectors,
    unit_error,
)
from framesel.selection.leader import SMALL, lead


@dataclass(frozen=True, eq=False)
class Duplicates:
    """Who stands for whom.

    Attributes:
        keeper: (n,) int64 row that stands for each frame; its own row where the frame is kept.
        cos: (n,) float32 inner product with the keeper; 1 where the frame is kept.
        mass: (n,) float32 frames that a kept frame stands for, itself included; 0 where dropped.
    """

    keeper: I64
    cos: F32
    mass: F32

    @property
    def kept(self) -> Bool:
        """(n,) bool, whether each frame is kept."""
        mask: Bool = self.keeper == np.arange(len(self.keeper))
        return mask


def near_duplicates(
    vectors: ArrayLike,
    tau_cos: float,
    *,
    quality: ArrayLike | None = None,
    video_no: ArrayLike | None = None,
) -> Duplicates:
    """Drop frames that a kept frame can stand for, by the leader rule; exact.

    1. Within each video, frames are visited by quality (best first, ties by row); one is
       kept unless its cosine to a frame kept before it reaches ``tau_cos``.
    2. The kept frames of all videos are visited the same way, against those kept in this pass.
    3. A frame whose keeper lost its place in pass 2 is put to the rule once more, in the same
       order, against everything kept so far: it joins a keeper, or is kept.

    So kept frames are pairwise below tau; each dropped frame is within tau of its keeper, the most
    similar one among those kept when its case was decided (ties: the one visited first); nothing
    chains. In packing terms the kept frames are an r-net. With one video (the default) this is the
    plain leader rule (Hartigan, "Clustering Algorithms", 1975, ch. 3). Decisions are made in
    float32 by one routine, so they do not depend on blocks, threads or the machine.

    Args:
        vectors: (n, d) unit rows, best in (video, time) order.
        tau_cos: Cosine from which two frames are duplicates, above 0 and at most 1.
        quality: (n,) the better, the earlier visited; default all equal.
        video_no: (n,) whole numbers; default one video.

    Returns:
        Keeper, cosine and mass of each row.

    Raises:
        SelectionError: Vectors that are not finite unit rows, columns of the wrong shape, or a tau
            out of range.
    """
    matrix = checked_vectors(vectors, "vectors")
    if not 0.0 < tau_cos <= 1.0:
        raise SelectionError(
            f"tau_cos is {tau_cos}; give a cosine above 0 and at most 1, e.g. 0.95"
        )
    n = len(matrix)
    video = checked_column(video_no, n, np.int64, "video_no", 0).astype(np.int64)
    goodness = checked_column(quality, n, np.float64, "quality", 0.0).astype(np.float64)
    slack = unit_error(matrix)
    keeper, cosine = _within_videos(matrix, video, goodness, tau_cos, slack)
    if n and video.min() != video.max():
        _across_videos(matrix, goodness, tau_cos, slack, keeper, cosine)
    mass = np.bincount(keeper, minlength=n).astype(np.float32)
    return Duplicates(keeper, cosine, mass)


def visiting_order(quality: F64, rows: I64) -> I64:
    """Positions in ``rows`` by falling quality, ties by rising position. (r,) int64."""
    order: I64 = np.argsort(-quality[rows], kind="stable")
    return order


def _within_videos(
    vectors: F32, video: I64, quality: F64, tau_cos: float, slack: float
) -> tuple[I64, F32]:
    """Pass 1: keeper and cosine of each row within its own video."""
    keeper = np.arange(len(vectors), dtype=np.int64)
    cosine = np.ones(len(vectors), np.float32)
    by_video = np.argsort(video, kind="stable")
    ends = np.flatnonzero(np.diff(video[by_video])) + 1

    def one(rows: I64) -> None:
        leaders = lead(vectors, rows, visiting_order(quality, rows), tau_cos, unit_error=slack)
        keeper[rows] = rows[leaders.keeper]
        cosine[rows] = leaders.cosine

    videos = np.split(by_video, ends)
    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        for _ in pool.map(one, [rows for rows in videos if len(rows) <= SMALL]):
            pass
    for rows in videos:
        if len(rows) > SMALL:  # uses all threads by itself
            one(rows)
    return keeper, cosine


def _across_videos(
    vectors: F32, quality: F64, tau_cos: float, slack: float, keeper: I64, cosine: F32
) -> None:
    """Passes 2 and 3, in place."""
    rows = np.flatnonzero(keeper == np.arange(len(keeper)))
    leaders = lead(vectors, rows, visiting_order(quality, rows), tau_cos, unit_error=slack)
    keeper[rows] = rows[leaders.keeper]
    cosine[rows] = leaders.cosine
    final = keeper == np.arange(len(keeper))
    orphan = ~final & ~final[keeper]
    rows = np.flatnonzero(final | orphan)
    order = visiting_order(quality, rows)
    order = np.concatenate([order[final[rows][order]], order[orphan[rows][order]]])
    settled = int(final.sum())
    leaders = lead(vectors, rows, order, tau_cos, settled, slack)
    keeper[rows] = rows[leaders.keeper]
    cosine[rows] = leaders.cosine
