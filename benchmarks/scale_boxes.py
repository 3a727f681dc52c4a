"""Boxes of a detector that was never run, for workspaces without pictures (scale.py).

Objects of a few classes stand or drive through a video for some of its time. How sure the detector
is of each differs from frame to frame, so that some flicker about its thresholds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from framesel.recipe import Recipe
from framesel.stages.stored_boxes import Layout
from framesel.uncertainty.compact import compact
from framesel.workspace import Workspace

SIZE = (1920, 1080)
OBJECTS = 8
"""In a video, at most."""
SURE = (-2.0, 2.0)
"""Logits: what the detector is usually sure of an object."""
FLICKER = 0.7
ELSE = -5.0
"""Logit of all other classes, about."""

Floats = npt.NDArray[np.float64]


def opened(chosen: Recipe, workspace: Workspace) -> tuple[pa.Schema, Mapping[str, bytes]]:
    """Schema of the detections table, and what lies beside it."""
    stage = chosen.detections
    found = stage.open(chosen.run, stage.runtime(chosen.run), workspace)
    return found.schema, found.beside


def rows_of(video_no: int, length: int, layout: Layout, schema: pa.Schema) -> pa.Table:
    """What is seen in the frames of a video, whose times are 0, 1, 2 and so on."""
    rng = np.random.default_rng([video_no, 4])
    objects = int(rng.integers(OBJECTS + 1))
    frames, corners, logits = _tracks(rng, objects, length, len(layout.classes))
    rows = []
    for frame in range(length):
        mine = np.flatnonzero(frames == frame)
        mine = mine[np.argsort(-logits[mine].max(axis=1))]
        top, logit, rest = compact(logits[mine], layout.top, "sigmoid")
        of_boxes: dict[str, npt.NDArray[Any]] = {
            "xyxy": corners[mine].astype(np.float32),
            "top_class": top,
            "top_logit": logit,
            "rest": rest,
            "level": np.zeros(len(mine), np.int8),
            "head": np.zeros(len(mine), np.uint8),
        }
        row = {"video_no": video_no, "pts": frame, "view": "", "companion": False}
        row |= {"width": SIZE[0], "height": SIZE[1], "boxes": len(mine), "faint": 0.05}
        row |= {"peak": float(logits[mine].max(initial=ELSE)), "features": None, "sides": None}
        rows.append(row | {name: values.tobytes() for name, values in of_boxes.items()})
    return pa.Table.from_pylist(rows, schema=schema)


def _tracks(
    rng: np.random.Generator, objects: int, length: int, classes: int
) -> tuple[npt.NDArray[np.int64], Floats, Floats]:
    """(m,) frame, (m, 4) corners and (m, C) logits of all boxes of a video."""
    frames, corners, logits = [np.empty(0, np.int64)], [np.empty((0, 4))], [np.empty((0, classes))]
    for _ in range(objects):
        first, last = np.sort(rng.integers(length + 1, size=2))
        when = np.arange(first, last)
        middle = rng.uniform(0, SIZE) + np.outer(when - first, rng.normal(0, 4, 2))
        half = rng.uniform(10, 150, 2)
        said = np.full((len(when), classes), ELSE) + rng.normal(0, 0.3, (len(when), classes))
        said[:, rng.integers(min(classes, 10))] = rng.uniform(*SURE) + rng.normal(
            0, FLICKER, len(when)
        )
        frames.append(when)
        corners.append(np.concatenate([middle - half, middle + half], axis=1))
        logits.append(said)
    return np.concatenate(frames), np.concatenate(corners), np.concatenate(logits)
