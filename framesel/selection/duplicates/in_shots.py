"""Near-duplicates in footage: videos are cut into shots, and bad frames stand for nothing."""

from __future__ import annotations

import numpy as np

from framesel.selection.duplicates.near_duplicates import Duplicates, near_duplicates
from framesel.selection.engines.cuts import shots
from framesel.selection.vectors.arrays import F32, F64, I64


def duplicates_in_shots(
    vectors: F32,
    video_no: I64,
    pts_s: F64,
    good: I64,
    tau_cos: float,
    tau_across: float,
    *,
    quality: F64 | None = None,
    tiles: F32 | None = None,
    tau_tile: float = 0.9,
) -> Duplicates:
    """Who stands for whom among the good frames, and of which shot each frame is.

    Args:
        vectors: (n, d) unit rows.
        video_no: (n,) whole numbers.
        pts_s: (n,) seconds in the video.
        good: Rows that may stand for others and be stood for.
        tau_cos: Cosine from which frames of a shot are duplicates.
        tau_across: Cosine from which frames of different shots are copies; tau_cos if that is more.
        quality: (n,) the better, the earlier visited; default all equal.
        tiles: (n, t, d) unit rows, the tiles of each frame; default none.
        tau_tile: Cosine that each tile of two duplicates reaches.

    Returns:
        All n frames; the keeper of a bad one is -1, its mass 0.
    """
    n = len(vectors)
    shot = shots(vectors, video_no, pts_s)
    found = near_duplicates(
        vectors[good],
        tau_cos,
        quality=None if quality is None else quality[good],
        video_no=shot[good],
        tiles=None if tiles is None else tiles[good],
        tau_tile=tau_tile,
        tau_across=max(tau_cos, tau_across),
    )
    keeper, cos, mass = np.full(n, -1, np.int64), np.zeros(n, np.float32), np.zeros(n, np.float32)
    keeper[good], cos[good], mass[good] = good[found.keeper], found.cos, found.mass
    joined = np.arange(shot.max(initial=-1) + 1)
    joined[shot[good]] = found.shot
    return Duplicates(keeper, cos, mass, joined[shot])
