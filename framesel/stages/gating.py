"""Which frames of a dataset are too bad to be candidates: the gate, video by video."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from framesel.video.gate import Gate, judge

QUALITY = ["sharpness", "brightness", "contrast", "change"]
"""Columns of the frames table that the gate judges by."""


def rejected(columns: Mapping[str, npt.NDArray[Any]], gate: Gate) -> npt.NDArray[np.str_]:
    """(n,) "" or what is wrong with a frame, from its video and the columns ``QUALITY``."""
    video_no = columns["video_no"]
    verdict = np.full(len(video_no), "", "U8")
    order = np.argsort(video_no, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(video_no[order])) + 1):
        one = {name: columns[name][rows] for name in QUALITY}
        verdict[rows] = judge(**one, gate=gate)
    return verdict
