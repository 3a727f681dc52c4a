"""Where the near-duplicate rule leaves little to choose from, more of its frames are let in."""

from __future__ import annotations

from typing import Final

import numpy as np

from framesel.selection.duplicates.frames import Frames
from framesel.selection.duplicates.rule import Rule
from framesel.selection.vectors.arrays import F32, I64

APART: Final = tuple(0.2 * 0.75**step for step in range(16))
"""What frames must differ by, as 1 less their cosine, to be no near-duplicates: 0.2 to 0.0027."""


def let_in(frames: Frames, keeper: I64, cosine: F32, wanted: int, unit_error: float = 1e-5) -> I64:
    """Puts near-duplicates to stricter rules until enough frames stand for themselves.

    The frames of each keeper are put to the leader rule by themselves (``near_duplicates``), those
    that are kept so far first, at the steps of ``APART`` one after the other; the first that leaves
    enough is the last. So kept frames stay kept, and whoever is let in differs by as much as its
    step from all others of its keeper that are. Copies are never let in. With tiles, frames as
    close as that count as alike in their tiles too.

    Args:
        frames: n frames.
        keeper: (n,) row that stands for each frame, its own where it is kept; -1 for none.
        cosine: (n,) to the keeper.
        wanted: How many frames are enough.
        unit_error: Largest deviation of a vector's norm from one.

    Returns:
        (n,) keepers; the same where there are enough already.
    """
    found, everything = keeper.copy(), np.arange(len(keeper))
    dropped = (keeper >= 0) & (keeper != everything)
    farthest = 1.0 - float(cosine[dropped].min(initial=1.0))
    for apart in (a for a in APART if a < farthest):  # wider steps change nothing
        kept = found == everything
        if int(kept.sum()) >= wanted:
            break
        rule = Rule(1.0 - apart, unit_error)
        shared = np.flatnonzero(np.isin(keeper, keeper[(found >= 0) & ~kept]))
        quality = kept[shared].astype(np.float64)
        found[shared], _ = rule.lead(frames, shared, keeper[shared], quality)
    return found
