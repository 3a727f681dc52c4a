"""One class thinned out to a hundredth of the pictures, in whole bursts."""

from __future__ import annotations

from typing import Final

import numpy as np

from framesel.selection.vectors.arrays import I64, Bool

SHARE: Final = 0.01
BURST: Final = (3, 15)
"""Shortest and longest burst, in pictures."""


def thinned_out(holds: Bool, clip_no: I64, rng: np.random.Generator) -> I64:
    """Which pictures stay.

    Bursts of ``BURST`` pictures, each from another clip, drawn until ``SHARE`` of what stays holds
    the class; the last one is shortened to fit, and left out if it would be shorter than a burst.

    Args:
        holds: (n,) bool, which pictures hold the class; in order of time.
        clip_no: (n,) which clip each is of.
        rng: Draws the bursts.

    Returns:
        (k,) int64 rows, rising.
    """
    wanted = max(BURST[0], round(np.count_nonzero(~holds) * SHARE / (1.0 - SHARE)))
    stays = ~holds
    for clip in rng.permutation(np.unique(clip_no[holds])):
        rows = np.flatnonzero(holds & (clip_no == clip))
        length = min(int(rng.integers(BURST[0], BURST[1] + 1)), len(rows), wanted)
        start = int(rng.integers(len(rows) - length + 1))
        if length < BURST[0]:
            continue
        stays[rows[start : start + length]] = True
        wanted -= length
        if wanted < BURST[0]:
            break
    kept: I64 = np.flatnonzero(stays)
    return kept
