"""Frames that no strategy may choose, whatever they show: held out, or near to earlier picks."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from framesel.rounds import holdout
from framesel.stage import GatherInputs
from framesel.stages.gathered import Dataset

Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


def held_out(inputs: GatherInputs, data: Dataset) -> Mask:
    """(n,) frames of the videos of the holdout.

    Raises:
        WorkspaceError: The holdout's file is damaged.
    """
    digests = holdout.digests(inputs.workspace)
    videos = [no for no, row in inputs.catalog.videos.items() if row["digest"] in digests]
    return np.isin(data.columns["video_no"], videos)


def crowded(data: Dataset, before: Ints, gap_s: float) -> Mask:
    """(n,) frames of the same video that are nearer to an earlier pick than the gap.

    Args:
        data: All frames.
        before: Rows of the earlier picks.
        gap_s: In seconds.
    """
    near = np.zeros(len(data), np.bool_)
    video_no, t_s = data.columns["video_no"], data.columns["t_s"]
    for video in np.unique(video_no[before]).tolist():
        rows = np.flatnonzero(video_no == video)
        known = np.sort(t_s[before[video_no[before] == video]])
        right = np.minimum(np.searchsorted(known, t_s[rows]), len(known) - 1)
        left = np.maximum(right - 1, 0)
        away = np.minimum(np.abs(t_s[rows] - known[left]), np.abs(t_s[rows] - known[right]))
        near[rows] = away < gap_s
    return near
