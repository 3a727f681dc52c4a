"""Near-duplicates: which frames stand for which, first within each video, then across all.

What looks alike in two videos, or in two shots where ``video_no`` numbers these, need not be the
same; a copy is. Shots that show copies of one another become one shot, and frames stand for frames
of their own shot alone (:mod:`framesel.selection.duplicates.joining`).

With tiles, a frame can stand for another only if besides each of its tiles is within ``tau_tile``
of the same tile of the other: one new small object is plain in its tile and hardly seen in the
whole. Kept frames are then pairwise below tau or differ in a tile; each dropped frame is within tau
of its keeper and like it in every tile.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from framesel.errors import SelectionError
from framesel.selection.duplicates.banks import Banks
from framesel.selection.duplicates.frames import InMemory
from framesel.selection.duplicates.joining import Members, join_shots
from framesel.selection.duplicates.links import Side
from framesel.selection.duplicates.rule import Rule
from framesel.selection.duplicates.tiles import NO_TILES, checked_tiles
from framesel.selection.vectors.arrays import (
    F32,
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
        shot: (n,) int64 ``video_no``, where those that show copies of one another are one: all of
            them have the lowest of their numbers.
    """

    keeper: I64
    cos: F32
    mass: F32
    shot: I64

    @property
    def kept(self) -> Bool:
        """(n,) bool, whether each frame is kept."""
        mask: Bool = self.keeper == np.arange(len(self.keeper))
        return mask

    def among(self, rows: I64) -> Duplicates:
        """The same of some rows, every keeper of theirs included, as if there were no others."""
        place = np.empty(len(self.keeper), np.int64)
        place[rows] = np.arange(len(rows))
        return Duplicates(
            place[self.keeper[rows]], self.cos[rows], self.mass[rows], self.shot[rows]
        )


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
    2. Videos become one where a frame of one is a copy of a kept frame of the other.
    3. The kept frames of a joined video are visited the same way, against those kept in this pass;
       then its frames whose keeper lost its place, against all that is kept by then: they join a
       keeper, or are kept. Where these are copies of one another, 2 and 3 are done again.

    So kept frames are pairwise below tau in one video and below ``tau_across`` in several; each
    dropped frame is within tau of its keeper, the most similar one among those kept when its case
    was decided (ties: the one visited first); nothing chains. In packing terms the kept frames of a
    video are an r-net. With one video (the default) this is the plain leader rule (Hartigan,
    "Clustering Algorithms", 1975, ch. 3). Decisions are made in float32 by one routine, so they do
    not depend on blocks, threads or the machine.

    Args:
        vectors: (n, d) unit rows, best in (video, time) order.
        tau_cos: Cosine from which two frames are duplicates, above 0 and at most 1.
        quality: (n,) the better, the earlier visited; default all equal.
        video_no: (n,) whole numbers; default one video.
        tiles: (n, t, d) unit rows, the tiles of each frame; default none.
        tau_tile: Cosine that each tile of two duplicates reaches, where there are tiles.
        tau_across: Cosine from which frames of different videos are copies, at least ``tau_cos``;
            None: the same.

    Returns:
        Keeper, cosine, mass and shot of each row.

    Raises:
        SelectionError: Vectors that are not finite unit rows, columns of the wrong shape, or a tau
            out of range.
    """
    matrix = checked_vectors(vectors, "vectors")
    across = _checked_across(tau_cos, tau_across)
    n = len(matrix)
    video = checked_column(video_no, n, np.int64, "video_no", 0).astype(np.int64)
    goodness = checked_column(quality, n, np.float64, "quality", 0.0).astype(np.float64)
    parts = NO_TILES if tiles is None else checked_tiles(tiles, n, tau_tile)
    rule, frames = Rule(tau_cos, unit_error(matrix)), InMemory(matrix, parts)
    keeper, cosine = rule.lead(frames, np.arange(n), video, goodness)
    alone = Members(np.arange(n), video, goodness, keeper, cosine)
    joined = join_shots(_Alone(frames, alone), rule, across)
    now = joined.members
    keeper[now.row], cosine[now.row] = now.keeper, now.cosine
    shot = video.copy()
    shot[now.row] = now.shot
    return Duplicates(keeper, cosine, np.bincount(keeper, minlength=n).astype(np.float32), shot)


@dataclass(frozen=True, eq=False)
class _Alone:
    """Footage in memory; see :class:`framesel.selection.duplicates.joining.Footage`."""

    footage: InMemory
    alone: Members

    def links(self, banks: Banks) -> list[I64]:
        return [banks.links(self._all())]

    def kept(self) -> Side:
        return self._all().among(np.flatnonzero(self.alone.kept))

    def _all(self) -> Side:
        return Side(self.footage, self.alone.row, self.alone.shot)

    def of(self, shots: I64) -> Members:
        return self.alone.among(np.isin(self.alone.shot, shots))

    def frames(self, rows: I64) -> InMemory:
        del rows
        return self.footage


def _checked_across(tau_cos: float, tau_across: float | None) -> float:
    if not 0.0 < tau_cos <= 1.0:
        raise SelectionError(
            f"tau_cos is {tau_cos}; give a cosine above 0 and at most 1, e.g. 0.95"
        )
    across = tau_cos if tau_across is None else tau_across
    if not tau_cos <= across <= 1.0:
        raise SelectionError(f"tau_across is {across}; give a cosine from tau_cos, {tau_cos}, to 1")
    return across
