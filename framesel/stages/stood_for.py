"""How many frames of an exact run each frame of one coarse to fine stands for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from framesel.stage import GatherInputs
from framesel.stages.gathered import Dataset

Floats = npt.NDArray[np.float64]


def mass_of(inputs: GatherInputs, data: Dataset, keeper: npt.NDArray[np.int64]) -> Floats:
    """(n,) what each frame stands for, itself included, in frames; 0 where another one does.

    Args:
        inputs: Where the tables are.
        data: All n frames.
        keeper: (n,) row of who stands for each; -1: nobody.
    """
    counts, stands = stood_for(inputs, data), keeper >= 0
    weights = None if counts is None else counts[stands]
    return np.bincount(keeper[stands], weights, minlength=len(data)).astype(np.float64)


def stood_for(inputs: GatherInputs, data: Dataset) -> Floats | None:
    """(n,) how much each frame counts; None where all count alike.

    A keyframe behind which a stretch was not looked at closely speaks for all of it: for as many
    frames as there are in stretches of that length that were.

    Args:
        inputs: With the stage ``windows``, if there was a coarse pass.
        data: All frames.
    """
    if "windows" not in inputs.keys:
        return None
    found = inputs.table("windows", ["video_no", "start_pts", "seconds", "dense"])
    videos, first = np.unique(data.columns["video_no"], return_index=True)
    video_no, seconds, dense = (found[name].to_numpy() for name in ("video_no", "seconds", "dense"))
    known = np.minimum(np.searchsorted(videos, video_no), len(videos) - 1)
    beginning = data.columns["pts"][first[known]]
    start = found["start_pts"].fill_null(0).to_numpy()
    pts = np.where(found["start_pts"].is_null().to_numpy(), beginning, start)
    rows = data.rows(video_no, pts)
    alone = (rows >= 0) & ~dense
    closely = len(data) - int(alone.sum())
    length_s = float(seconds[dense].sum())
    rate = closely / length_s if length_s > 0 else 1.0 / max(float(seconds.mean()), 1e-9)
    counts = np.ones(len(data))
    counts[rows[alone]] = np.maximum(seconds[alone] * rate, 1.0)
    return counts
