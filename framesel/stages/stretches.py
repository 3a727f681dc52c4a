"""What the coarse pass tells of each stretch from one of its frames to the next.

Row i of all arrays is the stretch behind frame i of ``WholeVideos``; the last one of a video goes
to its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.stages.whole_videos import WholeVideos

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Videos = Mapping[int, Mapping[str, Any]]
"""Rows of the catalog by number."""

_BLOCK = 1024


def newness(whole: WholeVideos) -> Floats:
    """(n,) one minus the cosine with the nearest earlier frame; 0 for the first."""
    found = np.zeros(len(whole))
    for load in whole.loads():
        vectors = whole.vectors(np.arange(load.start, load.stop))
        for low in range(0, len(vectors), _BLOCK):
            block = vectors[low : low + _BLOCK]
            cos = block @ vectors[: low + len(block)].T
            cos[np.arange(len(block))[:, None] <= np.arange(cos.shape[1]) - low] = -1.0
            found[load.start + low : load.start + low + len(block)] = 1.0 - cos.max(axis=1)
        found[load.start] = 0.0
    return np.maximum(found, 0.0)


def of_both_ends(values: Floats, last: Mask) -> Floats:
    """(n,) of the stretch behind each frame: the larger one of its ends."""
    after = np.append(values[1:], 0.0)
    return np.where(last, values, np.maximum(values, after))


def lengths(whole: WholeVideos, last: Mask, videos: Videos, every_s: float) -> Floats:
    """(n,) seconds of the stretch behind each frame."""
    t_s, video_no = whole.columns["t_s"], whole.columns["video_no"]
    ends = np.append(t_s[1:], 0.0)
    for row in np.flatnonzero(last).tolist():
        length_s = videos[int(video_no[row])]["duration_s"]
        ends[row] = t_s[row] + every_s if length_s is None else max(length_s, t_s[row])
    return np.asarray(ends - t_s, np.float64)


def business(whole: WholeVideos, seconds: Floats) -> Floats:
    """(n,) bytes a second of the stretch behind each frame, in medians of its video.

    NaN where that is not known: folders of pictures, codecs with nothing but keyframes.
    """
    rate = np.divide(
        whole.columns["coded"].astype(np.float64),
        seconds,
        out=np.full(len(seconds), np.nan),
        where=seconds > 0,
    )
    found = np.full(len(seconds), np.nan)
    for video_no in np.unique(whole.columns["video_no"]).tolist():
        mine = np.flatnonzero((whole.columns["video_no"] == video_no) & np.isfinite(rate))
        usual = float(np.median(rate[mine])) if len(mine) else 0.0
        if usual > 0:
            found[mine] = rate[mine] / usual
    return found
