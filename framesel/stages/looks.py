"""Where in a stretch of the coarse pass one looks closely, and what that takes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

THIRD = 1 / 3
"""Where in a stretch its window lies, by bytes: where something happens, and not far behind the
keyframe from which on all is decoded for it."""


def ticks(videos: Sequence[Mapping[str, Any]]) -> Floats:
    """(n,) units of pts in a second."""
    return np.array([row["time_base_den"] / row["time_base_num"] for row in videos])


class Looks(NamedTuple):
    """The window of each of n stretches, were there one.

    Attributes:
        start: (n,) first pts.
        end: (n,) last pts, half open.
        whole: (n,) bool: all of the stretch is looked at instead.
        decoded_s: (n,) seconds of footage from the keyframe before it to its end.
        work_s: (n,) what it takes, in seconds of an exact pass.
    """

    start: Ints
    end: Ints
    whole: Mask
    decoded_s: Floats
    work_s: Floats


def looks(
    columns: Mapping[str, npt.NDArray[Any]],
    seconds: Floats,
    per_s: Floats,
    window_s: float | None,
    apart_s: Floats,
) -> Looks:
    """Where windows lie: about the third, not before the keyframe from which that is decoded.

    They are at least ``apart_s`` long, so that a frame of the second pass lies in each. A frame
    that the first look has is not looked at again.
    """
    pts, video_no = columns["pts"], columns["video_no"]
    length_s = np.maximum(np.inf if window_s is None else window_s, apart_s)
    whole = seconds <= length_s
    third_s, key_s = (columns[name].astype(np.float64) for name in ("third_s", "third_key_s"))
    third_s = np.where(np.isfinite(third_s), third_s, seconds * THIRD)
    length_s = np.minimum(length_s, seconds)
    start_s = np.maximum(third_s - length_s / 2, np.nan_to_num(key_s))
    start_s = np.clip(start_s, 0.0, seconds - length_s)
    # pictures, and codecs of nothing but keyframes, have no third, and are decoded one by one
    from_s = np.minimum(np.where(np.isfinite(key_s), key_s, start_s), start_s)
    decoded_s = np.where(whole, seconds, start_s + length_s - from_s)
    looked_s = np.where(whole, np.maximum(seconds - apart_s, 0.0), length_s)
    start = np.maximum(np.floor(start_s * per_s).astype(np.int64), 1)  # not the keyframe itself
    end = pts + start + np.ceil(length_s * per_s).astype(np.int64)
    inner = np.flatnonzero(video_no[1:] == video_no[:-1])
    end[inner] = np.minimum(end[inner], pts[inner + 1])
    return Looks(pts + start, end, whole, decoded_s, (decoded_s + looked_s) / 2.0)
