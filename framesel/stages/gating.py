"""Which frames of a dataset are too bad to be candidates: the gate, video by video."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from framesel.stages.gathered import Dataset
from framesel.video.gate import Gate, judge

QUALITY = ["sharpness", "brightness", "contrast", "change"]
"""Columns of the frames table that the gate judges by."""


def rejected(data: Dataset, gate: Gate) -> npt.NDArray[np.str_]:
    """(n,) "" or what is wrong with a frame; ``data`` must hold the columns ``QUALITY``."""
    verdict = np.full(len(data), "", "U8")
    video_no = data.columns["video_no"]
    order = np.argsort(video_no, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(video_no[order])) + 1):
        one = {name: data.columns[name][rows] for name in QUALITY}
        verdict[rows] = judge(**one, gate=gate)
    return verdict
