"""Cameras before which little happens, and the tables of a run over them."""

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from framesel import planning
from tests.pipeline.conftest import Bench

Key = tuple[int, int]
FPS, GOP = 10, 10
SIZE_WH = (160, 120)
EVENT = {0: range(0), 1: range(200, 230)}
"""Frames of each video in which something else is seen."""


def scene(k: int, width: int, height: int, video: int) -> np.ndarray:
    image = np.full((height, width, 3), (150 + 20 * video, 160, 170), np.float64)
    image[: height // 3] = 190
    if k in EVENT[video]:
        image[:, ::8] = 0
        image[20:100, 30:130] = (250, 30, 10)
    noise = np.random.default_rng(k).normal(0, 1.5, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def table(bench: Bench, stage: str, *settings: str) -> pa.Table:
    step = next(
        s for s in planning.plan(bench.workspace, bench.recipe(*settings)) if s.name == stage
    )
    paths = sorted(bench.workspace.stage(stage, step.key).glob("s*.parquet"))
    return pa.concat_tables(pq.read_table(path, partitioning=None) for path in paths)


def by_key(found: pa.Table) -> dict[Key, dict[str, Any]]:
    return {(row["video_no"], row["pts"]): row for row in found.to_pylist()}
