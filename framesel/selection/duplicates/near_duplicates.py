"""Near-duplicates: which frames stand for which, first within each video, then across all.

What looks alike in two videos, or in two shots where ``video_no`` numbers these, need not be the
same: ``tau_across`` asks for more there. Pass 2 then uses that cosine. A frame whose keeper turned
out to be a copy of another goes over to that one, if it is within tau of it too; otherwise it is
put to the rule first in its own video, then across, until each has a keeper that is kept. Kept
frames of a video are pairwise below tau, those of two videos below tau across.

With tiles, a frame can stand for another only if besides each of its tiles is within ``tau_tile``
of the same tile of the other: one new small object is plain in its tile and hardly seen in the
whole. Kept frames are then pairwise below tau or differ in a tile; each dropped frame is within tau
of its keeper and like it in every tile.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numba
import numpy as np
from numpy.typing import ArrayLike

from framesel.errors import SelectionError
from framesel.selection.duplicates.leader import SMALL, lead
from framesel.selection.duplicates.tiles import NO_TILES, Tiles, checked_tiles
from framesel.selection.vectors.arrays import (
    F32,
    F64,
    I64,
    Bool,
    checked_column,
    checked_vectors,
    unit_error,
)


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
    tiles: ArrayLike | None = None,
    tau_tile: float = 0.9,
    tau_across: float | None = None,
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
        tiles: (n, t, d) unit rows, the tiles of each frame; default none.
        tau_tile: Cosine that each tile of two duplicates reaches, where there are tiles.
        tau_across: Cosine from which frames of different videos are duplicates, at least
            ``tau_cos``; None: the same.

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
    across = _checked_across(tau_cos, tau_across)
    n = len(matrix)
    video = checked_column(video_no, n, np.int64, "video_no", 0).astype(np.int64)
    goodness = checked_column(quality, n, np.float64, "quality", 0.0).astype(np.float64)
    parts = NO_TILES if tiles is None else checked_tiles(tiles, n, tau_tile)
    rule = _Rule(matrix, goodness, tau_cos, unit_error(matrix), parts)
    keeper, cosine = _within_videos(rule, video)
    if n and video.min() != video.max() and across == tau_cos:
        _across_videos(rule, keeper, cosine)
    elif n and video.min() != video.max():
        _strictly_across(rule, replace(rule, tau_cos=across), video, keeper, cosine)
    mass = np.bincount(keeper, minlength=n).astype(np.float32)
    return Duplicates(keeper, cosine, mass)


def _checked_across(tau_cos: float, tau_across: float | None) -> float:
    across = tau_cos if tau_across is None else tau_across
    if not tau_cos <= across <= 1.0:
        raise SelectionError(f"tau_across is {across}; give a cosine from tau_cos, {tau_cos}, to 1")
    return across


@dataclass(frozen=True, eq=False)
class _Rule:
    """The leader rule for some frames."""

    vectors: F32
    quality: F64
    tau_cos: float
    unit_error: float
    tiles: Tiles

    def order(self, rows: I64) -> I64:
        """Positions in ``rows`` by falling quality, ties by rising position."""
        order: I64 = np.argsort(-self.quality[rows], kind="stable")
        return order

    def lead(self, rows: I64, order: I64, settled: int = 0) -> tuple[I64, F32]:
        """Keeper (a row) and cosine of each of ``rows``."""
        found = lead(self.vectors, rows, order, self.tau_cos, settled, self.unit_error, self.tiles)
        return rows[found.keeper], found.cosine


def _within_videos(rule: _Rule, video: I64) -> tuple[I64, F32]:
    """Pass 1: keeper and cosine of each row within its own video."""
    keeper = np.arange(len(video), dtype=np.int64)
    cosine = np.ones(len(video), np.float32)

    def one(rows: I64) -> None:
        keeper[rows], cosine[rows] = rule.lead(rows, rule.order(rows))

    videos = _by_video(video, np.arange(len(video)))
    with ThreadPoolExecutor(numba.get_num_threads()) as pool:
        for _ in pool.map(one, [rows for rows in videos if len(rows) <= SMALL]):
            pass
    for rows in videos:
        if len(rows) > SMALL:  # uses all threads by itself
            one(rows)
    return keeper, cosine


def _by_video(video: I64, rows: I64) -> list[I64]:
    """Some rows, video by video."""
    ordered = rows[np.argsort(video[rows], kind="stable")]
    return np.split(ordered, np.flatnonzero(np.diff(video[ordered])) + 1)


def _strictly_across(rule: _Rule, across: _Rule, video: I64, keeper: I64, cosine: F32) -> None:
    """Passes 2 and 3 with another threshold between videos, in place."""
    everything = np.arange(len(keeper))
    rows = np.flatnonzero(keeper == everything)
    keeper[rows], cosine[rows] = across.lead(rows, across.order(rows))
    _inherited(rule, keeper, cosine)
    while True:
        kept = keeper == everything
        orphan = ~kept & ~kept[keeper]
        if not orphan.any():
            return
        for mine in _by_video(video, np.flatnonzero(kept | orphan)):
            if orphan[mine].any():
                keeper[mine], cosine[mine] = rule.lead(*_settled_first(rule, mine, kept))
        rows = np.flatnonzero(kept | (orphan & (keeper == everything)))
        keeper[rows], cosine[rows] = across.lead(*_settled_first(across, rows, kept))


def _inherited(rule: _Rule, keeper: I64, cosine: F32) -> None:
    """Frames whose keeper turned out to be a copy go over to what it copies, if near; in place."""
    kept = keeper == np.arange(len(keeper))
    lost = np.flatnonzero(~kept & ~kept[keeper])
    heirs = keeper[keeper[lost]]
    for heir in np.unique(heirs).tolist():
        rows = np.append(lost[heirs == heir], heir)
        order = np.append(len(rows) - 1, np.arange(len(rows) - 1))
        now, alike = rule.lead(rows, order, 1)
        gone = now == heir
        keeper[rows[gone]], cosine[rows[gone]] = heir, alike[gone]


def _settled_first(rule: _Rule, rows: I64, kept: Bool) -> tuple[I64, I64, int]:
    """Rows, the order in which they are visited, and how many of the first are kept already."""
    order = rule.order(rows)
    settled = kept[rows][order]
    return rows, np.concatenate([order[settled], order[~settled]]), int(settled.sum())


def _across_videos(rule: _Rule, keeper: I64, cosine: F32) -> None:
    """Passes 2 and 3, in place."""
    rows = np.flatnonzero(keeper == np.arange(len(keeper)))
    keeper[rows], cosine[rows] = rule.lead(rows, rule.order(rows))
    final = keeper == np.arange(len(keeper))
    orphan = ~final & ~final[keeper]
    rows = np.flatnonzero(final | orphan)
    keeper[rows], cosine[rows] = rule.lead(*_settled_first(rule, rows, final))
